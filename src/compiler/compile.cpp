#include "compiler/compile.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <span>

#include "compiler/cells.h"
#include "compiler/certify.h"
#include "compiler/cohort_layout.h"
#include "compiler/layout.h"
#include "compiler/modes.h"
#include "compiler/parallel.h"
#include "compiler/sampling.h"

namespace salus::compiler {
namespace {

constexpr std::uint64_t kNoiseSeed = 0x6e6f697365;
constexpr std::size_t kNoisePatients = 24;
constexpr std::size_t kFunctionsWithoutModes = 512, kValuesWithoutModes = 8192;
constexpr std::array<std::size_t, 3> kModes = {64, 128, 256};
// A mode of a cohort is a ciphertext that is summed, relinearized and sent.
constexpr std::array<std::size_t, 10> kCohortModes = {4, 8, 12, 16, 24, 32, 48, 64, 128, 256};
constexpr double kSmallestMode = 1e-12;
constexpr double kModeTolerance = 1e-5;  // of a curve's peak, before the output transform is undone

struct ShapeOfRegimen {
  std::size_t shape;
  double factor;
};

class Compilation {
 public:
  Compilation(const model::Model& model, const std::vector<program::Regimen>& regimens,
              const std::vector<double>& times_h, const CompileOptions& options)
      : model_(model),
        times_(times_h),
        options_(options),
        equations_(model::Equations::make(model)),
        responses_(model) {
    describe(regimens);
  }

  Result<program::Program> run() {
    report("choosing basis functions", 0);
    const auto& regimens = out_.output.regimens;
    compares_ = std::any_of(regimens.begin(), regimens.end(),
                            [](const program::Regimen& r) { return !r.minus.empty(); });
    if (Status s = require_comparable(); !s) return s.error();
    const BasisRules rules{.linear_only = compares_,
                           .without_cells = options_.layout == program::Layout::kCohort};
    auto choice = choose_basis(model_, equations_, responses_, options_.threads, rules);
    if (!choice) return choice.error();
    basis_ = std::move(choice->basis);
    out_.certificate.transforms = choice->report;
    out_.output.linear_in_dose = responses_.linear() && !compares_;
    if (compares_)
      out_.certificate.transforms +=
          "; a difference is off by at most the errors of both curves, over the larger peak";
    for (std::size_t o = 0; o < basis_.transforms.size(); ++o) {
      program::Output& output = out_.output.outputs[o];
      output.transform = basis_.transforms[o];
      if (output.transform == program::OutputTransform::kLog || !output.link.empty()) {
        out_.output.linear_in_dose = false;
      }
    }
    for (const Coordinate& c : basis_.coordinates) out_.inputs.push_back(c.input);
    if (Status s = list_shapes(); !s) return s.error();
    if (Status s = fit_shapes(); !s) return s.error();
    if (Status s = lay_out(); !s) return s.error();
    if (Status s = measure(); !s) return s.error();
    if (options_.explanation != nullptr) {
      *options_.explanation =
          explain(model_, equations_, out_, responses_.linear(), !basis_.own_peaks);
    }
    if (Status s = require_tolerance(); !s) return s.error();
    report("done", 1);
    return std::move(out_);
  }

 private:
  void report(std::string_view stage, double fraction) const {
    if (options_.progress) options_.progress(stage, fraction);
  }

  void describe(const std::vector<program::Regimen>& regimens) {
    out_.model = model_.name;
    out_.model_digest = model_.digest;
    out_.citation = model_.citation;
    out_.formula = model_.formula_text();
    for (const model::Parameter* p : model_.private_parameters()) {
      const auto transform = p->transform == model::Transform::kLog ? program::Transform::kLog
                                                                    : program::Transform::kLinear;
      out_.parameters.push_back(
          {p->name, p->unit, p->description, transform, p->low, p->typical, p->high});
    }
    for (const model::Output& o : model_.outputs) {
      out_.output.outputs.push_back({o.name, o.unit, o.description, {}, ""});
      if (o.link) out_.output.outputs.back().link = o.link->postfix();
    }
    out_.output.dose_unit = model_.dose.unit;
    out_.output.regimens = regimens;
    out_.output.times_h = times_;
  }

