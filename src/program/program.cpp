#include "program/program.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <set>

#include "program/formula.h"

namespace salus::program {
namespace {

// A value that sits on the edge of its box must survive a round trip through text.
constexpr double kBoxSlack = 1e-12;

std::string text(double value) {
  char buffer[32];
  return {buffer,
          std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 6).ptr};
}

double forward(Transform transform, double x) {
  return transform == Transform::kLog ? std::log(x) : x;
}

Result<std::vector<double>> in_order(const Program& program,
                                     const std::vector<NamedValue>& values) {
  std::vector<double> out;
  for (const NamedValue& value : values) {
    const auto known = [&](const Parameter& p) { return p.name == value.name; };
    if (std::none_of(program.parameters.begin(), program.parameters.end(), known)) {
      return Error{ErrorCode::kInvalidArgument,
                   program.name + " has no parameter '" + value.name + "'"};
    }
  }
  for (const Parameter& p : program.parameters) {
    const auto same = [&](const NamedValue& v) { return v.name == p.name; };
    const auto given = std::count_if(values.begin(), values.end(), same);
    const std::string what = "parameter " + p.name + " (" + p.description + ")";
    if (given != 1) {
      return Error{ErrorCode::kInvalidArgument,
                   what +
                       (given == 0 ? " is missing; give a value in " : " is given twice; unit ") +
                       p.unit};
    }
    const double x = std::find_if(values.begin(), values.end(), same)->value;
    if (!std::isfinite(x)) {
      return Error{ErrorCode::kInvalidArgument, what + " is not a finite number"};
    }
    const double slack = kBoxSlack * (std::abs(p.low) + std::abs(p.high));
    if (x < p.low - slack || x > p.high + slack) {
      return Error{ErrorCode::kOutsideBox, what + " is " + (x < p.low ? "below" : "above") +
                                               " the certified box " + text(p.low) + " .. " +
                                               text(p.high) + " " + p.unit +
                                               "; this program makes no promise there"};
    }
    out.push_back(std::clamp(x, p.low, p.high));
  }
  return out;
}

}  // namespace

Result<std::vector<double>> normalise(const Program& program,
                                      const std::vector<NamedValue>& values) {
  const auto parameters = in_order(program, values);
  if (!parameters) return parameters.error();

  std::vector<std::string> names;
  for (const Parameter& p : program.parameters) names.push_back(p.name);
  std::vector<double> out;
  for (const Input& input : program.inputs) {
    const auto formula = Formula::parse(input.postfix, names);
    if (!formula) return formula.error();
    const double low = forward(input.transform, input.low);
    const double high = forward(input.transform, input.high);
    const double x = forward(input.transform, (*formula)(*parameters));
    const double u = (x - (low + high) / 2) / ((high - low) / 2);
    // Negated so that a NaN is refused too.
    if (!(std::abs(u) <= 1 + 1e-9)) {
      return Error{ErrorCode::kOutsideBox, input.name + " = " + input.formula +
                                               " leaves its certified range " + text(input.low) +
                                               " .. " + text(input.high) + " " + input.unit};
    }
    out.push_back(std::clamp(u, -1.0, 1.0));
  }
  return out;
}

namespace {

double value_of(const Degrees& function, const std::vector<double>& u) {
  double product = 1;
  for (const auto& [i, degree] : function)
    product *= std::cos(degree * std::acos(u.at(static_cast<std::size_t>(i))));
  return product;
}

}  // namespace

std::vector<std::string> ciphertext_names(const Program& program) {
  std::vector<std::string> out;
  if (program.layout == Layout::kBasis && program.cells.empty()) {
    for (const Input& input : program.inputs) out.push_back(input.name);
    return out;
  }
  for (const circuit::Node& node : program.basis.circuit.nodes) {
    if (node.op == circuit::Op::kInput) out.push_back(node.name);
  }
  return out;
}

