// x' = A x + b(t) by matrix exponentials: scaling and squaring of a Taylor series, entry by entry.
#include <algorithm>
#include <cmath>
#include <map>

#include "model/equations.h"
#include "model/reference.h"
#include "model/validate.h"

namespace salus::model {
namespace {

using Matrix = std::vector<double>;  // n x n, row-major

Matrix multiply(const Matrix& a, const Matrix& b, std::size_t n) {
  Matrix out(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      const double x = a[i * n + k];
      for (std::size_t j = 0; j < n; ++j) out[i * n + j] += x * b[k * n + j];
    }
  }
  return out;
}

// exp(A h). After scaling, ||A h|| <= 1/4, so the first omitted term is below 4^-13 / 13! < 3e-18.
Matrix exponential(Matrix a, double h, std::size_t n) {
  double norm = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double row = 0;
    for (std::size_t j = 0; j < n; ++j) row += std::abs(a[i * n + j] * h);
    norm = std::max(norm, row);
  }
  const int squarings = norm <= 0.25 ? 0 : static_cast<int>(std::ceil(std::log2(norm * 4)));
  for (double& x : a) x *= std::ldexp(h, -squarings);

  // Horner: I + A (I + A/2 (I + A/3 ( ... ))).
  Matrix out(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) out[i * n + i] = 1;
  for (int k = 12; k >= 1; --k) {
    out = multiply(a, out, n);
    for (double& x : out) x /= k;
    for (std::size_t i = 0; i < n; ++i) out[i * n + i] += 1;
  }
  for (int s = 0; s < squarings; ++s) out = multiply(out, out, n);
  return out;
}

// Propagators for the few distinct step lengths of one patient.
class Stepper {
 public:
  Stepper(Matrix a, std::size_t n) : a_(std::move(a)), n_(n) {}

  void advance(std::vector<double>& x, double h) {
    if (h == 0) return;
    // Steps of equal length differ in their last bits; 2^-40 h is far below what a curve resolves.
    const auto key = std::llround(std::ldexp(h, 40));
    auto found = steps_.find(key);
    if (found == steps_.end()) found = steps_.emplace(key, exponential(a_, h, n_)).first;
    const Matrix& e = found->second;
    next_.assign(n_, 0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < n_; ++j) next_[i] += e[i * n_ + j] * x[j];
    }
    x.swap(next_);
  }

 private:
  Matrix a_;
  std::size_t n_;
  std::map<long long, Matrix> steps_;
  std::vector<double> next_;
};

}  // namespace

struct LinearSolver::State {
  Model model;
  Equations equations;

  // A (n x n) and C (outputs x n) of one patient, from unit states.
  void matrices(const std::vector<double>& parameters, Matrix& a, Matrix& c) const {
    const std::size_t n = equations.state_count(), outputs = equations.output_count();
    std::vector<double> values = equations.prepare(parameters), unit(n, 0.0), column(n),
                        read(outputs);
    a.assign(n * n, 0.0);
    c.assign(outputs * n, 0.0);
    for (std::size_t j = 0; j < n; ++j) {
      unit[j] = 1;
      equations.rates(values, 0, unit, column);
      for (std::size_t i = 0; i < n; ++i) a[i * n + j] = column[i];
      equations.outputs(values, 0, unit, read);
      for (std::size_t o = 0; o < outputs; ++o) c[o * n + j] = read[o];
      unit[j] = 0;
    }
  }

  // Rates and outputs agree with A x and C x on states of very different sizes, whenever.
  bool is_linear_at(const std::vector<double>& parameters) const {
    const std::size_t n = equations.state_count();
    Matrix a, c;
    std::vector<double> x(n), rates(n), read(equations.output_count()),
        values = equations.prepare(parameters);
    matrices(parameters, a, c);
    for (const double size : {0.0, 1e-3, 1.0, 1e3}) {
      for (std::size_t j = 0; j < n; ++j) x[j] = size * (1 + 0.37 * static_cast<double>(j));
      for (const double time_h : {0.0, 3.7}) {
        equations.outputs(values, time_h, x, read);
        if (!is_product(c, x, read)) return false;
        equations.rates(values, time_h, x, rates);
        if (!is_product(a, x, rates)) return false;
      }
    }
    return true;
  }

