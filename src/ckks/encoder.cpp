#include "ckks/encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include "base/parallel.h"

namespace salus::ckks {
namespace {

// exp(2 pi i k / count) for k < used, count a power of two: from half angles, by square roots and
// products only (the mathematical library's sine differs between platforms).
std::vector<Complex> roots_of_unity(std::size_t count, std::size_t used) {
  std::vector<Complex> half_angles;  // exp(2 pi i / 2^b), b = 1, 2, ...
  Complex z(-1, 0);
  for (std::size_t order = 2; order <= count; order *= 2) {
    half_angles.push_back(z);
    const double cosine = std::sqrt((1 + z.real()) / 2);
    z = order == 2 ? Complex(0, 1) : Complex(cosine, z.imag() / (2 * cosine));
  }
  std::vector<Complex> roots(used, Complex(1, 0));
  for (std::size_t k = 1; k < used; ++k) {
    const std::size_t low =
        k & (~k + 1);  // lowest set bit: the order of that factor is count / low
    const std::size_t order_bits = static_cast<std::size_t>(std::bit_width(count / low)) - 1;
    const Complex& factor = half_angles[order_bits - 1];
    const Complex& rest = roots[k ^ low];
    roots[k] = Complex(rest.real() * factor.real() - rest.imag() * factor.imag(),
                       rest.real() * factor.imag() + rest.imag() * factor.real());
  }
  return roots;
}

Complex multiply(const Complex& a, const Complex& b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// The coefficients of a polynomial in NTT form as numbers in (-Q/2, Q/2], Q the product of the
// given primes: mixed-radix digits (Garner), highest first.
class Composer {
 public:
  explicit Composer(ring::BasisView basis) : basis_(basis), digits_(basis.size()) {
    for (std::size_t i = 0; i < basis.size(); ++i) {
      const arith::Modulus& q = basis[i]->modulus();
      std::vector<arith::Factor> row;
      for (std::size_t j = 0; j < i; ++j) {
        row.emplace_back(q.inverse(q.reduce(basis[j]->modulus().value())), q);
      }
      inverses_.push_back(std::move(row));
    }
  }

  std::vector<double> compose(const ring::Poly& poly) {
    ring::Poly limbs =
        ring::Poly::uninitialized(poly.ring_degree(), basis_.size(), ring::Form::kNtt);
    for (std::size_t j = 0; j < basis_.size(); ++j)
      std::ranges::copy(poly.limb(j), limbs.limb(j).begin());
    ring::to_coefficients(limbs, basis_);
    std::vector<double> numbers(poly.ring_degree());
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = compose(limbs, i);
    return numbers;
  }

  /// Whether all numbers fitted into half the product of all primes but the last: their last digit
  /// was 0 or, for negative ones, the largest.
  bool last_was_idle() const { return last_was_idle_; }

 private:
  double compose(const ring::Poly& limbs, std::size_t coefficient) {
    for (std::size_t i = 0; i < basis_.size(); ++i) {
      const arith::Modulus& q = basis_[i]->modulus();
      std::uint64_t digit = limbs.limb(i)[coefficient];
      for (std::size_t j = 0; j < i; ++j) {
        digit =
            arith::multiply(q.subtract(digit, q.reduce(digits_[j])), inverses_[i][j], q.value());
      }
      digits_[i] = digit;
    }
    const std::uint64_t top = basis_.back()->modulus().value();
    const bool negative = digits_.back() > top / 2;
    last_was_idle_ = last_was_idle_ && digits_.back() == (negative ? top - 1 : 0);
    long double value = 0;
    for (std::size_t i = basis_.size(); i-- > 0;) {
      const std::uint64_t q = basis_[i]->modulus().value();
      value = value * static_cast<long double>(q) +
              static_cast<long double>(negative ? q - 1 - digits_[i] : digits_[i]);
    }
    return static_cast<double>(negative ? -(value + 1) : value);
  }

  ring::BasisView basis_;
  std::vector<std::vector<arith::Factor>> inverses_;
  std::vector<std::uint64_t> digits_;
  bool last_was_idle_ = true;
};

// Messages stay far below q_0 q_1: a third limb tells whether this one does, and the others follow.
constexpr std::size_t kEnoughLimbs = 3;

std::vector<double> numbers_of(const ring::Poly& poly, ring::BasisView basis) {
  if (basis.size() > kEnoughLimbs) {
    Composer few(basis.first(kEnoughLimbs));
    std::vector<double> numbers = few.compose(poly);
    if (few.last_was_idle()) return numbers;
  }
  return Composer(basis).compose(poly);
}

std::vector<std::uint32_t> bit_reversal(std::size_t count) {
  std::vector<std::uint32_t> out(count);
  const int bits = static_cast<int>(std::bit_width(count)) - 1;
  for (std::uint32_t i = 0; i < count; ++i) out[i] = arith::reverse_bits(i, bits);
  return out;
}

}  // namespace

std::uint64_t residue_of(double x, const arith::Modulus& q) {
  const double rounded = std::nearbyint(x);
  int exponent = 0;
  std::int64_t mantissa;
  if (std::abs(rounded) < 0x1p62) {
    mantissa = static_cast<std::int64_t>(rounded);
  } else {
    mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(rounded, &exponent), 53));
    exponent -= 53;
  }
  const std::int64_t sign = mantissa >> 63;
  const auto magnitude = static_cast<std::uint64_t>((mantissa ^ sign) - sign);
  std::uint64_t residue = q.reduce(magnitude);
  if (exponent > 0) residue = q.multiply(residue, q.power(2, static_cast<std::uint64_t>(exponent)));
  const std::uint64_t negated = q.value() - residue;
  const auto mask = static_cast<std::uint64_t>(sign);
  residue = (residue & ~mask) | (negated & mask);
  return q.reduce(residue);
}

