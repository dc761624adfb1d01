#include "model/oracle.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "model/links.h"
#include "model/reference.h"

namespace salus::model {
namespace {

constexpr int kSteps = 20'000;
constexpr double kAreaHours = 1000;

std::string number_text(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::general, 7);
  return {buffer.data(), end.ptr};
}

Result<std::vector<double>> curve_of(const Model& model, const OracleCase& c,
                                     const std::vector<double>& times_h) {
  const auto output = model.output_index(c.output);
  if (!output) return output.error();
  Values values;
  for (const Parameter& p : model.parameters) values[p.name] = p.typical;
  for (const auto& [name, value] : c.values) values[name] = value;
  std::vector<Dose> doses;
  if (c.dose != 0) doses = repeated_dose(c.dose, c.start_h, c.interval_h, c.count, c.infusion_h);
  auto curves = c.quantity == "auc" ? fast_curves(model, values, doses, times_h)
                                    : reference_curves(model, values, doses, times_h);
  if (!curves) return curves.error();
  apply_links(model, *curves);
  return std::move((*curves)[*output]);
}

}  // namespace

Result<double> compute_oracle(const Model& model, const OracleCase& c) {
  if (c.quantity == "value_at") {
    const auto curve = curve_of(model, c, {c.at_h});
    if (!curve) return curve.error();
    return curve->front();
  }
  const double step = (c.quantity == "auc" ? kAreaHours : c.until_h) / kSteps;
  std::vector<double> times;
  for (int i = 0; i <= kSteps; ++i) times.push_back(step * i);
  const auto curve = curve_of(model, c, times);
  if (!curve) return curve.error();
  if (c.quantity == "auc") {
    double area = 0;
    for (std::size_t i = 1; i < times.size(); ++i) {
      area += step / 2 * ((*curve)[i] + (*curve)[i - 1]);
    }
    return area;
  }
  const bool largest = c.quantity.ends_with("max");
  const auto found = largest ? std::max_element(curve->begin(), curve->end())
                             : std::min_element(curve->begin(), curve->end());
  return c.quantity.starts_with("time_") ? times[static_cast<std::size_t>(found - curve->begin())]
                                         : *found;
}

Result<std::vector<OracleResult>> run_oracles(const Model& model) {
  std::vector<OracleResult> out;
  for (const OracleCase& c : model.oracle) {
    const Result<double> found = compute_oracle(model, c);
    if (!found) {
      return Error{found.error().code, model.place(c.line) + "oracle \"" + c.description +
                                           "\": " + found.error().message};
    }
    const double allowed = c.absolute_tolerance + c.tolerance * std::abs(c.expected);
    out.push_back({&c, *found, allowed, std::abs(*found - c.expected) <= allowed});
  }
  return out;
}

Status all_reproduced(const Model& model, const std::vector<OracleResult>& results) {
  if (results.empty()) {
    return Error{ErrorCode::kMismatch,
                 model.name + ": no [[oracle]] case; add a published or closed-form value"};
  }
  for (const OracleResult& r : results) {
    if (r.reproduced) continue;
    const OracleCase& c = *r.oracle;
    return Error{ErrorCode::kMismatch, model.place(c.line) + "oracle \"" + c.description +
                                           "\" expects " + number_text(c.expected) + " within " +
                                           number_text(r.allowed) + ", the model gives " +
                                           number_text(r.found) +
                                           "; correct the value, the equations or the tolerance"};
  }
  return {};
}

Status reproduce_oracles(const Model& model) {
  const auto results = run_oracles(model);
  return results ? all_reproduced(model, *results) : Status(results.error());
}

}  // namespace salus::model
