#include "model/box.h"

#include <algorithm>
#include <cmath>

#include "model/divisors.h"
#include "model/reference.h"
#include "model/stiffness.h"
#include "model/unit.h"

namespace salus::model {
namespace {

constexpr int kSolvedSteps = 24;
constexpr const char* kRemedy =
    "; narrow low and high, or guard it: piecewise(value, condition, otherwise)";

struct Formula {
  std::string what;  // "derived 'ke'"
  int line;
  const Expression* expression;
  CompiledExpression value;
};

class BoxCheck {
 public:
  BoxCheck(const Model& model, const BoxOptions& options)
      : model_(model),
        options_(options),
        points_(points_of(model, options)),
        dose_(standard_dose(model)) {
    for (const Parameter& p : model.parameters) positions_.emplace(p.name, positions_.size());
    for (const Derived& d : model.derived) {
      derived_.push_back(bind("derived '" + d.name + "'", d.line, d.formula, kNoTime));
      positions_.emplace(d.name, positions_.size());
    }
    timeless_ = positions_;
    for (const State& s : model.states) {
      initial_.push_back(bind("initial of state '" + s.name + "'",
                              s.initial_line == 0 ? s.line : s.initial_line, s.initial, kNoTime));
    }
    for (const State& s : model.states) positions_.emplace(s.name, positions_.size());
    time_ = positions_.size() + model.variables.size();
    for (const Variable& v : model.variables) {
      variables_.push_back(bind("variable '" + v.name + "'", v.line, v.formula, time_));
      positions_.emplace(v.name, positions_.size());
    }
    for (const State& s : model.states) {
      rates_.push_back(bind("rate of state '" + s.name + "'", s.line, s.rate, time_));
    }
    for (const Output& o : model.outputs) {
      outputs_.push_back(bind("output '" + o.name + "'", o.line, o.formula, time_));
    }
  }

  Result<BoxReport> run() {
    for (const Parameter& p : model_.parameters) {
      if (p.low < 0 && measures_volume(p.unit)) {
        note("the volume " + p.name + " is negative in a part of its box, from " +
             short_number(p.low) + " " + p.unit + " on; fine only if it is meant");
      }
    }
    for (const Point& point : points_.all) {
      if (Status s = check_at(point); !s) return s.error();
    }
    if (Status s = check_divisors(); !s) return s.error();
    if (!model_.states.empty()) {
      if (Status s = solve_some(); !s) return s.error();
      note_stiffness();
    }
    report_.points = points_.all.size();
    report_.corners = points_.corners;
    return std::move(report_);
  }

 private:
  static constexpr std::size_t kNoTime = CompiledExpression::kNoTime;

  Formula bind(std::string what, int line, const Expression& e, std::size_t time) const {
    return {std::move(what), line, &e, must(CompiledExpression::make(e, positions_, time))};
  }

  Error not_finite(const Formula& f, double value, const std::string& when,
                   const Point& point) const {
    return {ErrorCode::kInvalidArgument,
            model_.place(f.line) + f.what + " = " + f.expression->text() + " is " +
                (std::isnan(value) ? "not a number" : "infinite") + " inside the box" + when +
                ", at " + point_text(model_, *f.expression, point) + kRemedy};
  }

  std::vector<double> prepare(const Point& point) const {
    std::vector<double> values(time_ + 1, 0.0);
    std::copy(point.begin(), point.end(), values.begin());
    for (std::size_t i = 0; i < derived_.size(); ++i) {
      values[point.size() + i] = derived_[i].value(values);
    }
    return values;
  }

  // Everything at time 0, doses of that time given.
  Status check_at(const Point& point) {
    std::vector<double> values = prepare(point);
    for (std::size_t i = 0; i < derived_.size(); ++i) {
      const double value = values[point.size() + i];
      if (!std::isfinite(value)) return not_finite(derived_[i], value, "", point);
    }
    std::vector<double> states;
    for (const Formula& f : initial_) {
      states.push_back(f.value(values));
      if (!std::isfinite(states.back())) return not_finite(f, states.back(), "", point);
    }
    for (std::size_t i = 0; i < states.size(); ++i) {
      const bool dosed = model_.takes_doses() && model_.states[i].name == model_.dose.state;
      values[timeless_.size() + i] = states[i] + (dosed ? dose_ : 0);
    }
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      values[timeless_.size() + states.size() + i] = variables_[i].value(values);
    }
    for (const Formula& f : rates_) {
      const double value = f.value(values);
      if (!std::isfinite(value)) return not_finite(f, value, " at time 0", point);
    }
    for (const Formula& f : outputs_) {
      const double value = f.value(values);
      if (std::isfinite(value)) continue;
      if (!model_.takes_doses()) return not_finite(f, value, " at time 0", point);
      note(f.what + " is not finite at time 0, right after a dose; ask for later times only");
    }
    return {};
  }

