// Goal:   every backend computes what kernel_table.h defines.
// Method: naive loops with 128-bit remainders; the transform against evaluation at the roots.

#include "kernel/kernel_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "arith/primes.h"
#include "base/testing/test_random.h"

namespace salus::kernel {
namespace {

using arith::Modulus;
using arith::NttTables;
using arith::uint128;

constexpr std::uint64_t kSeed = 31;
constexpr std::size_t kCounts[] = {1, 2, 7, 64, 65, 200};

std::uint64_t mod(uint128 x, std::uint64_t q) { return static_cast<std::uint64_t>(x % q); }

/// One small prime and the largest ones that the engine uses.
std::vector<std::uint64_t> primes() {
  std::vector<std::uint64_t> out = {786433};
  for (const int bits : {30, 45, 48, 49, 50, 60}) {
    out.push_back(must(arith::find_primes(bits, 1, arith::Side::kBelow))[0]);
  }
  return out;
}

class KernelTest : public ::testing::TestWithParam<const KernelTable*> {
 protected:
  const KernelTable& kernels() const { return *GetParam(); }
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(kSeed)};
  test::TestRandom random_{kSeed};

  /// Calls body(q, a, b, out) for each modulus and length; edges are among the values.
  template <class Body>
  void for_all(const Body& body) {
    for (const std::uint64_t prime : primes()) {
      for (const std::size_t count : kCounts) {
        std::vector<std::uint64_t> a = random_.residues(count, prime);
        std::vector<std::uint64_t> b = random_.residues(count, prime);
        a[0] = b[0] = prime - 1;
        a[count - 1] = 0;
        std::vector<std::uint64_t> out(count, ~std::uint64_t{0});
        body(must(Modulus::create(prime)), a, b, out);
      }
    }
  }
};

using Vector = std::vector<std::uint64_t>;

TEST_P(KernelTest, SumsDifferencesAndNegationsAreExact) {
  for_all([&](const Modulus& q, const Vector& a, const Vector& b, Vector& out) {
    const std::uint64_t p = q.value();
    kernels().add(a, b, out, q);
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(out[i], mod(uint128{a[i]} + b[i], p));
    kernels().subtract(a, b, out, q);
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(out[i], mod(uint128{a[i]} + p - b[i], p));
    kernels().negate(a, out, q);
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(out[i], mod(uint128{p} - a[i], p));
    kernels().add_scalar(a, b[0], out, q);
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(out[i], mod(uint128{a[i]} + b[0], p));
  });
}

TEST_P(KernelTest, ProductsAreExact) {
  for_all([&](const Modulus& q, const Vector& a, const Vector& b, Vector& out) {
    const std::uint64_t p = q.value();
    kernels().multiply(a, b, out, q);
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(out[i], mod(uint128{a[i]} * b[i], p));
    Vector sum = b;
    kernels().multiply_scalar_add(a, arith::Factor(b[0], q), sum, q);
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_EQ(sum[i], mod(uint128{a[i]} * b[0] + b[i], p));
    sum = b;
    kernels().multiply_add(a, b, sum, q);
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_EQ(sum[i], mod(uint128{a[i]} * b[i] + b[i], p));
    kernels().multiply_scalar(a, arith::Factor(b[0], q), out, q);
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(out[i], mod(uint128{a[i]} * b[0], p));
    kernels().subtract_multiply(a, b, arith::Factor(b[0], q), out, q);
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_EQ(out[i], mod(uint128{mod(uint128{a[i]} + p - b[i], p)} * b[0], p));
  });
}

TEST_P(KernelTest, TheOutputMayBeAnInput) {
  for_all([&](const Modulus& q, const Vector& a, const Vector& b, Vector& out) {
    for (const auto operation : {kernels().add, kernels().subtract, kernels().multiply}) {
      operation(a, b, out, q);
      Vector first = a;
      operation(first, b, first, q);
      ASSERT_EQ(first, out);
      Vector second = b;
      operation(a, second, second, q);
      ASSERT_EQ(second, out);
    }
    kernels().negate(a, out, q);
    Vector same = a;
    kernels().negate(same, same, q);
    ASSERT_EQ(same, out);
  });
}

TEST_P(KernelTest, PermutedMultiplesAreAdded) {
  for (const std::uint64_t prime : primes()) {
    const Modulus q = must(Modulus::create(prime));
    for (const std::size_t count : {1u, 100u, 1024u}) {
      const Vector a = random_.residues(count, prime);
      const Vector before = random_.residues(count, prime);
      const arith::Factor w(random_.below(prime), q);
      std::vector<std::uint32_t> source(count);
      for (std::uint32_t& s : source) s = static_cast<std::uint32_t>(random_.below(count));
      Vector sum = before;
      kernels().permute_multiply_add(a, source, w, sum, q);
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(sum[i], q.add(before[i], q.multiply(a[source[i]], w.value)));
    }
  }
}

TEST_P(KernelTest, InnerProductsSumUpToTheTermLimit) {
  constexpr std::size_t kLength = 256;
  std::vector<std::uint32_t> backwards(kLength);
  for (std::uint32_t i = 0; i < kLength; ++i) backwards[i] = kLength - 1 - i;
  for (const std::uint64_t prime : primes()) {
    for (const std::size_t terms : {std::size_t{0}, std::size_t{1}, std::size_t{3}, kMaxTerms}) {
      std::vector<Vector> a(terms, Vector(kLength, prime - 1));
      std::vector<Vector> b = a;
      for (std::size_t j = 1; j < terms; ++j) a[j] = random_.residues(kLength, prime);
      Vector ab(kLength, 7);
      Vector aa(kLength, 7);
      const std::vector<ConstWords> x(a.begin(), a.end());
      const std::vector<ConstWords> y(b.begin(), b.end());
      for (const std::span<const std::uint32_t> source :
           {std::span<const std::uint32_t>(), std::span<const std::uint32_t>(backwards)}) {
        kernels().inner_products({x, source, y, x, ab, aa}, must(Modulus::create(prime)));
        for (std::size_t i = 0; i < kLength; ++i) {
          const std::size_t s = source.empty() ? i : source[i];
          std::uint64_t sum = 0;
          std::uint64_t other = 0;
          for (std::size_t j = 0; j < terms; ++j) {
            sum = mod(uint128{a[j][s]} * b[j][i] + sum, prime);
            other = mod(uint128{a[j][s]} * a[j][i] + other, prime);
          }
          ASSERT_EQ(ab[i], sum) << terms << " terms";
          ASSERT_EQ(aa[i], other) << terms << " terms";
        }
      }
    }
  }
}

TEST_P(KernelTest, AWeightedSumTakesResiduesOfAnyModulus) {
  constexpr std::size_t kLength = 256;
  for (const std::uint64_t prime : primes()) {
    for (const std::uint64_t largest : {(std::uint64_t{1} << 61) - 1, arith::kFloatingLimit - 1}) {
      for (const std::size_t terms : {std::size_t{2}, std::size_t{8}, std::size_t{17}, kMaxTerms}) {
        std::vector<Vector> a(terms, Vector(kLength, largest));
        for (std::size_t j = 8; j < terms; ++j) a[j] = random_.residues(kLength, largest);
        Vector w(terms, prime / 2);
        for (std::size_t j = 8; j < terms; ++j) w[j] = random_.below(prime);
        Vector out(kLength);
        const Modulus q = must(Modulus::create(prime));
        const WeightedTarget target{w, out, &q};
        kernels().weighted_sums(std::vector<ConstWords>(a.begin(), a.end()), largest + 1,
                                {&target, 1});
        for (std::size_t i = 0; i < out.size(); ++i) {
          std::uint64_t sum = 0;
          for (std::size_t j = 0; j < terms; ++j) sum = mod(uint128{a[j][i]} * w[j] + sum, prime);
          ASSERT_EQ(out[i], sum);
        }
      }
    }
  }
}

TEST_P(KernelTest, ARoundedSumIsTheNearestIntegerOfAQuotient) {
  for (const std::uint64_t prime : primes()) {
    const Vector a = random_.residues(70, prime);
    const std::vector<ConstWords> twice(2, a);
    const double weight = 1 / static_cast<double>(prime);
    Vector out(70);
    kernels().rounded_sum(twice, prime, std::vector<double>(2, weight), out);
    for (std::size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(out[i], (uint128{a[i]} * 4 + prime) / (uint128{prime} * 2))
          << a[i] << " of " << prime;
  }
}

TEST_P(KernelTest, APermutationGathersFromItsSources) {
  const Vector a = random_.residues(256, 1 << 30);
  std::vector<std::uint32_t> source(a.size());
  for (std::uint32_t i = 0; i < source.size(); ++i) source[i] = (i * 77 + 5) % 256;
  Vector out(a.size());

  kernels().permute(a, source, out);

  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(out[i], a[source[i]]);
}

TEST_P(KernelTest, TheTransformEvaluatesAtTheOddPowersOfTheRoot) {
  constexpr int kLogN = 4;
  for (const std::uint64_t prime : primes()) {
    const NttTables tables = must(NttTables::create(kLogN, prime));
    const Modulus& q = tables.modulus();
    const Vector a = random_.residues(16, prime);
    Vector values = a;
    kernels().ntt_forward(values, tables);
    for (std::uint32_t i = 0; i < 16; ++i) {
      const std::uint64_t x = q.power(tables.root(), 2 * arith::reverse_bits(i, kLogN) + 1);
      std::uint64_t value = 0;
      for (std::size_t j = 16; j-- > 0;) value = q.add(q.multiply(value, x), a[j]);
      EXPECT_EQ(values[i], value) << "position " << i << " mod " << prime;
    }
  }
}

TEST_P(KernelTest, TheInverseTransformUndoesTheTransform) {
  for (const int log_n : {1, 2, 4, 11, 14, 16}) {
    for (const std::uint64_t prime : primes()) {
      const NttTables tables = must(NttTables::create(log_n, prime));
      Vector a = random_.residues(tables.ring_degree(), prime);
      a[0] = a[1] = prime - 1;
      Vector values = a;
      kernels().ntt_forward(values, tables);
      for (const std::uint64_t v : values) ASSERT_LT(v, prime) << "fully reduced";
      kernels().ntt_inverse(values, tables);
      ASSERT_EQ(values, a) << "N = 2^" << log_n << " mod " << prime;
    }
  }
}

TEST_P(KernelTest, TransformsFromElsewhereReduceShiftAndLeaveTheirInput) {
  const std::uint64_t prime = primes().back();
  const NttTables tables = must(NttTables::create(10, prime));
  const Modulus& q = tables.modulus();
  for (const std::uint64_t bound : {prime, arith::kFloatingLimit, std::uint64_t{1} << 61}) {
    const Vector words = random_.residues(tables.ring_degree(), bound);
    const std::uint64_t shift = bound / 2;
    Vector expected(words.size());
    for (std::size_t i = 0; i < words.size(); ++i)
      expected[i] = q.subtract(words[i] % prime, shift % prime);
    Vector values(words.size());
    kernels().ntt_forward_from(words, bound, shift, values, tables);
    Vector back(words.size());
    kernels().ntt_inverse_from(values, back, tables);
    EXPECT_EQ(back, expected);
  }
}

TEST_P(KernelTest, ProductsOfTransformsAreNegacyclicConvolutions) {
  constexpr std::size_t kN = 16;
  const std::uint64_t prime = primes().back();
  const NttTables tables = must(NttTables::create(4, prime));
  const Modulus& q = tables.modulus();
  Vector a = random_.residues(kN, prime);
  Vector b = random_.residues(kN, prime);
  Vector expected(kN, 0);
  for (std::size_t i = 0; i < kN; ++i) {
    for (std::size_t j = 0; j < kN; ++j) {
      const std::uint64_t term = q.multiply(a[i], b[j]);
      std::uint64_t& sum = expected[(i + j) % kN];
      sum = i + j < kN ? q.add(sum, term) : q.subtract(sum, term);
    }
  }

  kernels().ntt_forward(a, tables);
  kernels().ntt_forward(b, tables);
  kernels().multiply(a, b, a, q);
  kernels().ntt_inverse(a, tables);

  EXPECT_EQ(a, expected);
}

INSTANTIATE_TEST_SUITE_P(Backends, KernelTest, ::testing::ValuesIn(available()),
                         [](const auto& backend) { return std::string(backend.param->name); });

TEST(Kernels, TheReferenceIsAvailableAndTheActiveOneIsToo) {
  const std::vector<const KernelTable*> all = available();

  EXPECT_EQ(reference().name, "ref");
  EXPECT_EQ(all.front(), &reference());
  EXPECT_NE(std::find(all.begin(), all.end(), &active()), all.end());
}

}  // namespace
}  // namespace salus::kernel