  // Subtracting commutes with nothing that the client does after decrypting.
  Status require_comparable() const {
    if (!compares_) return {};
    for (const program::Regimen& r : out_.output.regimens) {
      if (!r.minus.empty() && out_.output.find(r.minus) == nullptr) {
        return Error{ErrorCode::kInvalidArgument, "difference " + r.id + " takes off regimen '" +
                                                      r.minus + "', which is not asked for"};
      }
    }
    for (const program::Output& o : out_.output.outputs) {
      if (o.link.empty()) continue;
      return Error{ErrorCode::kInvalidArgument,
                   model_.name + ": output " + o.name +
                       " has a link, which the client applies after decrypting; its differences "
                       "cannot be taken on ciphertexts: ask for the regimens and compare opened "
                       "curves"};
    }
    return {};
  }

  Status list_shapes() {
    for (const program::Regimen& regimen : out_.output.regimens) {
      const auto own = shape_of(regimen);
      if (!own) return own.error();
      of_regimen_.push_back({*own});
      if (regimen.minus.empty()) continue;
      auto other = shape_of(*out_.output.find(regimen.minus));
      if (!other) return other.error();
      other->factor = -other->factor;
      of_regimen_.back().push_back(*other);
    }
    return {};
  }

  Result<ShapeOfRegimen> shape_of(const program::Regimen& regimen) {
    double factor = 1;
    const auto shape = responses_.shape_of(regimen, factor);
    if (!shape) return shape.error();
    const auto known = std::find_if(fits_.begin(), fits_.end(),
                                    [&](const ShapeFit& f) { return f.shape == *shape; });
    const ShapeOfRegimen out{static_cast<std::size_t>(known - fits_.begin()), factor};
    if (known == fits_.end()) fits_.push_back({*shape, {}, {}});
    return out;
  }

  // Per output: the size by which a regimen's slots are told; of a difference, the larger one.
  std::vector<double> peaks_of(const std::vector<ShapeOfRegimen>& shapes) const {
    std::vector<double> out(basis_.transforms.size(), 0.0);
    for (const auto& [shape, factor] : shapes) {
      for (std::size_t o = 0; o < out.size(); ++o)
        out[o] = std::max(out[o], std::abs(factor) * fits_[shape].peaks[o]);
    }
    return out;
  }

  // Rows `width` of `columns` each, of one regimen: those of its shape, or a difference of two.
  Eigen::MatrixXd combined(const std::vector<ShapeOfRegimen>& shapes, long columns,
                           const std::function<Eigen::MatrixXd(std::size_t)>& rows_of) const {
    if (shapes.size() == 1) return rows_of(shapes[0].shape);
    const long times = static_cast<long>(times_.size());
    const std::vector<double> peaks = peaks_of(shapes);
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(static_cast<long>(peaks.size()) * times, columns);
    for (const auto& [shape, factor] : shapes) {
      const Eigen::MatrixXd rows = rows_of(shape);
      for (std::size_t o = 0; o < peaks.size(); ++o) {
        const long first = static_cast<long>(o) * times;
        out.middleRows(first, times) +=
            factor * fits_[shape].peaks[o] / peaks[o] * rows.middleRows(first, times);
      }
    }
    return out;
  }

  Status fit_shapes() {
    const auto patients = training_patients(model_, basis_.functions.size());
    const auto weights = patient_weights(model_, responses_, patients, options_.threads);
    if (!weights) return weights.error();
    const bool linear =
        basis_.transforms.size() == 1 && basis_.transforms[0] == program::OutputTransform::kLinear;
    const Regression squares(CellDesign(basis_, equations_, patients, options_.threads),
                             linear ? Eigen::VectorXd(*weights / weights->maxCoeff())
                                    : Eigen::VectorXd::Ones(weights->size()),
                             options_.threads);
    double done = 0;
    for (ShapeFit& fit : fits_) {
      Eigen::MatrixXd curves(static_cast<long>(patients.size()),
                             static_cast<long>(basis_.transforms.size() * times_.size()));
      const Status run =
          parallel_for(patients.size(), options_.threads, [&](std::size_t i) -> Status {
            const auto curve = responses_.curve(patients[i], fit.shape, times_);
            if (!curve) return curve.error();
            for (std::size_t t = 0; t < curve->size(); ++t) {
              curves(static_cast<long>(i), static_cast<long>(t)) = (*curve)[t];
            }
            return {};
          });
      if (!run) return run;
      if (Status s = measure_peaks(curves, fit); !s) return s;
      fit.coefficients = squares.solve(transformed(basis_, curves, fit.peaks, 1));
      report("fitting responses", 0.2 + 0.3 * ++done / static_cast<double>(fits_.size()));
    }
    if (wants_modes()) find_modes(squares);
    return {};
  }

