#include "model/sbml_suite.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "model/reference.h"

namespace salus::model {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::vector<std::string> listed(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (const auto name = trimmed(text.substr(0, comma)); !name.empty()) out.emplace_back(name);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

class SettingsReader {
 public:
  explicit SettingsReader(std::string_view file) : file_(file) {}

  Status line(std::string_view text) {
    ++line_;
    text = trimmed(text);
    if (text.empty()) return {};
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return complain("expected \"key: value\"");
    const std::string_view key = trimmed(text.substr(0, colon));
    return entry(key, trimmed(text.substr(colon + 1)));
  }

  Result<SuiteSettings> finish() {
    if (!seen_.contains("duration") || !seen_.contains("steps")) {
      return Error{ErrorCode::kInvalidArgument, file_ + ": gives no duration or no steps"};
    }
    return std::move(out_);
  }

 private:
  Status entry(std::string_view key, std::string_view value) {
    seen_.insert(std::string(key));
    if (key == "variables") return store(out_.variables, value);
    if (key == "amount") return store(out_.amount, value);
    if (key == "concentration") return store(out_.concentration, value);
    double* number = key == "start"      ? &out_.start
                     : key == "duration" ? &out_.duration
                     : key == "absolute" ? &out_.absolute
                     : key == "relative" ? &out_.relative
                                         : nullptr;
    double steps = 0;
    if (key == "steps") number = &steps;
    if (number == nullptr) return {};  // keys of other kinds of tests
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), *number);
    const bool whole = parsed.ec == std::errc{} && parsed.ptr == value.data() + value.size();
    if (!whole || !std::isfinite(*number) || *number < 0) {
      return complain(std::string(key) + ": expected a number, 0 or more");
    }
    if (key != "steps") return {};
    if (steps != std::floor(steps) || steps < 1 || steps > kMaxSuiteSteps) {
      return complain("steps: expected 1 to " + std::to_string(kMaxSuiteSteps));
    }
    out_.steps = static_cast<int>(steps);
    return {};
  }

  static Status store(std::vector<std::string>& into, std::string_view value) {
    into = listed(value);
    return {};
  }

  Error complain(const std::string& why) const {
    return {ErrorCode::kInvalidArgument, file_ + ":" + std::to_string(line_) + ": " + why};
  }

  std::string file_;
  int line_ = 0;
  SuiteSettings out_;
  std::set<std::string> seen_;
};

bool knows(const Model& m, const std::string& name) {
  const auto named = [&](const auto& entry) { return entry.name == name; };
  return m.parameter(name) != nullptr || m.find_derived(name) != nullptr ||
         std::any_of(m.states.begin(), m.states.end(), named) ||
         std::any_of(m.variables.begin(), m.variables.end(), named);
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<Expression> column(const SbmlImport& imported, const SuiteSettings& settings,
                          const std::string& name) {
  for (const SbmlSpecies& s : imported.species) {
    if (s.name != name) continue;
    if (holds(settings.amount, name)) return s.amount;
    if (holds(settings.concentration, name)) return s.concentration;
  }
  if (knows(imported.model, name)) return Expression::named(name);
  return Error{ErrorCode::kInvalidArgument, imported.model.name + " has no '" + name +
                                                "'; variables are species, compartments, "
                                                "parameters, reactions and stoichiometries"};
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "INF" : "-INF";
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end.ptr};
}

}  // namespace

Result<SuiteSettings> parse_suite_settings(std::string_view text, std::string_view file_name) {
  if (text.size() > kMaxSuiteSettingsBytes) {
    return Error{ErrorCode::kLimit, std::string(file_name) + ": more than " +
                                        std::to_string(kMaxSuiteSettingsBytes) + " bytes"};
  }
  SettingsReader reader(file_name);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (Status s = reader.line(text.substr(0, end)); !s) return s.error();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.finish();
}

Result<Model> suite_model(const SbmlImport& imported, const SuiteSettings& settings) {
  Model m = imported.model;
  // The suite counts in the file's unit; taken as hours, no time is rounded on its way.
  m.time_unit = "h";
  m.hours_per_time = 1;
  m.outputs.clear();
  for (const std::string& name : settings.variables) {
    auto formula = column(imported, settings, name);
    if (!formula) return formula.error();
    m.outputs.push_back({name, "1", "", std::move(*formula), {}});
  }
  return m;
}

std::vector<double> suite_times(const SuiteSettings& settings) {
  std::vector<double> times;
  for (int i = 0; i <= settings.steps; ++i) {
    times.push_back(settings.start + settings.duration * i / settings.steps);
  }
  return times;
}

Result<SuiteTable> run_suite_case(const SbmlImport& imported, const SuiteSettings& settings) {
  const auto m = suite_model(imported, settings);
  if (!m) return m.error();
  SuiteTable out{{"time"}, {}};
  out.columns.insert(out.columns.end(), settings.variables.begin(), settings.variables.end());
  std::vector<double> parameters;
  for (const Parameter& p : m->parameters) parameters.push_back(p.typical);
  const std::vector<double> times = suite_times(settings);
  const auto curves = ReferenceSolver(*m).curves(parameters, {}, times);
  if (!curves) return curves.error();
  for (std::size_t t = 0; t < times.size(); ++t) {
    std::vector<double> row = {times[t]};
    for (const auto& curve : *curves) row.push_back(curve[t]);
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string suite_csv(const SuiteTable& table) {
  std::string out;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    out += (i == 0 ? "" : ",") + table.columns[i];
  }
  out += "\n";
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : ",") + number_text(row[i]);
    out += "\n";
  }
  return out;
}

}  // namespace salus::model
