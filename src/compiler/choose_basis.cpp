// Which functions, which output transform: decided once per model, on its standard responses.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <set>

#include "compiler/basis.h"
#include "compiler/parallel.h"
#include "compiler/sampling.h"

namespace salus::compiler {
namespace {

using program::OutputTransform;

constexpr std::size_t kMaxCandidates = 400;
constexpr std::uint64_t kValidationSeed = 0x76616c6964;
constexpr int kValidationPopulation = 768, kValidationBox = 512;

// Dense while the drug is being absorbed, on a lattice so that few propagators serve all lags.
std::vector<double> standard_times(double horizon_h) {
  std::vector<double> out;
  for (int i = 0; i <= 200; i += i < 20 ? 1 : 4) out.push_back(horizon_h * i / 200);
  return out;
}

std::vector<Shape> standard_shapes(const model::SurrogateHint& hint) {
  std::vector<Shape> out = {Shape{.infusion_h = hint.infusion_h}};
  if (hint.interval_h > 0 && hint.interval_h < hint.horizon_h) {
    Shape repeated = out[0];
    repeated.interval_h = hint.interval_h;
    repeated.count = 1 + static_cast<int>(std::floor(hint.horizon_h / hint.interval_h - 1e-9));
    out.push_back(repeated);
  }
  return out;
}

// All standard responses of each patient side by side, one row a patient.
Result<Eigen::MatrixXd> standard_responses(const model::Model& model, const Responses& responses,
                                           const std::vector<std::vector<double>>& patients,
                                           int threads) {
  const std::vector<double> times = standard_times(model.surrogate.horizon_h);
  const std::vector<Shape> shapes = standard_shapes(model.surrogate);
  Eigen::MatrixXd out(static_cast<long>(patients.size()),
                      static_cast<long>(shapes.size() * times.size()));
  const Status done = parallel_for(patients.size(), threads, [&](std::size_t i) -> Status {
    for (std::size_t s = 0; s < shapes.size(); ++s) {
      const auto curve = responses.curve(patients[i], shapes[s], times);
      if (!curve) return curve.error();
      for (std::size_t t = 0; t < times.size(); ++t) {
        out(static_cast<long>(i), static_cast<long>(s * times.size() + t)) = (*curve)[t];
      }
    }
    return {};
  });
  if (!done) return done.error();
  return out;
}

// All (degree_0, ..) with total degree <= limit.
void append_degrees(const std::vector<int>& over, int amplitude, int limit,
                    std::vector<BasisFunction>& out) {
  std::vector<int> degrees(over.size(), 0);
  int total = 0;
  while (true) {
    BasisFunction f{amplitude, {}};
    for (std::size_t i = 0; i < over.size(); ++i) {
      if (degrees[i] > 0) f.degrees.emplace_back(over[i], degrees[i]);
    }
    out.push_back(std::move(f));
    std::size_t i = 0;
    for (; i < over.size(); ++i) {
      ++degrees[i];
      if (++total <= limit) break;
      total -= degrees[i];
      degrees[i] = 0;
    }
    if (i == over.size()) return;
  }
}

int coordinate_index(Basis& basis, const Coordinate& wanted) {
  for (std::size_t i = 0; i < basis.coordinates.size(); ++i) {
    if (basis.coordinates[i].input.name == wanted.input.name) return static_cast<int>(i);
  }
  basis.coordinates.push_back(wanted);
  return static_cast<int>(basis.coordinates.size()) - 1;
}

Result<Basis> candidates(const model::Model& model, const model::Equations& equations,
                         const std::vector<model::SurrogateTerm>& terms,
                         OutputTransform transform) {
  Basis basis;
  basis.transform = transform;
  std::vector<std::pair<int, std::vector<int>>> indexed;
  for (const model::SurrogateTerm& term : terms) {
    int amplitude = -1;
    std::vector<int> over;
    for (const std::string& symbol : term.over) {
      const auto c = make_coordinate(model, equations, symbol, false);
      if (!c) return c.error();
      over.push_back(coordinate_index(basis, *c));
    }
    if (!term.amplitude.empty()) {
      auto c = make_coordinate(model, equations, term.amplitude, true);
      if (!c) return c.error();
      // The same quantity may be both coordinate and amplitude: two inputs, two names.
      const auto taken = [&](const Coordinate& other) {
        return other.input.name == c->input.name && !other.amplitude;
      };
      if (std::any_of(basis.coordinates.begin(), basis.coordinates.end(), taken)) {
        c->input.name += "_amplitude";
      }
      amplitude = coordinate_index(basis, *c);
    }
    indexed.emplace_back(amplitude, over);
  }
  for (int degree = model.surrogate.max_degree; degree >= 1; --degree) {
    basis.functions.clear();
    for (const auto& [amplitude, over] : indexed) {
      append_degrees(over, amplitude, degree, basis.functions);
    }
    if (basis.functions.size() <= kMaxCandidates) break;
  }
  return basis;
}

int degree_of(const BasisFunction& f, int coordinate) {
  for (const auto& [i, degree] : f.degrees) {
    if (i == coordinate) return degree;
  }
  return 0;
}

bool below(const BasisFunction& a, const BasisFunction& b) {
  return a.amplitude == b.amplitude &&
         std::all_of(a.degrees.begin(), a.degrees.end(),
                     [&](const auto& d) { return d.second <= degree_of(b, d.first); });
}

// A function is worth as much as the most valuable one above it, so a cut by worth is downward
// closed.
void keep_best(Basis& basis, const Eigen::MatrixXd& coefficients, std::size_t count) {
  const std::size_t all = basis.functions.size();
  std::vector<double> own(all), worth(all, 0.0);
  for (std::size_t m = 0; m < all; ++m) {
    own[m] = coefficients.row(static_cast<long>(m)).cwiseAbs().maxCoeff();
  }
  for (std::size_t m = 0; m < all; ++m) {
    for (std::size_t k = 0; k < all; ++k) {
      if (below(basis.functions[m], basis.functions[k])) worth[m] = std::max(worth[m], own[k]);
    }
  }
  std::vector<std::size_t> order(all);
  for (std::size_t m = 0; m < all; ++m) order[m] = m;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (worth[a] != worth[b]) return worth[a] > worth[b];
    return basis.functions[a].factor_count() < basis.functions[b].factor_count();
  });
  order.resize(std::min(all, count));
  std::sort(order.begin(), order.end());
  std::vector<BasisFunction> kept;
  for (const std::size_t m : order) kept.push_back(basis.functions[m]);
  basis.functions = std::move(kept);
}

