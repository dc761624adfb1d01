#include "compiler/certify.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "circuit/noise.h"
#include "compiler/parallel.h"
#include "compiler/sampling.h"

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
                                  const ShapeFit& fit, const Eigen::MatrixXd& functions,
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
  const Eigen::MatrixXd at_population = design(basis, equations, held_out.population, threads);
  const Eigen::MatrixXd at_box = design(basis, equations, held_out.box, threads);
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

Result<double> noise_of(const program::Program& p, const std::vector<circuit::Slots>& inputs,
                        double smallest_peak) {
  const circuit::NoiseLedger ledger(p.basis.circuit.chain);
  const double scale = p.basis.circuit.nodes[0].scale;
  const double fresh = ledger.fresh(circuit::Encryption::kPublicKey, scale);
  const std::vector<circuit::Slots> input_noise(inputs.size(), circuit::Slots{fresh});

  const auto basis = circuit::interpret(p.basis.circuit, p.basis.constants, inputs);
  if (!basis) return basis.error();
  const auto basis_noise =
      circuit::propagate_noise(p.basis.circuit, p.basis.constants, *basis, input_noise);
  const circuit::ValueId end = p.basis.circuit.outputs[0];
  const auto result = circuit::interpret(p.readout.circuit, p.readout.constants, {(*basis)[end]});
  if (!result) return result.error();
  const auto noise =
      circuit::propagate_noise(p.readout.circuit, p.readout.constants, *result, {basis_noise[end]});

  const circuit::ValueId out = p.readout.circuit.outputs[0];
  return row_noise(p.output, (*result)[out], noise[out], smallest_peak);
}

}  // namespace

Result<double> noise_bound(const program::Program& program, const Basis& basis,
                           const model::Equations& equations,
                           const std::vector<std::vector<double>>& patients, int threads) {
  std::vector<double> worst(patients.size(), 0.0);
  const Status done = parallel_for(patients.size(), threads, [&](std::size_t i) -> Status {
    const std::vector<double> values = equations.prepare(patients[i]);
    std::vector<circuit::Slots> inputs;
    for (const Coordinate& c : basis.coordinates) {
      inputs.push_back({std::clamp(c.normalised(values[c.position]), -1.0, 1.0)});
    }
    const auto noise = noise_of(program, inputs, basis.own_peaks ? kSmallestPeak : 1);
    if (!noise) return noise.error();
    worst[i] = *noise;
    return {};
  });
  if (!done) return done.error();
  return kNoiseMargin * *std::max_element(worst.begin(), worst.end());
}

}  // namespace salus::compiler