std::vector<std::vector<double>> input_slots(const Program& program, const std::vector<double>& u) {
  std::vector<std::vector<double>> out;
  const bool expanded = program.layout == Layout::kExpanded;
  if (!expanded && program.cells.empty()) {
    for (const double x : u) out.push_back({x});
    return out;
  }
  const bool whole = program.cells.empty();
  const Place place = place_of(program.cells, u);
  const std::size_t all = whole ? program.expansion.size() : program.cells.functions();
  const std::size_t first = whole ? 0 : program.cells.first(place.cell);
  const std::size_t end = whole ? all : first + program.cells.sizes[place.cell];
  out.assign(expanded ? 1 : u.size() + 1, std::vector<double>(std::bit_ceil(all), 0.0));
  for (std::size_t s = first; s < end; ++s) {
    if (expanded) {
      out[0][s] = value_of(program.expansion[s], place.u);
      continue;
    }
    for (std::size_t i = 0; i < u.size(); ++i) out[i][s] = place.u[i];
    out.back()[s] = 1;
  }
  return out;
}

const Regimen* OutputGrid::find(std::string_view id) const {
  const auto found = std::find_if(regimens.begin(), regimens.end(),
                                  [id](const Regimen& r) { return r.id == id && r.minus.empty(); });
  return found == regimens.end() ? nullptr : &*found;
}

std::string OutputGrid::label_of(std::size_t row) const {
  const std::string& regimen = regimen_of(row).label;
  return outputs.size() == 1 ? regimen : output_of(row).name + ", " + regimen;
}

namespace {

double undo(OutputTransform transform, double slot) {
  switch (transform) {
    case OutputTransform::kLog: return std::exp(slot);
    case OutputTransform::kQuarticRoot: return std::pow(std::max(slot, 0.0), 4);
    default: return slot;
  }
}

}  // namespace

Result<std::vector<std::vector<double>>> expand(const OutputGrid& output,
                                                const std::vector<double>& slots) {
  const std::size_t rows = output.rows(), columns = output.times_h.size();
  if (slots.size() < output.slots() || output.peak.size() != rows) {
    return Error{ErrorCode::kMismatch, "expand: " + std::to_string(slots.size()) + " slots for " +
                                           std::to_string(output.slots()) + " values of " +
                                           std::to_string(rows) + " curves x " +
                                           std::to_string(columns) + " times"};
  }
  const Modes& modes = output.modes;
  std::vector<std::vector<double>> curves(rows, std::vector<double>(columns));
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t t = 0; t < columns; ++t) {
      const std::size_t at = r * columns + t;
      double slot = modes.columns > 0 ? 0 : slots[at];
      for (std::size_t m = 0; m < modes.columns; ++m) {
        slot += modes.values[at * modes.columns + m] * slots[m];
      }
      curves[r][t] = output.peak[r] * undo(output.output_of(r).transform, slot);
    }
  }
  return curves;
}

Status apply_links(const OutputGrid& output, std::vector<std::vector<double>>& curves) {
  check(curves.size() == output.rows(), "curves of this grid");
  for (std::size_t r = 0; r < curves.size(); ++r) {
    const std::string& link = output.output_of(r).link;
    if (link.empty()) continue;
    const auto formula = Formula::parse(link, {"x"});
    if (!formula) return formula.error();
    for (double& x : curves[r]) x = (*formula)(std::span(&x, 1));
  }
  return {};
}

std::optional<std::string> beyond_range(const OutputGrid& output,
                                        const std::vector<std::vector<double>>& curves) {
  for (std::size_t r = 0; r < curves.size(); ++r) {
    const double limit = kRangeMargin * output.peak[r];
    const Output& of = output.output_of(r);
    for (std::size_t t = 0; t < curves[r].size(); ++t) {
      if (std::abs(curves[r][t]) <= limit) continue;
      const std::string unit = of.link.empty() ? " " + of.unit : " before its link";
      return of.name + " of regimen \"" + output.regimen_of(r).label + "\" at " +
             text(output.times_h[t]) + " h is " + text(curves[r][t]) + unit +
             ", its declared range ends at " + text(limit) + unit;
    }
  }
  return std::nullopt;
}

Digest Stage::digest() const {
  Bytes bytes;
  append(bytes, as_bytes(circuit::print(circuit)));
  for (const auto& [name, constant] : constants) {
    append(bytes, as_bytes("@" + name + " " + std::to_string(constant.rows) + " " +
                           std::to_string(constant.columns) + "\n"));
    for (const double value : constant.values) append_f64(bytes, value);
  }
  return sha256(bytes);
}

}  // namespace salus::program
