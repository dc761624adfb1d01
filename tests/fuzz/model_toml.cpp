// links: salus_analysis
// Model and question files from anywhere are read or refused with a message; nothing crashes.
#include <cstdint>

#include "analysis/simulate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto model = model::parse_model(text, "fuzz.toml");
  check(model.has_value() || !model.error().message.empty(), "an error says why");
  const auto question = analysis::parse_question(text, "fuzz.toml");
  check(question.has_value() || !question.error().message.empty(), "an error says why");
  return 0;
}