  static bool is_product(const Matrix& m, const std::vector<double>& x,
                         const std::vector<double>& got) {
    for (std::size_t i = 0; i < got.size(); ++i) {
      double sum = 0, terms = 0;
      for (std::size_t j = 0; j < x.size(); ++j) {
        sum += m[i * x.size() + j] * x[j];
        terms += std::abs(m[i * x.size() + j] * x[j]);
      }
      if (!(std::abs(got[i] - sum) <= 1e-9 * terms)) return false;
    }
    return true;
  }

  bool starts_at_zero(const std::vector<double>& parameters) const {
    const std::vector<double> x = equations.initial(equations.prepare(parameters));
    return std::all_of(x.begin(), x.end(), [](double v) { return v == 0; });
  }
};

Result<LinearSolver> LinearSolver::make(const Model& model) {
  auto state = std::make_shared<State>(State{model, Equations::make(model)});
  std::vector<double> low, typical, high;
  for (const Parameter& p : model.parameters) {
    low.push_back(p.low);
    typical.push_back(p.typical);
    high.push_back(p.high);
  }
  bool linear = model.takes_doses() && model.events.empty();
  for (const auto* point : {&low, &typical, &high}) {
    linear = linear && state->starts_at_zero(*point) && state->is_linear_at(*point);
  }
  if (!linear) {
    return Error{ErrorCode::kInvalidArgument,
                 model.name +
                     ": rates or outputs are not linear in the states, depend on time, a state "
                     "does not start at 0, or there are events"};
  }
  return LinearSolver(std::move(state));
}

Curves LinearSolver::unit_response(const std::vector<double>& parameters, double infusion_h,
                                   const std::vector<double>& lags_h) const {
  const Equations& equations = state_->equations;
  const std::size_t n = equations.state_count();
  Matrix a, c;
  state_->matrices(parameters, a, c);

  // While infusing, one more state holds the constant rate 1 / infusion_h.
  const double dose = equations.bioavailability();
  Matrix infusing((n + 1) * (n + 1), 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(a.begin() + static_cast<long>(i * n), n,
                infusing.begin() + static_cast<long>(i * (n + 1)));
  }
  infusing[equations.dose_state() * (n + 1) + n] = infusion_h > 0 ? dose / infusion_h : 0;
  Stepper during(std::move(infusing), n + 1), after(std::move(a), n);

  std::vector<double> x(infusion_h > 0 ? n + 1 : n, 0.0);
  x[infusion_h > 0 ? n : equations.dose_state()] = infusion_h > 0 ? 1 : dose;
  double now = 0;
  const auto move_to = [&](double lag) {
    if (x.size() > n) {
      const double stop = std::min(lag, infusion_h);
      during.advance(x, stop - now);
      now = stop;
      if (lag >= infusion_h) x.resize(n);
    }
    if (x.size() == n && lag > now) {
      after.advance(x, lag - now);
      now = lag;
    }
  };
  Curves out(equations.output_count(), std::vector<double>(lags_h.size(), 0.0));
  for (std::size_t t = 0; t < lags_h.size(); ++t) {
    const double lag = lags_h[t] - equations.lag_h();
    if (lag < 0) continue;
    move_to(lag);
    for (std::size_t o = 0; o < out.size(); ++o) {
      for (std::size_t j = 0; j < n; ++j) out[o][t] += c[o * n + j] * x[j];
    }
  }
  return out;
}

Result<Curves> LinearSolver::curves(const Values& parameters, const std::vector<Dose>& doses,
                                    const std::vector<double>& times_h) const {
  const auto values = parameter_values(state_->model, parameters);
  if (!values) return values.error();
  if (Status s = validate_schedule(doses, times_h); !s) return s.error();
  Curves out(state_->equations.output_count(), std::vector<double>(times_h.size(), 0.0));
  std::vector<double> lags(times_h.size());
  for (const Dose& dose : doses) {
    for (std::size_t t = 0; t < lags.size(); ++t) lags[t] = times_h[t] - dose.time_h;
    const Curves response = unit_response(*values, dose.infusion_h, lags);
    for (std::size_t o = 0; o < out.size(); ++o) {
      for (std::size_t t = 0; t < lags.size(); ++t) out[o][t] += dose.amount * response[o][t];
    }
  }
  return out;
}

}  // namespace salus::model
