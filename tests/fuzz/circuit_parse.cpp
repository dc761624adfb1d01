// links: salus_circuit
// Whatever parses prints to text that parses to the same circuit; nothing crashes.
#include <cstdint>

#include "circuit/circuit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto circuit = circuit::parse(text);
  if (!circuit) return 0;
  const std::string printed = circuit::print(*circuit);
  check(must(circuit::parse(printed)) == *circuit, "print and parse are inverse");
  const circuit::ConstantTable constants = {{"c", {1, 2, {0.5, -1}}}, {"A", {2, 2, {1, 2, 3, 4}}}};
  if (circuit::verify(*circuit, constants)) (void)circuit::required_keys(*circuit, constants);
  return 0;
}