namespace {

// The polynomial with these coefficients, rounded, in NTT form; |coefficients| <= largest. Numbers
// below 2^62 are split into words of 31 bits, c + 2^62 = y_1 2^31 + y_0, and converted for several
// primes at once.
ring::Poly rounded_poly(std::span<const double> coefficients, double largest,
                        ring::BasisView basis) {
  constexpr int kBits = 31;
  const std::size_t n = coefficients.size();
  ring::Poly poly = ring::Poly::uninitialized(n, basis.size(), ring::Form::kCoefficient);
  if (!(largest < 0x1p61)) {
    parallel_for(basis.size(), [&](std::size_t j) {
      const kernel::Words limb = poly.limb(j);
      for (std::size_t i = 0; i < n; ++i)
        limb[i] = residue_of(coefficients[i], basis[j]->modulus());
    });
    ring::to_ntt(poly, basis);
    return poly;
  }
  if (largest < 0x1p48) {
    // Numbers that every kernel's transform reduces on the way.
    constexpr std::uint64_t kShift = std::uint64_t{1} << 48;
    ring::Poly shifted = ring::Poly::uninitialized(n, 1, ring::Form::kCoefficient);
    for (std::size_t i = 0; i < n; ++i) {
      shifted.limb(0)[i] =
          static_cast<std::uint64_t>(std::llrint(coefficients[i]) + static_cast<long long>(kShift));
    }
    parallel_for(basis.size(), [&](std::size_t j) {
      kernel::active().ntt_forward_from(shifted.limb(0), 2 * kShift + 1, kShift, poly.limb(j),
                                        *basis[j]);
    });
    poly.set_form(ring::Form::kNtt);
    return poly;
  }
  ring::Poly halves = ring::Poly::uninitialized(n, 2, ring::Form::kCoefficient);
  for (std::size_t i = 0; i < n; ++i) {
    const auto c = static_cast<std::uint64_t>(std::llrint(coefficients[i]) + (1LL << 62));
    halves.limb(0)[i] = c & ((std::uint64_t{1} << kBits) - 1);
    halves.limb(1)[i] = c >> kBits;
  }
  const std::vector<kernel::ConstWords> words = {halves.limb(0), halves.limb(1)};
  const ring::Blocks blocks(basis.size());
  parallel_for(blocks.count(), [&](std::size_t block) {
    std::vector<std::array<std::uint64_t, 2>> weights;
    std::vector<kernel::WeightedTarget> targets;
    for (std::size_t j = blocks.begin(block); j < blocks.begin(block + 1); ++j) {
      const arith::Modulus& q = basis[j]->modulus();
      weights.push_back({1, q.reduce(std::uint64_t{1} << kBits)});
    }
    for (std::size_t j = blocks.begin(block); j < blocks.begin(block + 1); ++j)
      targets.push_back({weights[j - blocks.begin(block)], poly.limb(j), &basis[j]->modulus()});
    kernel::active().weighted_sums(words, std::uint64_t{1} << (kBits + 1), targets);
    for (std::size_t j = blocks.begin(block); j < blocks.begin(block + 1); ++j) {
      const arith::Modulus& q = basis[j]->modulus();
      const std::uint64_t shift = q.negate(q.reduce(std::uint64_t{1} << (2 * kBits)));
      kernel::active().add_scalar(poly.limb(j), shift, poly.limb(j), q);
      kernel::active().ntt_forward(poly.limb(j), *basis[j]);
    }
  });
  poly.set_form(ring::Form::kNtt);
  return poly;
}

}  // namespace

