// links: salus_client
// A ledger of releases that was damaged, cut short or written by somebody else is refused or read;
// what is read forgets no release that stands in it, and lets none out beyond the last.
#include "client/release_ledger.h"

#include <cstdint>

#include "base/file.h"
#include "base/testing/temporary_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  static const test::TemporaryFolder folder;
  const auto path = folder.path() / "ledger";
  must(write_file(path, std::as_bytes(std::span(data, size))));
  const std::string key(64, 'a');
  const ckks::FloodingTarget target{.statistical_bits = 30, .releases = 2};
  {
    const auto ledger = client::ReleaseLedger::open(path, key, target);
    check(ledger.has_value() || !ledger.error().message.empty(), "an error says why");
    if (!ledger) return 0;
  }
  auto again = must(client::ReleaseLedger::open(path, key, target));
  const std::uint64_t used = again.used();
  const auto counted = again.count(sha256(as_bytes("one more")));
  check(!counted || used < target.releases || again.used() == used, "none beyond the last");
  check(again.used() == used + (counted && *counted > used ? 1 : 0), "each is counted once");
  return 0;
}