  Status measure_peaks(const Eigen::MatrixXd& curves, ShapeFit& fit) const {
    const long times = static_cast<long>(times_.size());
    bool any = false;
    for (std::size_t o = 0; o < basis_.transforms.size(); ++o) {
      const double peak =
          curves.middleCols(static_cast<long>(o) * times, times).cwiseAbs().maxCoeff();
      any = any || peak > 0;
      fit.peaks.push_back(peak > 0 ? peak : 1);  // what stays 0 for everybody
    }
    if (any) return {};
    return Error{ErrorCode::kInvalidArgument,
                 model_.name + ": a regimen gives nothing at any of the times"};
  }

  // Rows of the readout cost a diagonal each once there are more of them than functions, and slots.
  bool wants_modes() const {
    const std::size_t values = out_.output.values();
    if (options_.layout == program::Layout::kCohort) return values > kCohortModes.front();
    return basis_.functions.size() > kFunctionsWithoutModes ? values > kModes.front()
                                                            : values > kValuesWithoutModes;
  }

  // All shapes' coefficients, replaced by what their leading modes give.
  void find_modes(const Regression& squares) {
    const long width = static_cast<long>(basis_.transforms.size() * times_.size());
    Eigen::MatrixXd all(static_cast<long>(basis_.functions.size()),
                        width * static_cast<long>(fits_.size()));
    for (std::size_t s = 0; s < fits_.size(); ++s) {
      all.middleCols(static_cast<long>(s) * width, width) = fits_[s].coefficients;
    }
    const bool cohort = options_.layout == program::Layout::kCohort;
    modes_ = leading_modes(
        squares.responses_like(all), squares.patients(),
        cohort ? std::span<const std::size_t>(kCohortModes) : std::span<const std::size_t>(kModes),
        kModeTolerance);
    mode_coefficients_ = all * modes_;
    const Eigen::MatrixXd kept = mode_coefficients_ * modes_.transpose();
    if (cohort) scale_modes(squares);
    for (std::size_t s = 0; s < fits_.size(); ++s) {
      fits_[s].coefficients = kept.middleCols(static_cast<long>(s) * width, width);
    }
  }

  // A cohort's slots all hold the same mode, whose size is then that of the coefficients: each is
  // brought to 1 over the training patients, and the client's matrix brings it back.
  void scale_modes(const Regression& squares) {
    const double patients = squares.patients();
    const Eigen::MatrixXd sizes = squares.responses_like(mode_coefficients_);
    for (long m = 0; m < modes_.cols(); ++m) {
      const double size = std::max(sizes.col(m).norm() / std::sqrt(patients), kSmallestMode);
      mode_coefficients_.col(m) /= size;
      modes_.col(m) *= size;
    }
  }

  Status lay_out() {
    report("laying out circuits", 0.5);
    const long width = static_cast<long>(basis_.transforms.size() * times_.size());
    Eigen::MatrixXd matrix(0, 0);
    if (modes_.size() > 0) {
      matrix = mode_coefficients_.transpose();
      hand_over_modes(width);
    } else {
      matrix.resize(static_cast<long>(of_regimen_.size()) * width,
                    static_cast<long>(basis_.functions.size()));
    }
    for (std::size_t r = 0; r < of_regimen_.size(); ++r) {
      if (modes_.size() == 0) {
        matrix.middleRows(static_cast<long>(r) * width, width) =
            combined(of_regimen_[r], matrix.cols(), [&](std::size_t shape) -> Eigen::MatrixXd {
              return fits_[shape].coefficients.transpose();
            });
      }
      for (const double peak : peaks_of(of_regimen_[r])) out_.output.peak.push_back(peak);
    }
    out_.layout = options_.layout;
    out_.cells = basis_.cells;
    if (Status s = lay_out_stages(matrix); !s) return s;
    if (Status s = circuit::verify(out_.basis.circuit, out_.basis.constants); !s) return s;
    return circuit::verify(out_.readout.circuit, out_.readout.constants);
  }

