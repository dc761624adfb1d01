// links: salus_kernel
// Differential: every backend returns the reference's words for any residues, and the inverse
// transform undoes the transform. Bytes: ring degree, prime, number of terms, then residues.
#include <cstdint>
#include <cstring>

#include "arith/primes.h"
#include "kernel/kernel_table.h"

namespace {

using namespace salus;
using Vector = std::vector<std::uint64_t>;

constexpr int kLogDegrees[] = {1, 3, 6, 8, 9, 10, 11};
constexpr int kBits[] = {20, 40, 48, 50, 60};

const arith::NttTables& tables(std::size_t degree, std::size_t prime) {
  static const auto kAll = [] {
    std::vector<arith::NttTables> out;
    for (const int bits : kBits) {
      const std::uint64_t q = must(arith::find_primes(bits, 1, arith::Side::kBelow))[0];
      for (const int log_n : kLogDegrees) out.push_back(must(arith::NttTables::create(log_n, q)));
    }
    return out;
  }();
  return kAll[prime % std::size(kBits) * std::size(kLogDegrees) + degree % std::size(kLogDegrees)];
}

/// What every operation of a backend makes of these residues, one after the other.
std::vector<Vector> results(const kernel::KernelTable& kernels, const arith::NttTables& t,
                            const Vector& a, std::size_t terms) {
  const arith::Modulus& q = t.modulus();
  std::vector<Vector> out;
  out.reserve(32);  // the vectors that `next` names stay where they are
  out.push_back(a);
  const auto next = [&]() -> Vector& { return out.emplace_back(a.size()); };
  kernels.ntt_forward(out[0], t);
  const Vector b = out[0];
  kernels.ntt_inverse(out.emplace_back(a), t);
  kernels.ntt_inverse_from(a, next(), t);
  kernels.ntt_forward_from(b, q.value(), a[0], next(), t);
  kernels.add(a, b, next(), q);
  kernels.subtract(a, b, next(), q);
  kernels.negate(a, next(), q);
  kernels.add_scalar(a, b[0], next(), q);
  kernels.multiply(a, b, next(), q);
  kernels.multiply_add(a, b, out.emplace_back(b), q);
  kernels.multiply_scalar(a, arith::Factor(b[0], q), next(), q);
  kernels.multiply_scalar_add(a, arith::Factor(b[0], q), out.emplace_back(b), q);
  kernels.subtract_multiply(a, b, arith::Factor(b[0], q), next(), q);
  const arith::Modulus& other = tables(0, static_cast<std::size_t>(a[0])).modulus();
  const std::vector<kernel::ConstWords> many(terms, a);
  const std::vector<kernel::ConstWords> others(terms, b);
  std::vector<std::uint32_t> source(a.size());
  for (std::size_t i = 0; i < source.size(); ++i)
    source[i] = static_cast<std::uint32_t>(b[i] % a.size());
  kernels.inner_products({many, {}, others, many, next(), next()}, q);
  kernels.inner_products({others, source, many, others, next(), next()}, q);
  Vector weights(terms);
  for (std::size_t j = 0; j < terms; ++j) weights[j] = other.reduce(b[j % b.size()]);
  const kernel::WeightedTarget target{weights, next(), &other};
  kernels.weighted_sums(many, q.value(), {&target, 1});
  kernels.rounded_sum(many, q.value(),
                      std::vector<double>(terms, 1 / static_cast<double>(q.value())), next());
  kernels.permute(a, source, next());
  kernels.permute_multiply_add(a, source, arith::Factor(b[0], q), out.emplace_back(b), q);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const arith::NttTables& t = tables(data[0], data[1]);
  const std::size_t terms = data[2] % (kernel::kMaxTerms + 1);
  Vector a(t.ring_degree());
  std::memcpy(a.data(), data + 3, std::min(size - 3, a.size() * 8));
  for (std::uint64_t& x : a) x = t.modulus().reduce(x);

  const std::vector<Vector> expected = results(kernel::reference(), t, a, terms);
  for (const kernel::KernelTable* kernels : kernel::available()) {
    check(results(*kernels, t, a, terms) == expected, "the backend returns the reference's words");
    Vector back = expected[0];
    kernels->ntt_inverse(back, t);
    check(back == a, "the inverse undoes the transform");
  }
  return 0;
}
