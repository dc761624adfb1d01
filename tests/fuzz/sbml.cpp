// links: salus_model
// SBML files and their sidecars from anywhere are read or refused with a message; what is read can
// be solved, or says why not.
#include <cmath>
#include <cstdint>

#include "model/reference.h"
#include "model/sbml.h"
#include "model/sbml_suite.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The file and its sidecar are separated by the first line of three dashes.
  constexpr std::string_view kCut = "\n---\n";
  const auto cut = text.find(kCut);
  const std::string_view xml = text.substr(0, cut);
  const std::string_view sidecar =
      cut == std::string_view::npos ? "" : text.substr(cut + kCut.size());
  const auto settings = model::parse_suite_settings(sidecar, "fuzz.txt");
  check(settings.has_value() || !settings.error().message.empty(), "an error says why");
  const auto imported = model::import_sbml(xml, "fuzz.xml");
  check(imported.has_value() || !imported.error().message.empty(), "an error says why");
  if (!imported) return 0;
  const auto extended = model::apply_sidecar(imported->model, sidecar, "fuzz.sidecar.toml");
  check(extended.has_value() || !extended.error().message.empty(), "an error says why");
  // Solved only as far as takes no time: the solver's step limit is its own test's concern.
  model::SuiteSettings start;
  start.steps = 1;
  const auto table = model::run_suite_case(*imported, start);
  check(table.has_value() || !table.error().message.empty(), "an error says why");
  return 0;
}