struct Sample {
  std::vector<std::vector<double>> patients;
  Eigen::MatrixXd responses;
  Eigen::VectorXd weights;
};

Eigen::VectorXd weights_of(const Eigen::MatrixXd& responses) {
  return responses.cwiseAbs().rowwise().maxCoeff().cwiseInverse();
}

Eigen::MatrixXd transformed(const Eigen::MatrixXd& responses, OutputTransform transform,
                            double peak) {
  return (responses / peak).unaryExpr([&](double v) { return forward(transform, v); });
}

// max over everything of |surrogate - response| / that patient's own peak.
std::pair<double, double> held_out_error(const Basis& basis, const model::Equations& equations,
                                         const Eigen::MatrixXd& coefficients, double peak,
                                         const Sample& sample, int threads) {
  Eigen::MatrixXd got = design(basis, equations, sample.patients, threads) * coefficients;
  got = got.unaryExpr([&](double v) { return peak * inverse(basis.transform, v); });
  const Eigen::MatrixXd error = (sample.weights.asDiagonal() * (got - sample.responses)).cwiseAbs();
  std::vector<double> all(error.data(), error.data() + error.size());
  const auto p99 = all.begin() + static_cast<long>(0.99 * static_cast<double>(all.size()));
  std::nth_element(all.begin(), p99, all.end());
  return {*p99, error.maxCoeff()};
}

struct Trial {
  Basis basis;
  double p99 = INFINITY;
  double largest = INFINITY;
};