  Status check_divisors() {
    std::vector<std::vector<double>> prepared;
    for (const Point& point : points_.all) prepared.push_back(prepare(point));
    const auto prepare_one = [this](const Point& point) { return prepare(point); };
    for (const auto* formulas : {&derived_, &initial_, &variables_, &rates_, &outputs_}) {
      for (const Formula& f : *formulas) {
        for (const Divisor& d : divisors_of(*f.expression, timeless_)) {
          const Point zero = zero_of(d, model_, points_.all, prepared, prepare_one);
          if (zero.empty()) continue;
          return Error{ErrorCode::kInvalidArgument,
                       model_.place(f.line) + f.what + " divides by '" + d.formula.text() +
                           "', which changes its sign inside the box: it is 0 at " +
                           point_text(model_, d.formula, zero) +
                           "; narrow low and high so that it keeps its sign, or replace a closed "
                           "form by [[state]] rates, which the solver takes as they are"};
        }
      }
    }
    return {};
  }

  Status solve_some() {
    const ReferenceSolver solver(model_);
    std::vector<double> times;
    for (int i = 0; i <= kSolvedSteps; ++i) {
      times.push_back(model_.surrogate.horizon_h * i / kSolvedSteps);
    }
    std::vector<Dose> doses;
    if (model_.takes_doses()) doses = {{0, dose_, model_.surrogate.infusion_h}};
    const std::size_t count =
        std::min(std::max<std::size_t>(options_.solved, 1), points_.all.size());
    for (std::size_t i = 0; i < count; ++i) {
      const Point& point = points_.all[i * points_.all.size() / count];
      const auto curves = solver.curves(point, doses, times, ReferenceSolver::kTraining);
      if (!curves) {
        return Error{curves.error().code,
                     model_.place(rates_.front().line) + "no solution inside the box, at " +
                         point_text(model_, {}, point) + ": " + curves.error().message};
      }
      if (Status s = check_curves(*curves, times, point); !s) return s;
      ++report_.solved;
    }
    return {};
  }

  Status check_curves(const Curves& curves, const std::vector<double>& times, const Point& point) {
    for (std::size_t o = 0; o < curves.size(); ++o) {
      const auto& link = model_.outputs[o].link;
      const auto after =
          link ? std::optional(must(CompiledExpression::make(*link, {{"x", 0}}))) : std::nullopt;
      for (std::size_t t = 0; t < times.size(); ++t) {
        const double x = curves[o][t];
        const double value = after && std::isfinite(x) ? (*after)(std::span(&x, 1)) : x;
        if (std::isfinite(value)) continue;
        const std::string linked = after && std::isfinite(x) ? " after its link" : "";
        if (t == 0) {
          note(outputs_[o].what + linked + " is not finite at time 0; ask for later times only");
          continue;
        }
        return not_finite(outputs_[o], value, linked + " after " + short_number(times[t]) + " h",
                          point);
      }
    }
    return {};
  }

  void note_stiffness() {
    const RateSpread spread = rate_spread(model_, points_.all.front(), dose_);
    report_.stiffness = spread.ratio();
    if (spread.ratio() < kStiff) return;
    note("stiff: the typical patient's states change at rates from " +
         short_number(spread.slowest_per_h) + " to " + short_number(spread.fastest_per_h) +
         " 1/h; CVODE solves it and a surrogate learns it, but it is not for encrypted time steps");
  }

  void note(std::string text) {
    if (std::find(report_.notes.begin(), report_.notes.end(), text) == report_.notes.end()) {
      report_.notes.push_back(std::move(text));
    }
  }

  const Model& model_;
  const BoxOptions& options_;
  Points points_;
  double dose_;
  Positions positions_, timeless_;
  std::size_t time_ = 0;
  std::vector<Formula> derived_, initial_, variables_, rates_, outputs_;
  BoxReport report_;
};

}  // namespace

double standard_dose(const Model& model) {
  if (model.surrogate.dose > 0) return model.surrogate.dose;
  for (const OracleCase& c : model.oracle) {
    if (c.dose > 0) return c.dose;
  }
  return 100;
}

Result<BoxReport> check_box(const Model& model, const BoxOptions& options) {
  return BoxCheck(model, options).run();
}

}  // namespace salus::model
