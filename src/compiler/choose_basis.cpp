// Which functions, which output transform: decided once per model, on its standard responses.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "compiler/cells.h"
#include "compiler/parallel.h"
#include "compiler/sampling.h"

namespace salus::compiler {
namespace {

using program::OutputTransform;

constexpr std::size_t kMaxCandidates = 400, kManyOutputs = 2;
constexpr std::size_t kFunctionsOfCells = 8192;  // of all cells: a ciphertext's slots at N = 2^14
constexpr std::uint64_t kValidationSeed = 0x76616c6964;
constexpr int kValidationPopulation = 768, kValidationBox = 512;

// Dense while the drug is being absorbed, on a lattice so that few propagators serve all lags.
std::vector<double> standard_times(const model::Model& model) {
  if (model.states.empty()) return {0, model.surrogate.horizon_h / 2, model.surrogate.horizon_h};
  const bool many = model.outputs.size() > kManyOutputs;
  std::vector<double> out;
  for (int i = 0; i <= 200; i += many ? 10 : i < 20 ? 1 : 4) {
    out.push_back(model.surrogate.horizon_h * i / 200);
  }
  return out;
}

std::vector<Shape> standard_shapes(const model::Model& model) {
  const model::SurrogateHint& hint = model.surrogate;
  if (!model.takes_doses()) return {Shape{.dose = 0}};
  // A linear model does not care.
  std::vector<Shape> out = {
      Shape{.dose = hint.dose == 0 ? 1 : hint.dose, .infusion_h = hint.infusion_h}};
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
  const std::vector<double> times = standard_times(model);
  const std::vector<Shape> shapes = standard_shapes(model);
  const std::size_t columns = model.outputs.size() * times.size();
  Eigen::MatrixXd out(static_cast<long>(patients.size()),
                      static_cast<long>(shapes.size() * columns));
  const Status done = parallel_for(patients.size(), threads, [&](std::size_t i) -> Status {
    for (std::size_t s = 0; s < shapes.size(); ++s) {
      const auto curve = responses.curve(patients[i], shapes[s], times);
      if (!curve) return curve.error();
      for (std::size_t c = 0; c < columns; ++c) {
        out(static_cast<long>(i), static_cast<long>(s * columns + c)) = (*curve)[c];
      }
    }
    return {};
  });
  if (!done) return done.error();
  return out;
}

int coordinate_index(Basis& basis, const Coordinate& wanted) {
  for (std::size_t i = 0; i < basis.coordinates.size(); ++i) {
    if (basis.coordinates[i].input.name == wanted.input.name) return static_cast<int>(i);
  }
  basis.coordinates.push_back(wanted);
  return static_cast<int>(basis.coordinates.size()) - 1;
}

// A term's amplitude and coordinates as positions in Basis::coordinates.
using Indexed = std::vector<std::pair<int, std::vector<int>>>;

Result<Indexed> index_terms(const model::Model& model, const model::Equations& equations,
                            const std::vector<model::SurrogateTerm>& terms, Basis& basis) {
  Indexed indexed;
  for (const model::SurrogateTerm& term : terms) {
    int amplitude = -1;
    std::vector<int> over;
    for (const std::string& symbol : term.over) {
      const auto c = make_coordinate(model, equations, symbol, CoordinateUse::kChebyshev);
      if (!c) return c.error();
      over.push_back(coordinate_index(basis, *c));
    }
    if (!term.amplitude.empty()) {
      auto c = make_coordinate(model, equations, term.amplitude, CoordinateUse::kAmplitude);
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
  return indexed;
}

Result<Basis> candidates(const model::Model& model, const model::Equations& equations,
                         const std::vector<model::SurrogateTerm>& terms) {
  Basis basis;
  const auto indexed = index_terms(model, equations, terms, basis);
  if (!indexed) return indexed.error();
  for (int degree = model.surrogate.max_degree; degree >= 1; --degree) {
    basis.functions.clear();
    for (const auto& [amplitude, over] : *indexed) {
      append_functions(over, amplitude, degree, basis.functions);
    }
    if (basis.functions.size() <= kMaxCandidates) break;
  }
  return basis;
}

Eigen::VectorXd weights_of(const Eigen::MatrixXd& responses) {
  return responses.cwiseAbs().rowwise().maxCoeff().cwiseInverse();
}

// Of each output, the largest size among all its responses.
std::vector<double> peaks_of(const Eigen::MatrixXd& responses, std::size_t outputs,
                             std::size_t shapes) {
  const long times = responses.cols() / static_cast<long>(outputs * shapes);
  std::vector<double> out(outputs, 0.0);
  for (long c = 0; c < responses.cols(); ++c) {
    double& peak = out[static_cast<std::size_t>(c / times) % outputs];
    peak = std::max(peak, responses.col(c).cwiseAbs().maxCoeff());
  }
  return out;
}

struct Errors {
  double p99 = 0;
  double largest = 0;
};

// Of |surrogate - response|, by output: over the patient's own peak where there is one output, over
// the output's largest value where there are several.
std::vector<Errors> held_out_errors(const Basis& basis, const model::Equations& equations,
                                    const Eigen::MatrixXd& coefficients,
                                    const std::vector<double>& peaks, std::size_t shapes,
                                    const Sample& sample, int threads) {
  const Eigen::MatrixXd slots =
      CellDesign(basis, equations, sample.patients, threads) * coefficients;
  const std::size_t outputs = peaks.size();
  const long times = slots.cols() / static_cast<long>(outputs * shapes);
  std::vector<std::vector<double>> all(outputs);
  for (long c = 0; c < slots.cols(); ++c) {
    const std::size_t o = static_cast<std::size_t>(c / times) % outputs;
    for (long i = 0; i < slots.rows(); ++i) {
      const double got = peaks[o] * inverse(basis.transforms[o], slots(i, c));
      const double unit = outputs == 1 ? sample.weights[i] : 1 / peaks[o];
      all[o].push_back(unit * std::abs(got - sample.responses(i, c)));
    }
  }
  std::vector<Errors> out;
  for (std::vector<double>& of : all) {
    const auto p99 = of.begin() + static_cast<long>(0.99 * static_cast<double>(of.size()));
    std::nth_element(of.begin(), p99, of.end());
    out.push_back({*p99, *std::max_element(p99, of.end())});
  }
  return out;
}

struct Trial {
  Basis basis;
  std::vector<Errors> errors;  // per output

  double largest() const {
    double out = 0;
    for (const Errors& e : errors) out = std::max(out, e.largest);
    return out;
  }
  double p99() const {
    double out = 0;
    for (const Errors& e : errors) out = std::max(out, e.p99);
    return out;
  }
};

std::string described(const std::string& name, const Trial& trial) {
  char text[200];
  std::snprintf(text, sizeof text, "%s (%zu functions of %zu inputs): p99 %.1e, max %.1e",
                name.c_str(), trial.basis.functions.size(), trial.basis.coordinates.size(),
                trial.p99(), trial.largest());
  return text;
}

const char* name_of(OutputTransform transform) {
  if (transform == OutputTransform::kLog) return "log";
  return transform == OutputTransform::kQuarticRoot ? "quartic root" : "linear";
}

// Everything about one model's choice.
class Chooser {
 public:
  Chooser(const model::Model& model, const model::Equations& equations, int threads,
          std::size_t cells)
      : model_(model), equations_(equations), threads_(threads), cells_(cells) {}

  Status sample(const Responses& responses) {
    const std::size_t functions =
        cells_ > 1 ? kFunctionsOfCells : static_cast<std::size_t>(model_.surrogate.max_terms);
    training_.patients = training_patients(model_, functions);
    Points points(model_, kValidationSeed);
    if (!many()) validation_.patients = points.corners();
    const int box = many() ? kValidationBox / 2 : kValidationBox;
    for (int i = 0; i < box; ++i) validation_.patients.push_back(points.box());
    for (int i = 0; i < kValidationPopulation; ++i) {
      validation_.patients.push_back(points.population());
    }
    for (Sample* sample : {&training_, &validation_}) {
      auto curves = standard_responses(model_, responses, sample->patients, threads_);
      if (!curves) return curves.error();
      sample->responses = std::move(*curves);
      sample->weights = weights_of(sample->responses);
      const bool single = model_.outputs.size() == 1 && !model_.states.empty();
      if (single && !sample->weights.allFinite()) {
        return Error{ErrorCode::kInvalidArgument,
                     model_.name + ": a curve in the box is zero everywhere"};
      }
      if (!single) sample->weights.setOnes();
    }
    shapes_ = standard_shapes(model_).size();
    peaks_ = peaks_of(training_.responses, model_.outputs.size(), shapes_);
    for (std::size_t o = 0; o < peaks_.size(); ++o) {
      if (peaks_[o] > 0) continue;
      peaks_[o] = 1;  // an output that is 0 for everybody
    }
    return {};
  }

  // Many functions are for many parameters, whose corners hardly anybody comes near: then what
  // counts is what nearly everybody gets.
  bool many() const {
    return cells_ > 1 || model_.surrogate.max_terms > static_cast<int>(kMaxCandidates);
  }
  double score(const Errors& e) const { return many() ? e.p99 : e.largest; }
  double score(const Trial& trial) const { return many() ? trial.p99() : trial.largest(); }

  // Does each output stay above 0?
  std::vector<bool> positive() const {
    std::vector<bool> out(peaks_.size(), true);
    const long times = training_.responses.cols() / static_cast<long>(peaks_.size() * shapes_);
    for (long c = 0; c < training_.responses.cols(); ++c) {
      if (training_.responses.col(c).minCoeff() <= 0) {
        out[static_cast<std::size_t>(c / times) % peaks_.size()] = false;
      }
    }
    return out;
  }

  Trial attempt(Basis basis) const {
    const Eigen::MatrixXd wanted = transformed(basis, training_.responses, peaks_, shapes_);
    const Eigen::VectorXd weights = weights_for(basis);
    const auto max_terms = static_cast<std::size_t>(model_.surrogate.max_terms);
    const LeastSquares all(design(basis, equations_, training_.patients, threads_), weights,
                           threads_);
    keep_best(basis, all.solve(wanted), max_terms);
    return measured(std::move(basis), wanted, weights);
  }

  Trial grown(Trial trial) const {
    const Eigen::MatrixXd wanted = transformed(trial.basis, training_.responses, peaks_, shapes_);
    grow_basis(trial.basis, equations_, training_, wanted,
               static_cast<std::size_t>(model_.surrogate.max_terms), model_.surrogate.max_degree,
               threads_);
    return measured(std::move(trial.basis), wanted, weights_for(trial.basis));
  }

  // An amplitude is not narrowed with its cell, so that what has one stays whole.
  bool divides(const Trial& trial) const {
    return cells_ > 1 && std::none_of(trial.basis.functions.begin(), trial.basis.functions.end(),
                                      [](const BasisFunction& f) { return f.amplitude >= 0; });
  }

  Trial divided(const Trial& trial) const {
    const Eigen::MatrixXd wanted = transformed(trial.basis, training_.responses, peaks_, shapes_);
    Basis basis = divide(trial.basis, equations_, training_, wanted, cells_,
                         kFunctionsOfCells / cells_, model_.surrogate.max_degree, threads_);
    const Eigen::VectorXd weights = weights_for(basis);
    return measured(std::move(basis), wanted, weights);
  }

 private:
  // Only a linear output's errors are in proportion to its slots'.
  Eigen::VectorXd weights_for(const Basis& basis) const {
    const bool linear = model_.outputs.size() == 1 &&
                        basis.transforms[0] == OutputTransform::kLinear && !model_.states.empty();
    return linear ? Eigen::VectorXd(training_.weights * peaks_[0])
                  : Eigen::VectorXd::Ones(training_.weights.size());
  }

  Trial measured(Basis basis, const Eigen::MatrixXd& wanted, const Eigen::VectorXd& weights) const {
    const Regression kept(CellDesign(basis, equations_, training_.patients, threads_), weights,
                          threads_);
    auto errors = held_out_errors(basis, equations_, kept.solve(wanted), peaks_, shapes_,
                                  validation_, threads_);
    return {std::move(basis), std::move(errors)};
  }

  const model::Model& model_;
  const model::Equations& equations_;
  int threads_;
  std::size_t cells_;
  Sample training_, validation_;
  std::vector<double> peaks_;
  std::size_t shapes_ = 1;
};

}  // namespace

void append_functions(const std::vector<int>& over, int amplitude, int limit,
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

Eigen::MatrixXd transformed(const Basis& basis, const Eigen::MatrixXd& responses,
                            const std::vector<double>& peaks, std::size_t shapes) {
  const std::size_t outputs = peaks.size();
  const long times = responses.cols() / static_cast<long>(outputs * shapes);
  Eigen::MatrixXd out(responses.rows(), responses.cols());
  for (long c = 0; c < responses.cols(); ++c) {
    const std::size_t o = static_cast<std::size_t>(c / times) % outputs;
    out.col(c) = (responses.col(c) / peaks[o]).unaryExpr([&](double v) {
      return forward(basis.transforms[o], v);
    });
  }
  return out;
}

Result<Eigen::VectorXd> patient_weights(const model::Model& model, const Responses& responses,
                                        const std::vector<std::vector<double>>& patients,
                                        int threads) {
  if (model.outputs.size() != 1 || model.states.empty()) {
    return Eigen::VectorXd(Eigen::VectorXd::Ones(static_cast<long>(patients.size())));
  }
  const auto curves = standard_responses(model, responses, patients, threads);
  if (!curves) return curves.error();
  return weights_of(*curves);
}

namespace {

// Each output's best among the trials of one candidate set.
std::vector<OutputTransform> best_transforms(const Chooser& chooser,
                                             const std::vector<Trial>& trials) {
  std::vector<OutputTransform> out;
  for (std::size_t o = 0; o < trials[0].errors.size(); ++o) {
    const Trial* best = &trials[0];
    for (const Trial& trial : trials) {
      if (chooser.score(trial.errors[o]) < chooser.score(best->errors[o])) best = &trial;
    }
    out.push_back(best->basis.transforms[o]);
  }
  return out;
}

void note(std::string& report, const std::string& name, const Trial& trial) {
  report += (report.empty() ? "" : "; ") + described(name, trial);
}

// Nonlinear transforms break sums and amplitudes, so they get all private parameters as they are.
// `linear` is the trial without a transform.
Result<std::vector<Trial>> transformed_trials(const Chooser& chooser, const model::Model& model,
                                              const model::Equations& equations,
                                              const Trial& linear, std::string& report) {
  const std::size_t outputs = model.outputs.size();
  model::SurrogateTerm all;
  for (const model::Parameter* p : model.private_parameters()) all.over.push_back(p->name);
  const auto raw = candidates(model, equations, {all});
  if (!raw) return raw.error();
  const bool same_set = model.surrogate.terms.size() == 1 &&
                        model.surrogate.terms[0].amplitude.empty() &&
                        model.surrogate.terms[0].over == all.over;
  std::vector<Trial> trials;
  if (same_set) trials.push_back(linear);
  const std::vector<bool> positive = chooser.positive();
  for (const OutputTransform transform : {OutputTransform::kQuarticRoot, OutputTransform::kLog}) {
    Basis basis = *raw;
    basis.transforms.assign(outputs, transform);
    bool any = transform != OutputTransform::kLog;
    for (std::size_t o = 0; o < outputs && transform == OutputTransform::kLog; ++o) {
      if (!positive[o]) basis.transforms[o] = OutputTransform::kQuarticRoot;
      any = any || positive[o];
    }
    if (!any) {
      report += "; log: not tried, the output is 0 somewhere";
      continue;
    }
    trials.push_back(chooser.attempt(std::move(basis)));
    note(report, name_of(transform), trials.back());
  }
  if (outputs > 1) {
    Basis basis = *raw;
    basis.transforms = best_transforms(chooser, trials);
    trials.push_back(chooser.attempt(std::move(basis)));
    note(report, "each output's best", trials.back());
  }
  return trials;
}

}  // namespace

Result<BasisChoice> choose_basis(const model::Model& model, const model::Equations& equations,
                                 const Responses& responses, int threads, BasisRules rules) {
  BasisChoice out;
  auto polynomial = polynomial_basis(model, equations);
  if (!polynomial) return polynomial.error();
  if (*polynomial) {
    out.basis = std::move(**polynomial);
    out.report = "polynomial: exact";
    return out;
  }
  if (model.takes_doses() && !responses.linear() && model.surrogate.dose == 0) {
    return Error{
        ErrorCode::kInvalidArgument,
        model.name +
            ": is not linear in the dose, so its standard dose matters; add dose = ... in " +
            model.dose.unit + " to [surrogate]"};
  }
  Chooser chooser(model, equations, threads,
                  rules.without_cells ? 1 : static_cast<std::size_t>(model.surrogate.cells));
  if (Status s = chooser.sample(responses); !s) return s.error();

  auto linear = candidates(model, equations, model.surrogate.terms);
  if (!linear) return linear.error();
  linear->transforms.assign(model.outputs.size(), OutputTransform::kLinear);
  Trial best = chooser.attempt(std::move(*linear));
  note(out.report, "linear", best);

  if (!rules.linear_only) {
    auto trials = transformed_trials(chooser, model, equations, best, out.report);
    if (!trials) return trials.error();
    for (Trial& trial : *trials) {
      if (chooser.score(trial) < chooser.score(best)) best = std::move(trial);
    }
  }
  if (chooser.divides(best)) {
    Trial divided = chooser.divided(best);
    note(out.report, std::to_string(model.surrogate.cells) + " cells", divided);
    if (divided.p99() < best.p99()) best = std::move(divided);
  }
  const auto room = static_cast<std::size_t>(model.surrogate.max_terms);
  if (chooser.many() && best.basis.cells.empty() && best.basis.functions.size() < room) {
    Trial grown = chooser.grown(best);
    note(out.report, "grown", grown);
    if (grown.p99() < best.p99()) best = std::move(grown);
  }
  out.basis = std::move(best.basis);
  return out;
}

}  // namespace salus::compiler
