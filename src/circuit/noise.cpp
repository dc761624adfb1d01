#include "circuit/noise.h"

#include <algorithm>
#include <cmath>

namespace salus::circuit {
namespace {
constexpr double kTail = 10.6;
constexpr double kProductTail = 29.0;
constexpr double kTripleTail = 170;
constexpr double kSigma = 3.24;
constexpr double kPi = 3.14159265358979324;
constexpr double kSecretVariance = 2.0 / 3;
}  // namespace

NoiseLedger::NoiseLedger(const Chain& chain)
    : chain_(chain),
      degree_(std::ldexp(1.0, chain.log_n)),
      rounding_((1 + degree_ * kSecretVariance) / 12) {}

double NoiseLedger::slots(double variance, double scale) const {
  return kTail * std::sqrt(degree_ * variance) / scale;
}

double NoiseLedger::slots_of_products(double variance, double scale) const {
  return kProductTail * std::sqrt(degree_ * variance) / scale;
}

double NoiseLedger::fresh(Encryption encryption, double scale) const {
  const double error = kSigma * kSigma;
  const double alone = slots(error + 1.0 / 12, scale);
  if (encryption == Encryption::kSecretKey) return alone;
  return alone + slots_of_products(error * 2 * degree_ * kSecretVariance, scale);
}

double NoiseLedger::encoding(double scale) const { return slots(1.0 / 12, scale); }

// Variance of sum d_j e_j / P, where the e_j have variance 1.
double NoiseLedger::digits(int level) const {
  if (chain_.p.empty()) return 0;
  double special = 1;
  for (const std::uint64_t p : chain_.p) special *= static_cast<double>(p);
  const std::size_t primes = static_cast<std::size_t>(level) + 1;
  const std::size_t digits = static_cast<std::size_t>(chain_.dnum);
  const std::size_t alpha = (chain_.q.size() + digits - 1) / digits;
  double variance = 0;
  for (std::size_t begin = 0; begin < primes; begin += alpha) {
    double digit = 1;
    for (std::size_t i = begin; i < std::min(begin + alpha, primes); ++i) {
      digit *= static_cast<double>(chain_.q[i]);
    }
    // Microsoft SEAL's gadget lifts digits to [0, q_j): their mean of q_j / 2 in every coefficient
    // is q_j N / pi in slot 0, far above the square root of N that centred digits give.
    const bool centred = alpha > 1 || chain_.p.size() > 1;
    const double spread = centred ? degree_ / 12 : (degree_ / kPi) * (degree_ / kPi) + degree_ / 3;
    variance += spread * (digit / special) * (digit / special);
  }
  return variance;
}

double NoiseLedger::key_switch(int level, double scale) const {
  return slots_of_products(rounding_ + digits(level) * kSigma * kSigma, scale);
}

double NoiseLedger::reencrypt(int level, double scale, bool spare) const {
  const double error = kSigma * kSigma * (2 * degree_ * kSecretVariance + 1);
  double switching = std::sqrt(degree_ * digits(spare ? level + 1 : level) * error);
  if (spare) switching /= static_cast<double>(chain_.q[static_cast<std::size_t>(level) + 1]);
  return slots_of_products(rounding_, scale) + kTripleTail * switching / scale;
}

double NoiseLedger::rescale(double scale) const { return slots_of_products(rounding_, scale); }

double NoiseLedger::rescale_unrelinearized(double scale) const {
  // A slot of s^2 is the square of one of s, whose variance is N kSecretVariance.
  const double square = degree_ * kSecretVariance;
  return rescale(scale) + kTripleTail * std::sqrt(degree_ / 12) * square / scale;
}

namespace {

class Propagation {
 public:
  Propagation(const Circuit& circuit, const ConstantTable& constants,
              const std::vector<Slots>& values)
      : circuit_(circuit),
        constants_(constants),
        values_(values),
        parts_(parts_of(circuit)),
        ledger_(circuit.chain) {}

  std::vector<Slots> run(const std::vector<Slots>& input_noise) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < circuit_.nodes.size(); ++i) {
      const Node& node = circuit_.nodes[i];
      if (node.op == Op::kInput) {
        check(next < input_noise.size() && !input_noise[next].empty(), "noise of every input");
        Slots spread(circuit_.chain.slot_count());
        for (std::size_t s = 0; s < spread.size(); ++s) {
          spread[s] = input_noise[next][s % input_noise[next].size()];
        }
        ++next;
        noise_.push_back(std::move(spread));
      } else {
        noise_.push_back(node.op == Op::kLinear        ? linear(node)
                         : node.op == Op::kWeightedSum ? weighted_sum(node)
                                                       : slotwise(node));
      }
    }
    return std::move(noise_);
  }

