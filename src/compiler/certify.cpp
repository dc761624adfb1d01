#include "compiler/certify.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "compiler/cells.h"
#include "compiler/parallel.h"
#include "compiler/sampling.h"
#include "program/slot_bounds.h"

namespace salus::compiler {
namespace {

constexpr std::size_t kPopulation = 4096, kBox = 2048, kCvode = 64;
constexpr double kNoiseMargin = 1.5;

// A curve that stays below this part of what any patient has is measured by that instead of by its
// own peak: a receptor that nothing occupies, a score near 0.
constexpr double kSmallestPeak = 0.02;

// What the errors of output `o` of one patient are measured by.
double unit_of(const ShapeFit& fit, std::size_t o, bool own, std::span<const double> curve) {
  double peak = 0;
  for (const double v : curve) peak = std::max(peak, std::abs(v));
  return own ? std::max(peak, kSmallestPeak * fit.peaks[o]) : fit.peaks[o];
}

// |surrogate - curve| / the curve's own peak, (outputs x times) x patients.
Result<Eigen::MatrixXf> errors_of(const Basis& basis, const Responses& responses,
                                  const ShapeFit& fit, const CellDesign& functions,
                                  const std::vector<std::vector<double>>& patients,
                                  const std::vector<double>& times_h, int threads) {
  const Eigen::MatrixXd slots = functions * fit.coefficients;
  const std::size_t times = times_h.size();
  Eigen::MatrixXf out(slots.cols(), slots.rows());
  const Status done = parallel_for(patients.size(), threads, [&](std::size_t i) -> Status {
    const long row = static_cast<long>(i);
    const auto curve = responses.curve(patients[i], fit.shape, times_h);
    if (!curve) return curve.error();
    for (std::size_t o = 0; o < fit.peaks.size(); ++o) {
      const std::span<const double> exact(curve->data() + o * times, times);
      const double unit = unit_of(fit, o, basis.own_peaks, exact);
      for (std::size_t t = 0; t < times; ++t) {
        const long column = static_cast<long>(o * times + t);
        const double got = fit.peaks[o] * inverse(basis.transforms[o], slots(row, column));
        out(column, row) = static_cast<float>(std::abs(got - exact[t]) / unit);
      }
    }
    return {};
  });
  if (!done) return done.error();
  return out;
}

double quantile(std::vector<float>& values, double p) {
  const auto index = static_cast<std::size_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<long>(index), values.end());
  return static_cast<double>(values[index]);
}

Status check_by_cvode(const Responses& responses, const std::vector<ShapeFit>& fits,
                      const std::vector<double>& times_h, const HeldOut& held_out, int threads,
                      program::Certificate& certificate) {
  // Half from each sample; the box half begins with the corners.
  std::vector<std::vector<double>> patients(held_out.box.begin(),
                                            held_out.box.begin() + kCvode / 2);
  patients.insert(patients.end(), held_out.population.begin(),
                  held_out.population.begin() + kCvode / 2);
  std::vector<double> gaps(patients.size(), 0.0);
  const Status done = parallel_for(patients.size(), threads, [&](std::size_t i) -> Status {
    for (const ShapeFit& fit : fits) {
      const auto fast = responses.curve(patients[i], fit.shape, times_h);
      const auto slow = responses.reference(patients[i], fit.shape, times_h);
      if (!fast || !slow) return fast ? slow.error() : fast.error();
      const std::size_t times = times_h.size();
      for (std::size_t o = 0; o < fit.peaks.size(); ++o) {
        const std::span<const double> exact(slow->data() + o * times, times);
        double gap = 0;
        for (std::size_t t = 0; t < times; ++t) {
          gap = std::max(gap, std::abs(exact[t] - (*fast)[o * times + t]));
        }
        gaps[i] = std::max(gaps[i], gap / unit_of(fit, o, true, exact));
      }
    }
    return {};
  });
  if (!done) return done;
  certificate.cvode_samples = patients.size();
  certificate.cvode_max = *std::max_element(gaps.begin(), gaps.end());
  return {};
}

}  // namespace

HeldOut held_out_patients(const model::Model& model, std::uint64_t seed) {
  Points points(model, seed);
  HeldOut out;
  out.box = points.corners();
  while (out.box.size() < kBox) out.box.push_back(points.box());
  while (out.population.size() < kPopulation) out.population.push_back(points.population());
  return out;
}