Encoder::Encoder(ParametersPtr params) : params_(std::move(params)) {
  const std::size_t n = params_->slot_count();
  const std::size_t two_n = 4 * n;  // 2N
  // Layer by layer, so that each reads its roots in order: layer of `half` from index `half` on.
  const std::vector<Complex> roots = roots_of_unity(n, n / 2);
  roots_.resize(n);
  for (std::size_t half = 1; half < n; half *= 2) {
    for (std::size_t j = 0; j < half; ++j) roots_[half + j] = roots[j * (n / (2 * half))];
  }
  twist_ = roots_of_unity(two_n, n);
  reversed_ = bit_reversal(n);
  std::size_t exponent = 1;
  for (std::size_t i = 0; i < n; ++i) {
    const bool conjugate = exponent % 4 == 3;
    const std::size_t e = conjugate ? two_n - exponent : exponent;
    position_.push_back(static_cast<std::uint32_t>((e - 1) / 4));
    conjugated_.push_back(conjugate);
    exponent = exponent * 3 % two_n;
  }
}

namespace {

// One layer's butterflies on a block, real and imaginary parts apart so that compilers take several
// at once. sign -1 takes the conjugate roots.
void butterflies(double* re, double* im, std::size_t half, const Complex* roots, double sign) {
  double* const low_re = re;
  double* const low_im = im;
  double* const high_re = re + half;
  double* const high_im = im + half;
  for (std::size_t j = 0; j < half; ++j) {
    const double w_re = roots[j].real();
    const double w_im = roots[j].imag() * sign;
    const double v_re = high_re[j] * w_re - high_im[j] * w_im;
    const double v_im = high_re[j] * w_im + high_im[j] * w_re;
    high_re[j] = low_re[j] - v_re;
    high_im[j] = low_im[j] - v_im;
    low_re[j] += v_re;
    low_im[j] += v_im;
  }
}

}  // namespace

// A_k = sum_j a_j w^(jk), w = exp(+-2 pi i / n); not normalised.
void Encoder::transform(std::vector<Complex>& values, bool inverse) const {
  const std::size_t n = values.size();
  std::vector<double> re(n);
  std::vector<double> im(n);
  for (std::size_t i = 0; i < n; ++i) {
    re[i] = values[reversed_[i]].real();
    im[i] = values[reversed_[i]].imag();
  }
  for (std::size_t half = 1; half < n; half *= 2) {
    for (std::size_t start = 0; start < n; start += 2 * half)
      butterflies(&re[start], &im[start], half, &roots_[half], inverse ? -1 : 1);
  }
  for (std::size_t i = 0; i < n; ++i) values[i] = {re[i], im[i]};
}

Result<ring::Poly> Encoder::polynomial(std::vector<Complex> slots, int level, double scale,
                                       Basis basis) const {
  const std::size_t n = params_->slot_count();
  if (level < 0 || level > params_->max_level()) {
    return Error{ErrorCode::kInvalidArgument, "encode: level " + std::to_string(level) +
                                                  " is outside the chain 0 .. " +
                                                  std::to_string(params_->max_level())};
  }
  if (!(scale > 0) || !std::isfinite(scale)) {
    return Error{ErrorCode::kInvalidArgument, "encode: the scale is not a positive number"};
  }
  // Before the transform, which would spread a NaN over all coefficients, where no comparison sees
  // it.
  if (!std::all_of(slots.begin(), slots.end(), [](const Complex& z) {
        return std::isfinite(z.real()) && std::isfinite(z.imag());
      })) {
    return Error{ErrorCode::kInvalidArgument, "encode: a value is not a finite number"};
  }
  std::vector<Complex> points(n);
  for (std::size_t i = 0; i < n; ++i) {
    points[position_[i]] = conjugated_[i] ? std::conj(slots[i]) : slots[i];
  }
  transform(points, true);

  const double factor = scale / static_cast<double>(n);
  std::vector<double> coefficients(2 * n);
  double largest = 0;
  bool finite = true;
  for (std::size_t j = 0; j < n; ++j) {
    const Complex c = multiply(points[j], std::conj(twist_[j]));
    coefficients[j] = c.real() * factor;
    coefficients[j + n] = c.imag() * factor;
    finite = finite && std::isfinite(coefficients[j]) && std::isfinite(coefficients[j + n]);
    largest = std::max({largest, std::abs(coefficients[j]), std::abs(coefficients[j + n])});
  }
  if (!finite || (largest > 0 && std::log2(largest) >= params_->log_q(level) - 1)) {
    return Error{ErrorCode::kLevelExhausted,
                 "encode: values at scale 2^" + std::to_string(std::log2(scale)) +
                     " do not fit the modulus of " + std::to_string(params_->log_q(level)) +
                     " bits at level " + std::to_string(level)};
  }
  return rounded_poly(
      coefficients, largest,
      basis == Basis::kChain ? params_->basis(level) : params_->extended_basis(level));
}