 private:
  // The part that is the same in every slot.
  double added(const Node& node, const Node& x) const {
    switch (node.op) {
      case Op::kMultiply:
      case Op::kRelinearize:
      case Op::kRotate:
      case Op::kConjugate: return ledger_.key_switch(node.level, node.scale);
      case Op::kRescale:
        return parts_[node.operands[0]] == 3 ? ledger_.rescale_unrelinearized(node.scale)
                                             : ledger_.rescale(node.scale);
      case Op::kAddPlain: return ledger_.encoding(node.scale);
      case Op::kMultiplyPlain: return ledger_.encoding(node.scale / x.scale);
      default: return 0;
    }
  }

  Slots slotwise(const Node& node) {
    const ValueId a = node.operands[0], b = node.operands.back();
    const double extra = added(node, circuit_.nodes[a]);
    Slots out = noise_[a];
    if (node.op == Op::kRotate) {
      const long count = static_cast<long>(out.size());
      std::rotate(out.begin(), out.begin() + ((node.steps % count) + count) % count, out.end());
    }
    const Constant* c =
        node.op == Op::kMultiplyPlain ? &constants_.find(node.constant)->second : nullptr;
    const bool sum = node.op == Op::kAdd || node.op == Op::kSubtract;
    for (std::size_t s = 0; s < out.size(); ++s) {
      if (node.op == Op::kMultiply || node.op == Op::kMultiplyUnrelinearized) {
        const double ea = noise_[a][s], eb = noise_[b][s];
        out[s] = std::abs(values_[a][s]) * eb + std::abs(values_[b][s]) * ea + ea * eb + extra;
      } else if (c != nullptr) {
        const double size = std::abs(values_[a][s]) + noise_[a][s];
        out[s] = std::abs(c->values[s % c->columns]) * noise_[a][s] + size * extra;
      } else {
        out[s] += (sum ? noise_[b][s] : 0) + extra;
      }
    }
    return out;
  }

  // A weight is off by half an integer at its scale.
  Slots weighted_sum(const Node& node) {
    const Constant& weights = constants_.find(node.constant)->second;
    const double* row =
        weights.values.data() + static_cast<std::size_t>(node.row) * weights.columns;
    Slots out(circuit_.chain.slot_count(), 0.0);
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      const Slots& x = values_[node.operands[k]];
      const Slots& e = noise_[node.operands[k]];
      const double rounding = circuit_.nodes[node.operands[k]].scale / (2 * node.scale);
      for (std::size_t s = 0; s < out.size(); ++s) {
        out[s] += std::abs(row[k]) * e[s] + (std::abs(x[s]) + e[s]) * rounding;
      }
    }
    return out;
  }

  // Baby rotations add key-switching noise before the matrix, giant and fold rotations after it;
  // every diagonal's encoding is rounded.
  Slots linear(const Node& node) {
    const ValueId x = node.operands[0];
    const Constant& matrix = constants_.find(node.constant)->second;
    const LinearShape shape = linear_shape(node, matrix, values_[x].size());
    const double baby = ledger_.key_switch(node.level, circuit_.nodes[x].scale);
    const std::size_t giants = shape.fold * (shape.diagonals / shape.baby);
    const double after = static_cast<double>(giants) * ledger_.key_switch(node.level, node.scale);
    const double rounding = ledger_.encoding(node.scale / circuit_.nodes[x].scale);

    // Values repeat with a period that divides the columns, the bounds on their errors need not:
    // a column is read from any slot that holds it.
    std::vector<double> each(shape.columns, 0.0);
    for (std::size_t s = 0; s < noise_[x].size(); ++s) {
      double& column = each[s % shape.columns];
      column = std::max(column, noise_[x][s] + baby);
    }
    double rounded = 0;
    for (std::size_t m = 0; m < shape.columns; ++m) {
      rounded += (std::abs(values_[x][m]) + each[m]) * rounding;
    }
    Slots out(values_[x].size(), 0.0);
    for (std::size_t r = 0; r < matrix.rows; ++r) {
      double sum = after + rounded;
      for (std::size_t m = 0; m < matrix.columns; ++m) {
        sum += std::abs(matrix.values[r * matrix.columns + m]) * each[m];
      }
      out[r] = sum;
    }
    return out;
  }

  const Circuit& circuit_;
  const ConstantTable& constants_;
  const std::vector<Slots>& values_;
  std::vector<int> parts_;
  NoiseLedger ledger_;
  std::vector<Slots> noise_;
};

}  // namespace

std::vector<Slots> propagate_noise(const Circuit& circuit, const ConstantTable& constants,
                                   const std::vector<Slots>& values,
                                   const std::vector<Slots>& input_noise) {
  check(values.size() == circuit.nodes.size(), "noise needs the values of this circuit");
  return Propagation(circuit, constants, values).run(input_noise);
}

}  // namespace salus::circuit
