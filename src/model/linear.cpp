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

  // A and c of one patient, from unit states.
  void matrices(const std::vector<double>& parameters, Matrix& a, std::vector<double>& c) const {
    const std::size_t n = equations.state_count();
    std::vector<double> values = equations.prepare(parameters), unit(n, 0.0), column(n);
    a.assign(n * n, 0.0);
    c.assign(n, 0.0);
    for (std::size_t j = 0; j < n; ++j) {
      unit[j] = 1;
      equations.rates(values, unit, column);
      for (std::size_t i = 0; i < n; ++i) a[i * n + j] = column[i];
      c[j] = equations.output(values, unit);
      unit[j] = 0;
    }
  }

  // Rates and output agree with A x and c x on states of very different sizes.
  bool is_linear_at(const std::vector<double>& parameters) const {
    const std::size_t n = equations.state_count();
    Matrix a;
    std::vector<double> c, x(n), rates(n), values = equations.prepare(parameters);
    matrices(parameters, a, c);
    for (const double size : {0.0, 1e-3, 1.0, 1e3}) {
      double expected = 0, terms = 0;
      for (std::size_t j = 0; j < n; ++j) {
        x[j] = size * (1 + 0.37 * static_cast<double>(j));
        expected += c[j] * x[j];
        terms += std::abs(c[j] * x[j]);
      }
      if (std::abs(equations.output(values, x) - expected) > 1e-9 * terms) return false;
      equations.rates(values, x, rates);
      for (std::size_t i = 0; i < n; ++i) {
        double sum = 0, largest = 0;
        for (std::size_t j = 0; j < n; ++j) {
          sum += a[i * n + j] * x[j];
          largest += std::abs(a[i * n + j] * x[j]);
        }
        if (!(std::abs(rates[i] - sum) <= 1e-9 * largest)) return false;
      }
    }
    return true;
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
  bool linear = true;
  for (const double x : state->equations.initial()) linear = linear && x == 0;
  for (const auto* point : {&low, &typical, &high}) linear = linear && state->is_linear_at(*point);
  if (!linear) {
    return Error{ErrorCode::kInvalidArgument,
                 model.name +
                     ": rates or output are not linear in the states, or a state does not "
                     "start at 0"};
  }
  return LinearSolver(std::move(state));
}

std::vector<double> LinearSolver::unit_response(const std::vector<double>& parameters,
                                                double infusion_h,
                                                const std::vector<double>& lags_h) const {
  const Equations& equations = state_->equations;
  const std::size_t n = equations.state_count();
  Matrix a;
  std::vector<double> c;
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
  std::vector<double> out;
  out.reserve(lags_h.size());
  for (const double lag : lags_h) {
    if (lag >= 0) move_to(lag);
    double y = 0;
    for (std::size_t j = 0; j < n && lag >= 0; ++j) y += c[j] * x[j];
    out.push_back(y);
  }
  return out;
}

Result<std::vector<double>> LinearSolver::curve(const Values& parameters,
                                                const std::vector<Dose>& doses,
                                                const std::vector<double>& times_h) const {
  const auto values = parameter_values(state_->model, parameters);
  if (!values) return values.error();
  if (Status s = validate_schedule(doses, times_h); !s) return s.error();
  std::vector<double> out(times_h.size(), 0.0), lags(times_h.size());
  for (const Dose& dose : doses) {
    for (std::size_t t = 0; t < lags.size(); ++t) lags[t] = times_h[t] - dose.time_h;
    const std::vector<double> response = unit_response(*values, dose.infusion_h, lags);
    for (std::size_t t = 0; t < lags.size(); ++t) out[t] += dose.amount * response[t];
  }
  return out;
}

}  // namespace salus::model