Result<std::vector<Complex>> Encoder::padded(std::span<const Complex> values) const {
  if (values.size() > params_->slot_count()) {
    return Error{ErrorCode::kInvalidArgument, "encode: " + std::to_string(values.size()) +
                                                  " values do not fit " +
                                                  std::to_string(params_->slot_count()) + " slots"};
  }
  std::vector<Complex> slots(params_->slot_count());
  std::copy(values.begin(), values.end(), slots.begin());
  return slots;
}

Result<Plaintext> Encoder::encode(std::span<const Complex> values, int level, double scale) const {
  Result<std::vector<Complex>> slots = padded(values);
  if (!slots) return slots.error();
  Result<ring::Poly> poly = polynomial(std::move(*slots), level, scale, Basis::kChain);
  if (!poly) return poly.error();
  return Plaintext{params_, level, scale, std::move(*poly)};
}

Result<Plaintext> Encoder::encode(std::span<const double> values, int level, double scale) const {
  const std::vector<Complex> widened(values.begin(), values.end());
  return encode(std::span<const Complex>(widened), level, scale);
}

Result<ExtendedPlaintext> Encoder::encode_extended(std::span<const double> values, int level,
                                                   double scale) const {
  Result<std::vector<Complex>> slots = padded(std::vector<Complex>(values.begin(), values.end()));
  if (!slots) return slots.error();
  Result<ring::Poly> poly = polynomial(std::move(*slots), level, scale, Basis::kExtended);
  if (!poly) return poly.error();
  return ExtendedPlaintext{params_, level, scale, std::move(*poly)};
}

Result<Plaintext> Encoder::encode_repeated(std::span<const double> values, int level,
                                           double scale) const {
  if (values.empty() || !std::has_single_bit(values.size()) ||
      values.size() > params_->slot_count()) {
    return Error{ErrorCode::kInvalidArgument, "encode: " + std::to_string(values.size()) +
                                                  " values cannot be repeated evenly over " +
                                                  std::to_string(params_->slot_count()) + " slots"};
  }
  std::vector<Complex> slots(params_->slot_count());
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = values[i % values.size()];
  Result<ring::Poly> poly = polynomial(std::move(slots), level, scale, Basis::kChain);
  if (!poly) return poly.error();
  return Plaintext{params_, level, scale, std::move(*poly)};
}

std::vector<Complex> Encoder::decode(const Plaintext& plain) const {
  check(same_parameters(plain.params, params_), "plaintext of other parameters");
  const std::size_t n = params_->slot_count();
  const std::vector<double> numbers = numbers_of(plain.poly, params_->basis(plain.level));
  std::vector<Complex> points(n);
  for (std::size_t j = 0; j < n; ++j) {
    points[j] = multiply(Complex(numbers[j], numbers[j + n]) / plain.scale, twist_[j]);
  }
  transform(points, false);
  std::vector<Complex> slots(n);
  for (std::size_t i = 0; i < n; ++i) {
    const Complex& value = points[position_[i]];
    slots[i] = conjugated_[i] ? std::conj(value) : value;
  }
  return slots;
}

std::vector<double> Encoder::decode_real(const Plaintext& plain) const {
  const std::vector<Complex> slots = decode(plain);
  std::vector<double> out(slots.size());
  std::transform(slots.begin(), slots.end(), out.begin(),
                 [](const Complex& z) { return z.real(); });
  return out;
}

}  // namespace salus::ckks
