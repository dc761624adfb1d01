#include "program_text.h"

#include <fmt/format.h>

#include "terminal.h"

namespace salus::cli {

std::string certificate_text(const program::Program& p) {
  const program::Certificate& c = p.certificate;
  return fmt::format(
      "certificate, share of the peak\n  held-out patients ({}): median {:.1e}, 99 % {:.1e}, worst "
      "{:.1e}\n  whole box ({}): 99 % {:.1e}, worst {:.1e}\n  CVODE on {} of them: within {:.1e}\n "
      " "
      "ciphertext noise at most {:.1e}\n",
      c.population_samples, c.population_median, c.population_p99, c.population_max, c.box_samples,
      c.box_p99, c.box_max, c.cvode_samples, c.cvode_max, c.noise_bound);
}

nlohmann::json to_json(const program::Certificate& c) {
  return {{"population_samples", c.population_samples},
          {"population_median", c.population_median},
          {"population_p99", c.population_p99},
          {"population_max", c.population_max},
          {"box_samples", c.box_samples},
          {"box_p99", c.box_p99},
          {"box_max", c.box_max},
          {"cvode_samples", c.cvode_samples},
          {"cvode_max", c.cvode_max},
          {"noise_bound", c.noise_bound},
          {"seed", c.seed},
          {"transforms", c.transforms}};
}

std::string families_text(const std::vector<compiler::FamilyOption>& families) {
  std::string text = fmt::format("  {:<11} {:<48} {:>6} {:>8} {:>9} {:>8} {:>8}  {}\n", "family",
                                 "layout", "levels", "server s", "inputs", "p99", "max", "");
  const auto number = [](double value, const char* format) {
    return value < 0 ? std::string("-") : fmt::format(fmt::runtime(format), value);
  };
  for (const compiler::FamilyOption& f : families) {
    text += fmt::format(
        "{} {:<11} {:<48} {:>6} {:>8} {:>9} {:>8} {:>8}  {}\n", f.chosen ? ">" : " ", f.family,
        f.layout, number(f.levels > 0 ? f.levels : -1, "{:.0f}"),
        number(f.server_seconds > 0 ? f.server_seconds : -1, "{:.2f}"),
        f.upload_bytes > 0 ? human_bytes(static_cast<std::uint64_t>(f.upload_bytes)) : "-",
        number(f.error_p99, "{:.1e}"), number(f.error_max, "{:.1e}"), f.reason);
  }
  return text;
}

nlohmann::json to_json(const std::vector<compiler::FamilyOption>& families) {
  nlohmann::json out = nlohmann::json::array();
  for (const compiler::FamilyOption& f : families) {
    out.push_back({{"family", f.family},
                   {"layout", f.layout},
                   {"feasible", f.feasible},
                   {"chosen", f.chosen},
                   {"levels", f.levels},
                   {"reason", f.reason}});
    nlohmann::json& line = out.back();
    if (f.server_seconds > 0) line["server_seconds"] = f.server_seconds;
    if (f.upload_bytes > 0) line["input_bytes"] = f.upload_bytes;
    if (f.error_p99 >= 0) line["error_p99"] = f.error_p99;
    if (f.error_max >= 0) line["error_max"] = f.error_max;
  }
  return out;
}

Error with_families(const Error& error, const std::vector<compiler::FamilyOption>& families) {
  if (families.empty()) return error;
  return {error.code, error.message + "\n" + families_text(families)};
}

}  // namespace salus::cli
