// links: salus_program
// Whatever parses serialises to the same bytes; nothing crashes or allocates beyond its input.
#include <algorithm>
#include <cstdint>

#include "program/program.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const ByteView bytes = std::as_bytes(std::span(data, size));
  const auto program = program::parse(bytes);
  if (!program) return 0;
  const Bytes again = program::serialize(*program);
  check(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()), "canonical bytes");
  std::vector<program::NamedValue> typical;
  for (const program::Parameter& p : program->parameters) typical.push_back({p.name, p.typical});
  (void)program::normalise(*program, typical);
  return 0;
}
