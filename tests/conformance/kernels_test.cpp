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
        Vector apart(n);
        kernels_.ntt_inverse_from(a, apart, tables);
        ASSERT_EQ(apart, y) << "inverse elsewhere, N = 2^" << log_n << " mod " << prime;
      }
      for (const std::uint64_t bound : {prime, arith::kFloatingLimit, std::uint64_t{1} << 61}) {
        Vector a = random_.residues(n, bound);
        a[0] = bound - 1;
        a[1] = 0;
        for (const std::uint64_t shift : {std::uint64_t{0}, bound / 2, bound - 1}) {
          Vector x(n);
          Vector y(n);
          kernels_.ntt_forward_from(a, bound, shift, x, tables);
          reference_.ntt_forward_from(a, bound, shift, y, tables);
          ASSERT_EQ(x, y) << "forward from words below " << bound << ", N = 2^" << log_n;
        }
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
      std::vector<std::uint32_t> source(count);
      for (std::uint32_t& s : source) s = static_cast<std::uint32_t>(random_.below(count));
      const auto outputs = [&](const KernelTable& k) {
        std::vector<Vector> out(10, b);
        k.add(a, b, out[0], q);
        k.subtract(a, b, out[1], q);
        k.negate(a, out[2], q);
        k.multiply(a, b, out[3], q);
        k.multiply_add(a, b, out[4], q);
        k.multiply_scalar(a, w, out[5], q);
        k.permute_multiply_add(a, source, w, out[6], q);
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
    // Lengths of whole vectors, and one that no backend likes.
    for (const auto& shape : std::vector<std::pair<std::size_t, std::size_t>>{
             {0, 1280}, {1, 1280}, {5, 1280}, {5, 1203}, {9, 128}, {kMaxTerms, 1280}}) {
      const std::size_t terms = shape.first;
      const std::size_t length = shape.second;
      std::vector<Vector> a;
      std::vector<Vector> b;
      std::vector<Vector> wide;
      const std::uint64_t bound =
          terms < kMaxTerms ? arith::kFloatingLimit : std::uint64_t{1} << 61;
      for (std::size_t j = 0; j < terms; ++j) {
        a.push_back(random_.residues(length, prime));
        b.push_back(random_.residues(length, prime));
        wide.push_back(random_.residues(length, bound));
      }
      Vector w = random_.residues(terms, prime);
      for (std::size_t j = 0; j + 1 < terms; ++j) {
        std::fill_n(a[j].begin(), 64, prime - 1);
        std::copy_n(a[j].begin(), 64, b[j].begin());
        std::fill_n(wide[j].begin(), 32, bound - 1);
        std::fill_n(wide[j].begin() + 32, 32, 0);
        w[j] = j % 2 == 0 ? prime / 2 : prime / 2 + 1;
      }
      std::vector<std::uint32_t> source(length);
      for (auto& i : source) i = static_cast<std::uint32_t>(random_.below(length));
      const arith::Modulus small = must(arith::Modulus::create(786433));
      Vector reduced = w;
      for (std::uint64_t& x : reduced) x = small.reduce(x);
      const auto outputs = [&](const KernelTable& k) {
        std::vector<Vector> out(7, Vector(length));
        const std::vector<ConstWords> x = views(a);
        const std::vector<ConstWords> y = views(b);
        k.inner_products({x, {}, y, x, out[0], out[1]}, q);
        k.inner_products({y, source, x, y, out[2], out[3]}, q);
        const std::vector<WeightedTarget> targets = {{w, out[4], &q}, {reduced, out[5], &small}};
        k.weighted_sums(views(wide), bound, targets);
        k.rounded_sum(x, prime, std::vector<double>(terms, 1 / static_cast<double>(prime)), out[6]);
        return out;
      };
      ASSERT_EQ(outputs(kernels_), outputs(reference_))
          << terms << " terms of " << length << " mod " << prime;
    }
  }
}

// Where values come from: anywhere, from one aligned block each as automorphisms take them, and
// from blocks with one stranger.
TEST_P(KernelConformance, Permutations) {
  const std::uint64_t prime = primes().front();
  const arith::Modulus q = must(arith::Modulus::create(prime));
  const arith::Factor w(random_.below(prime), q);
  for (const std::size_t count : {8u, 12u, 100u, 1003u, 1024u, 2048u}) {
    for (const std::size_t block : {1u, 4u, 8u, 9u}) {
      const Vector a = random_.residues(count, prime);
      std::vector<std::uint32_t> source(count);
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t width = std::min<std::size_t>(block, 8);
        const std::size_t blocks = count / width;
        const std::uint64_t from =
            i % width == 0 ? random_.below(blocks) * width : source[i - 1] / width * width;
        source[i] = static_cast<std::uint32_t>(from + random_.below(width));
        if (block == 9 && random_.below(32) == 0)
          source[i] = static_cast<std::uint32_t>(random_.below(count));
      }
      const auto outputs = [&](const KernelTable& k) {
        std::vector<Vector> out(4, a);
        k.permute(a, source, out[0]);
        k.permute_multiply_add(a, source, w, out[1], q);
        const std::vector<kernel::ConstWords> x(3, a);
        k.inner_products({x, source, x, x, out[2], out[3]}, q);
        return out;
      };
      ASSERT_EQ(outputs(kernels_), outputs(reference_)) << count << " words, blocks of " << block;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, KernelConformance, ::testing::ValuesIn(available()),
                         [](const auto& backend) { return std::string(backend.param->name); });

}  // namespace
}  // namespace salus::kernel
