// links: salus_client
// What a hostile server may answer: replies, problem documents, event streams, reports, key files'
// text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "client/api.h"
#include "client/events.h"
#include "client/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)client::parse_upload_state(text);
  (void)client::parse_twin(text);
  if (const auto run = client::parse_run(text)) must(client::parse_run(client::print_run(*run)));
  client::Response reply{.status = 422, .content_type = {}, .body = to_bytes(as_bytes(text))};
  (void)client::error_of(reply);
  (void)client::path_part(text);
  (void)client::parse_report(text);
  client::EventReader reader([](const client::Event& event) {
    (void)client::parse_run(event.data);
    return true;
  });
  (void)reader.feed(text.substr(0, size / 2));
  (void)reader.feed(text.substr(size / 2));
  return 0;
}
