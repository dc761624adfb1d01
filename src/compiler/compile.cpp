#include "compiler/compile.h"

#include <algorithm>
#include <map>

#include "compiler/certify.h"
#include "compiler/layout.h"
#include "compiler/parallel.h"
#include "compiler/sampling.h"

namespace salus::compiler {
namespace {

constexpr std::uint64_t kNoiseSeed = 0x6e6f697365;
constexpr std::size_t kNoisePatients = 24;

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
    auto choice = choose_basis(model_, equations_, responses_, options_.threads);
    if (!choice) return choice.error();
    basis_ = std::move(choice->basis);
    out_.certificate.transforms = choice->report;
    out_.output.transform = basis_.transform;
    out_.output.linear_in_dose =
        responses_.linear() && basis_.transform != program::OutputTransform::kLog;
    for (const Coordinate& c : basis_.coordinates) out_.inputs.push_back(c.input);
    if (Status s = fit_shapes(); !s) return s.error();
    if (Status s = lay_out(); !s) return s.error();
    if (Status s = measure(); !s) return s.error();
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
    const model::Output& output = model_.outputs.front();
    out_.output.name = output.name;
    out_.output.unit = output.unit;
    out_.output.description = output.description;
    out_.output.dose_unit = model_.dose.unit;
    out_.output.regimens = regimens;
    out_.output.times_h = times_;
    for (const program::Regimen& regimen : regimens) {
      double factor = 1;
      const Shape shape = responses_.shape_of(regimen, factor);
      const auto known = std::find_if(fits_.begin(), fits_.end(),
                                      [&](const ShapeFit& f) { return f.shape == shape; });
      of_regimen_.push_back({static_cast<std::size_t>(known - fits_.begin()), factor});
      if (known == fits_.end()) fits_.push_back({shape, 0, {}});
    }
  }

  Status fit_shapes() {
    const auto patients = training_patients(model_, basis_.functions.size());
    const auto weights = patient_weights(model_, responses_, patients, options_.threads);
    if (!weights) return weights.error();
    const bool linear = basis_.transform == program::OutputTransform::kLinear;
    const LeastSquares squares(design(basis_, equations_, patients, options_.threads),
                               linear ? Eigen::VectorXd(*weights / weights->maxCoeff())
                                      : Eigen::VectorXd::Ones(weights->size()));
    double done = 0;
    for (ShapeFit& fit : fits_) {
      Eigen::MatrixXd curves(static_cast<long>(patients.size()), static_cast<long>(times_.size()));
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
      fit.peak = curves.cwiseAbs().maxCoeff();
      if (!(fit.peak > 0)) {
        return Error{ErrorCode::kInvalidArgument,
                     model_.name + ": a regimen gives nothing at any of the times"};
      }
      const auto transformed = [&](double v) { return forward(basis_.transform, v / fit.peak); };
      fit.coefficients = squares.solve(curves.unaryExpr(transformed));
      report("fitting responses", 0.2 + 0.3 * ++done / static_cast<double>(fits_.size()));
    }
    return {};
  }

  Status lay_out() {
    report("laying out circuits", 0.5);
    Eigen::MatrixXd matrix(static_cast<long>(of_regimen_.size() * times_.size()),
                           static_cast<long>(basis_.functions.size()));
    const long times = static_cast<long>(times_.size());
    for (std::size_t r = 0; r < of_regimen_.size(); ++r) {
      const auto& [shape, factor] = of_regimen_[r];
      matrix.middleRows(static_cast<long>(r) * times, times) =
          fits_[shape].coefficients.transpose();
      out_.output.peak.push_back(factor * fits_[shape].peak);
    }
    auto basis = basis_stage(basis_);
    if (!basis) return basis.error();
    auto readout = readout_stage(*basis, matrix);
    if (!readout) return readout.error();
    out_.basis = std::move(*basis);
    out_.readout = std::move(*readout);
    if (Status s = circuit::verify(out_.basis.circuit, out_.basis.constants); !s) return s;
    return circuit::verify(out_.readout.circuit, out_.readout.constants);
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

  struct ShapeOfRegimen {
    std::size_t shape;
    double factor;
  };

  const model::Model& model_;
  const std::vector<double>& times_;
  const CompileOptions& options_;
  model::Equations equations_;
  Responses responses_;
  Basis basis_;
  std::vector<ShapeFit> fits_;
  std::vector<ShapeOfRegimen> of_regimen_;
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
