// Goal:   every backend returns the words of the reference.
// Method: all entries on the same random and extreme residues, for primes of every size that is
//         used and lengths that are no multiple of any vector width. What the reference returns is
//         tested beside it.

#include <gtest/gtest.h>

#include <algorithm>

#include "arith/primes.h"
#include "base/testing/test_random.h"
#include "kernel/kernel_table.h"

namespace salus::kernel {
namespace {

using Vector = std::vector<std::uint64_t>;

constexpr std::uint64_t kSeed = 151;

class KernelConformance : public ::testing::TestWithParam<const KernelTable*> {
 protected:
  const KernelTable& kernels_ = *GetParam();
  const KernelTable& reference_ = reference();
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(kSeed)};
  test::TestRandom random_{kSeed};

  static std::vector<std::uint64_t> primes() {
    std::vector<std::uint64_t> out;
    for (const int bits : {20, 30, 36, 45, 47, 48, 49, 50, 51, 52, 53, 59, 60}) {
      out.push_back(must(arith::find_primes(bits, 1, arith::Side::kBelow))[0]);
    }
    return out;
  }
  static std::vector<ConstWords> views(const std::vector<Vector>& rows) {
    return {rows.begin(), rows.end()};
  }
};

TEST_P(KernelConformance, TransformsOfRandomAndExtremeResidues) {
  for (const std::uint64_t prime : primes()) {
    for (const int log_n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17}) {
      const arith::NttTables tables = must(arith::NttTables::create(log_n, prime));
      const std::size_t n = tables.ring_degree();
      Vector alternating(n);
      for (std::size_t i = 0; i < n; i += 2) alternating[i] = prime - 1;
      for (const Vector& a : {random_.residues(n, prime), Vector(n, prime - 1),
                              Vector(n, prime / 2), Vector(n, prime / 2 + 1), alternating}) {
        Vector x = a;
        Vector y = a;
        kernels_.ntt_forward(x, tables);
        reference_.ntt_forward(y, tables);
        ASSERT_EQ(x, y) << "forward, N = 2^" << log_n << " mod " << prime;
        x = y = a;
        kernels_.ntt_inverse(x, tables);
        reference_.ntt_inverse(y, tables);
        ASSERT_EQ(x, y) << "inverse, N = 2^" << log_n << " mod " << prime;
      }
    }
  }
}

TEST_P(KernelConformance, ElementwiseOperations) {
  for (const std::uint64_t prime : primes()) {
    const arith::Modulus q = must(arith::Modulus::create(prime));
    for (const std::size_t count : {1u, 3u, 8u, 31u, 64u, 1000u}) {
      const Vector a = random_.residues(count, prime);
      const Vector b = random_.residues(count, prime);
      const arith::Factor w(random_.below(prime), q);
      const auto outputs = [&](const KernelTable& k) {
        std::vector<Vector> out(10, b);
        k.add(a, b, out[0], q);
        k.subtract(a, b, out[1], q);
        k.negate(a, out[2], q);
        k.multiply(a, b, out[3], q);
        k.multiply_add(a, b, out[4], q);
        k.multiply_scalar(a, w, out[5], q);
        k.reduce(a, prime, out[6], must(arith::Modulus::create(786433)));
        k.add_scalar(a, b[0], out[7], q);
        k.subtract_multiply(a, b, w, out[8], q);
        k.multiply_scalar_add(a, w, out[9], q);
        return out;
      };
      ASSERT_EQ(outputs(kernels_), outputs(reference_)) << count << " words mod " << prime;
    }
  }
}

TEST_P(KernelConformance, SumsOfProducts) {
  for (const std::uint64_t prime : primes()) {
    const arith::Modulus q = must(arith::Modulus::create(prime));
    for (const std::size_t terms : {std::size_t{0}, std::size_t{1}, std::size_t{5}, kMaxTerms}) {
      std::vector<Vector> a;
      std::vector<Vector> b;
      std::vector<Vector> wide;
      const std::uint64_t bound = terms == 5 ? arith::kFloatingLimit : std::uint64_t{1} << 61;
      for (std::size_t j = 0; j < terms; ++j) {
        a.push_back(random_.residues(1203, prime));
        b.push_back(random_.residues(1203, prime));
        wide.push_back(random_.residues(1203, bound));
      }
      if (terms > 0) {
        std::fill(a[0].begin(), a[0].end(), prime - 1);
        b[0] = a[0];
        std::fill(wide[0].begin(), wide[0].end(), bound - 1);
      }
      const Vector w = random_.residues(terms, prime);
      const auto outputs = [&](const KernelTable& k) {
        std::vector<Vector> out(4, Vector(1203));
        k.inner_product(views(a), views(b), out[0], q);
        const arith::Modulus small = must(arith::Modulus::create(786433));
        Vector reduced = w;
        for (std::uint64_t& x : reduced) x = small.reduce(x);
        const std::vector<WeightedTarget> targets = {{w, out[1], &q}, {reduced, out[3], &small}};
        k.weighted_sums(views(wide), bound, targets);
        k.rounded_sum(views(a), prime, std::vector<double>(terms, 1 / static_cast<double>(prime)),
                      out[2]);
        return out;
      };
      ASSERT_EQ(outputs(kernels_), outputs(reference_)) << terms << " terms mod " << prime;
    }
  }
}

TEST_P(KernelConformance, Permutations) {
  const Vector a = random_.residues(1024, 1 << 30);
  std::vector<std::uint32_t> source(a.size());
  for (auto& i : source) i = static_cast<std::uint32_t>(random_.below(a.size()));
  Vector x(a.size());
  Vector y(a.size());
  kernels_.permute(a, source, x);
  reference_.permute(a, source, y);

  EXPECT_EQ(x, y);
}

INSTANTIATE_TEST_SUITE_P(Backends, KernelConformance, ::testing::ValuesIn(available()),
                         [](const auto& backend) { return std::string(backend.param->name); });

}  // namespace
}  // namespace salus::kernel