Status certify(const Basis& basis, const model::Equations& equations, const Responses& responses,
               const std::vector<ShapeFit>& fits, const std::vector<double>& times_h,
               const HeldOut& held_out, int threads, const std::function<void(double)>& progress,
               program::Certificate& certificate) {
  std::vector<float> population, box;
  const CellDesign at_population(basis, equations, held_out.population, threads);
  const CellDesign at_box(basis, equations, held_out.box, threads);
  double done = 0;
  for (const ShapeFit& fit : fits) {
    const auto p =
        errors_of(basis, responses, fit, at_population, held_out.population, times_h, threads);
    if (!p) return p.error();
    const auto b = errors_of(basis, responses, fit, at_box, held_out.box, times_h, threads);
    if (!b) return b.error();
    population.insert(population.end(), p->data(), p->data() + p->size());
    box.insert(box.end(), b->data(), b->data() + b->size());
    progress(++done / static_cast<double>(fits.size()));
  }
  certificate.population_samples = held_out.population.size();
  certificate.box_samples = held_out.box.size();
  certificate.population_median = quantile(population, 0.5);
  certificate.population_p99 = quantile(population, 0.99);
  certificate.population_p999 = quantile(population, 0.999);
  certificate.population_max = quantile(population, 1);
  certificate.box_p99 = quantile(box, 0.99);
  certificate.box_max = quantile(box, 1);
  return check_by_cvode(responses, fits, times_h, held_out, threads, certificate);
}

namespace {

// d inverse(slot) / d slot, to carry slot noise to the value.
double sensitivity(program::OutputTransform transform, double slot) {
  if (transform == program::OutputTransform::kQuarticRoot) return 4 * std::pow(std::abs(slot), 3);
  if (transform == program::OutputTransform::kLog) return std::exp(slot);
  return 1;
}

// The largest error among all values over their curve's peak, from slots and bounds of their
// errors.
double row_noise(const program::OutputGrid& grid, const circuit::Slots& slots,
                 const circuit::Slots& noise, double smallest_peak) {
  const program::Modes& modes = grid.modes;
  const std::size_t times = grid.times_h.size();
  double worst = 0;
  for (std::size_t r = 0; r < grid.rows(); ++r) {
    const program::OutputTransform transform = grid.output_of(r).transform;
    double peak = smallest_peak, largest = 0;
    for (std::size_t at = r * times; at < (r + 1) * times; ++at) {
      double slot = modes.columns > 0 ? 0 : slots[at], error = modes.columns > 0 ? 0 : noise[at];
      for (std::size_t m = 0; m < modes.columns; ++m) {
        const double factor = modes.values[at * modes.columns + m];
        slot += factor * slots[m];
        error += std::abs(factor) * noise[m];
      }
      peak = std::max(peak, std::abs(inverse(transform, slot)));
      largest = std::max(largest, error * sensitivity(transform, slot));
    }
    worst = std::max(worst, largest / peak);
  }
  return worst;
}

// Values and bounds of their errors, of each output of a stage.
// All patients in one run, one in each slot.
Result<double> cohort_noise(const program::Program& p,
                            const std::vector<std::vector<double>>& patients,
                            double smallest_peak) {
  std::vector<circuit::Slots> inputs(p.inputs.size(),
                                     circuit::Slots(std::bit_ceil(patients.size()), 0.0));
  for (std::size_t i = 0; i < patients.size(); ++i) {
    for (std::size_t k = 0; k < inputs.size(); ++k) inputs[k][i] = patients[i][k];
  }
  const auto result = program::bounded_outputs(p, std::move(inputs));
  if (!result) return result.error();
  double worst = 0;
  for (std::size_t i = 0; i < patients.size(); ++i) {
    circuit::Slots values, noise;
    for (const circuit::Slots& mode : result->values) values.push_back(mode[i]);
    for (const circuit::Slots& mode : result->noise) noise.push_back(mode[i]);
    worst = std::max(worst, row_noise(p.output, values, noise, smallest_peak));
  }
  return worst;
}

}  // namespace

Result<double> noise_bound(const program::Program& program, const Basis& basis,
                           const model::Equations& equations,
                           const std::vector<std::vector<double>>& patients, int threads) {
  const double smallest_peak = basis.own_peaks ? kSmallestPeak : 1;
  std::vector<std::vector<double>> normalised;
  for (const std::vector<double>& patient : patients) {
    normalised.push_back(basis.normalised(equations.prepare(patient)));
  }
  if (program.layout == program::Layout::kCohort) {
    const auto noise = cohort_noise(program, normalised, smallest_peak);
    if (!noise) return noise.error();
    return kNoiseMargin * *noise;
  }
  std::vector<double> worst(patients.size(), 0.0);
  const Status done = parallel_for(patients.size(), threads, [&](std::size_t i) -> Status {
    const auto result =
        program::bounded_outputs(program, program::input_slots(program, normalised[i]));
    if (!result) return result.error();
    worst[i] = row_noise(program.output, result->values[0], result->noise[0], smallest_peak);
    return {};
  });
  if (!done) return done.error();
  return kNoiseMargin * *std::max_element(worst.begin(), worst.end());
}

}  // namespace salus::compiler
