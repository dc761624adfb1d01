// links: salus_receipt
// Entries of a log come from a server that may lie: they are read or refused with a message, and
// what is read has one spelling.
#include <cstdint>

#include "receipt/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto entry = receipt::parse_entry(text);
  if (!entry) {
    check(!entry.error().message.empty(), "an error says why");
    return 0;
  }
  const std::string again =
      std::visit([](const auto& known) { return receipt::print(known); }, *entry);
  check(again == text, "an entry has one spelling");
  return 0;
}