Result<Trial> attempt(const model::Model& model, const model::Equations& equations, Basis basis,
                      const Sample& training, const Sample& validation, int threads) {
  const double peak = training.responses.cwiseAbs().maxCoeff();
  const Eigen::MatrixXd wanted = transformed(training.responses, basis.transform, peak);
  const Eigen::VectorXd weights = basis.transform == OutputTransform::kLinear
                                      ? Eigen::VectorXd(training.weights * peak)
                                      : Eigen::VectorXd::Ones(training.weights.size());
  const LeastSquares all(design(basis, equations, training.patients, threads), weights);
  keep_best(basis, all.solve(wanted), static_cast<std::size_t>(model.surrogate.max_terms));
  const LeastSquares kept(design(basis, equations, training.patients, threads), weights);
  const auto [p99, largest] =
      held_out_error(basis, equations, kept.solve(wanted), peak, validation, threads);
  return Trial{std::move(basis), p99, largest};
}

std::string describe(const char* name, const Trial& trial) {
  char text[160];
  std::snprintf(text, sizeof text, "%s (%zu functions of %zu inputs): p99 %.1e, max %.1e", name,
                trial.basis.functions.size(), trial.basis.coordinates.size(), trial.p99,
                trial.largest);
  return text;
}

Sample validation_sample(const model::Model& model) {
  Points points(model, kValidationSeed);
  Sample out;
  out.patients = points.corners();
  for (int i = 0; i < kValidationBox; ++i) out.patients.push_back(points.box());
  for (int i = 0; i < kValidationPopulation; ++i) out.patients.push_back(points.population());
  return out;
}

}  // namespace

Result<Eigen::VectorXd> patient_weights(const model::Model& model, const Responses& responses,
                                        const std::vector<std::vector<double>>& patients,
                                        int threads) {
  const auto curves = standard_responses(model, responses, patients, threads);
  if (!curves) return curves.error();
  return weights_of(*curves);
}

Result<BasisChoice> choose_basis(const model::Model& model, const model::Equations& equations,
                                 const Responses& responses, int threads) {
  Sample training{
      training_patients(model, static_cast<std::size_t>(model.surrogate.max_terms)), {}, {}};
  Sample validation = validation_sample(model);
  for (Sample* sample : {&training, &validation}) {
    auto curves = standard_responses(model, responses, sample->patients, threads);
    if (!curves) return curves.error();
    sample->responses = std::move(*curves);
    sample->weights = weights_of(sample->responses);
    if (!sample->responses.allFinite() || !sample->weights.allFinite()) {
      return Error{ErrorCode::kInvalidArgument,
                   model.name + ": a curve in the box is zero everywhere or not finite"};
    }
  }

  // Nonlinear transforms break sums and amplitudes, so they get all private parameters as they are.
  model::SurrogateTerm raw;
  for (const model::Parameter* p : model.private_parameters()) raw.over.push_back(p->name);
  struct Option {
    const char* name;
    OutputTransform transform;
    std::vector<model::SurrogateTerm> terms;
  };
  const std::vector<Option> options = {{"linear", OutputTransform::kLinear, model.surrogate.terms},
                                       {"quartic root", OutputTransform::kQuarticRoot, {raw}},
                                       {"log", OutputTransform::kLog, {raw}}};
  BasisChoice out;
  double best = INFINITY;
  for (const Option& option : options) {
    if (!out.report.empty()) out.report += "; ";
    if (option.transform == OutputTransform::kLog && training.responses.minCoeff() <= 0) {
      out.report += "log: not tried, the output is 0 somewhere";
      continue;
    }
    auto basis = candidates(model, equations, option.terms, option.transform);
    if (!basis) return basis.error();
    const auto trial = attempt(model, equations, std::move(*basis), training, validation, threads);
    if (!trial) return trial.error();
    out.report += describe(option.name, *trial);
    if (trial->largest < best) {
      best = trial->largest;
      out.basis = trial->basis;
    }
  }
  return out;
}

}  // namespace salus::compiler