  Status lay_out_stages(const Eigen::MatrixXd& matrix) {
    if (options_.layout == program::Layout::kCohort) {
      std::vector<std::string> names;
      for (const program::Input& input : out_.inputs) names.push_back(input.name);
      auto stages = cohort_stages(names, without_amplitudes(basis_, matrix));
      if (!stages) return stages.error();
      out_.basis = std::move(stages->basis);
      out_.readout = std::move(stages->readout);
      return {};
    }
    if (options_.layout == program::Layout::kExpanded) {
      Series series = without_amplitudes(basis_, matrix);
      auto basis =
          expanded_stage(series.functions, basis_.cells, static_cast<std::size_t>(matrix.rows()));
      out_.expansion = std::move(series.functions);
      return with_readout(std::move(basis), series.matrix);
    }
    return with_readout(basis_stage(basis_), matrix);
  }

  Status with_readout(Result<program::Stage> basis, const Eigen::MatrixXd& matrix) {
    if (!basis) return basis.error();
    auto readout = readout_stage(*basis, matrix, modes_.size() > 0);
    if (!readout) return readout.error();
    out_.basis = std::move(*basis);
    out_.readout = std::move(*readout);
    return {};
  }

  Status require_tolerance() const {
    const double reached = out_.certificate.population_p99;
    if (reached <= options_.tolerance) return {};
    char text[240];
    std::snprintf(text, sizeof text,
                  "nothing reaches the tolerance: 99 %% of errors are below %.1e of the peak, %.1e "
                  "was asked; narrow the parameters' boxes (low, high, box_sd), raise max_terms or "
                  "max_degree in [surrogate], or accept it with a larger tolerance",
                  reached, options_.tolerance);
    return Error{ErrorCode::kLimit, model_.name + ": " + text};
  }

  void hand_over_modes(long width) {
    program::Modes& out = out_.output.modes;
    out.rows = out_.output.values();
    out.columns = static_cast<std::size_t>(modes_.cols());
    for (const auto& shapes : of_regimen_) {
      const Eigen::MatrixXd rows =
          combined(shapes, modes_.cols(), [&](std::size_t shape) -> Eigen::MatrixXd {
            return modes_.middleRows(static_cast<long>(shape) * width, width);
          });
      for (long k = 0; k < width; ++k) {
        for (long m = 0; m < modes_.cols(); ++m) out.values.push_back(rows(k, m));
      }
    }
  }

  Status measure() {
    report("certifying", 0.55);
    out_.certificate.seed = options_.seed;
    const HeldOut held_out = held_out_patients(model_, options_.seed);
    const auto progress = [&](double f) { report("certifying", 0.55 + 0.35 * f); };
    if (Status s = certify(basis_, equations_, responses_, fits_, times_, held_out,
                           options_.threads, progress, out_.certificate);
        !s) {
      return s;
    }
    report("bounding noise", 0.92);
    Points points(model_, kNoiseSeed);
    auto patients = points.corners();
    while (patients.size() < kNoisePatients) patients.push_back(points.edge_heavy());
    const auto noise = noise_bound(out_, basis_, equations_, patients, options_.threads);
    if (!noise) return noise.error();
    out_.certificate.noise_bound = *noise;
    return {};
  }

  const model::Model& model_;
  const std::vector<double>& times_;
  const CompileOptions& options_;
  model::Equations equations_;
  Responses responses_;
  Basis basis_;
  std::vector<ShapeFit> fits_;
  std::vector<std::vector<ShapeOfRegimen>> of_regimen_;  // one; of a difference two
  bool compares_ = false;
  Eigen::MatrixXd modes_;              // (shapes x outputs x times) x modes; none: values go out
  Eigen::MatrixXd mode_coefficients_;  // functions x modes
  program::Program out_;
};

}  // namespace

Result<program::Program> compile_curves(const model::Model& model,
                                        const std::vector<program::Regimen>& regimens,
                                        const std::vector<double>& times_h,
                                        const CompileOptions& options) {
  return Compilation(model, regimens, times_h, options).run();
}

}  // namespace salus::compiler
