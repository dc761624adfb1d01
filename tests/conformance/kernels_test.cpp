// Goal:   every backend returns the words of the reference.
// Method: all entries on the same random residues, for primes of every size that is used and
// lengths
//         that are no multiple of any vector width. What the reference returns is tested beside it.

#include <gtest/gtest.h>

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
    for (const int bits : {20, 30, 36, 45, 50, 51, 52, 53, 59, 60}) {
      out.push_back(must(arith::find_primes(bits, 1, arith::Side::kBelow))[0]);
    }
    return out;
  }
  static std::vector<ConstWords> views(const std::vector<Vector>& rows) {
    return {rows.begin(), rows.end()};
  }
};

TEST_P(KernelConformance, Transforms) {
  for (const std::uint64_t prime : primes()) {
    for (const int log_n : {1, 2, 3, 4, 5, 10, 12, 13}) {
      const arith::NttTables tables = must(arith::NttTables::create(log_n, prime));
      Vector a = random_.residues(tables.ring_degree(), prime);
      Vector b = a;
      kernels_.ntt_forward(a, tables);
      reference_.ntt_forward(b, tables);
      ASSERT_EQ(a, b) << "forward, N = 2^" << log_n << " mod " << prime;
      kernels_.ntt_inverse(a, tables);
      reference_.ntt_inverse(b, tables);
      ASSERT_EQ(a, b) << "inverse, N = 2^" << log_n << " mod " << prime;
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
        std::vector<Vector> out(7, b);
        k.add(a, b, out[0], q);
        k.subtract(a, b, out[1], q);
        k.negate(a, out[2], q);
        k.multiply(a, b, out[3], q);
        k.multiply_add(a, b, out[4], q);
        k.multiply_scalar(a, w, out[5], q);
        k.reduce(a, out[6], must(arith::Modulus::create(786433)));
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
      for (std::size_t j = 0; j < terms; ++j) {
        a.push_back(random_.residues(203, prime));
        b.push_back(random_.residues(203, prime));
        wide.push_back(random_.residues(203, (std::uint64_t{1} << 61) - 1));
      }
      const Vector w = random_.residues(terms, prime);
      const auto outputs = [&](const KernelTable& k) {
        std::vector<Vector> out(2, Vector(203));
        k.inner_product(views(a), views(b), out[0], q);
        k.weighted_sum(views(wide), w, out[1], q);
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
