// links: salus_http
// JSON bodies and targets: nothing crashes, and what is accepted is consistent.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/json_body.h"
#include "http/routes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto body = http::JsonBody::parse(text)) {
    for (const char* field : {"digest", "program"}) (void)body->digest(field);
    for (const char* field : {"name", "kind", "twin"}) (void)body->text(field);
    (void)body->count("bytes");
    for (const char* field : {"evaluation_keys", "features"}) (void)body->digests(field);
    (void)body->finish();
  }
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const auto found = http::match(method, text);
    if (found) check(!found->endpoint || !found->route.empty(), "an endpoint has a route");
  }
  return 0;
}
