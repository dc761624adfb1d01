// Every backend's hot loops on one limb of N = 2^14, in microseconds: the best of many rounds. Also
// runs as WebAssembly: node build/wasm/bin/bench_kernel.js.
//   bench_kernel [ROUNDS]    200 unless given

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "arith/primes.h"
#include "base/testing/test_random.h"
#include "kernel/kernel_table.h"

namespace {

using namespace salus;
using Vector = std::vector<std::uint64_t>;

constexpr int kLogDegree = 14;
constexpr std::size_t kTerms = 9;  // digits of a key switch

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Limb {
  explicit Limb(int bits)
      : tables(must(arith::NttTables::create(
            kLogDegree, must(arith::find_primes(bits, 1, arith::Side::kBelow))[0]))) {
    for (Vector* v : {&a, &b, &c, &d})
      *v = random.residues(std::size_t{1} << kLogDegree, q().value());
  }
  const arith::Modulus& q() const { return tables.modulus(); }

  test::TestRandom random{1};
  arith::NttTables tables;
  Vector a, b, c, d;
};

template <class Body>
void measure(const kernel::KernelTable& k, int bits, const char* what, int rounds,
             const Body& body) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const double from = seconds();
    body();
    best = std::min(best, seconds() - from);
  }
  std::printf("%-7s %2d bits  %-22s %8.1f\n", std::string(k.name).c_str(), bits, what, best * 1e6);
}

void measure_all(const kernel::KernelTable& k, int bits, int rounds) {
  Limb limb(bits);
  const arith::Modulus& q = limb.q();
  const arith::NttTables& tables = limb.tables;
  const Vector& a = limb.a;
  const Vector& b = limb.b;
  Vector& c = limb.c;
  const arith::Factor w(b[0], q);
  const auto one = [&](const char* what, const auto& body) {
    measure(k, bits, what, rounds, body);
  };
  one("ntt_forward", [&] { k.ntt_forward(c, tables); });
  one("ntt_forward_from", [&] { k.ntt_forward_from(a, q.value(), 1, c, tables); });
  one("ntt_inverse", [&] { k.ntt_inverse(c, tables); });
  one("add", [&] { k.add(a, b, c, q); });
  one("multiply", [&] { k.multiply(a, b, c, q); });
  one("multiply_add", [&] { k.multiply_add(a, b, c, q); });
  one("multiply_scalar", [&] { k.multiply_scalar(a, w, c, q); });
  one("subtract_multiply", [&] { k.subtract_multiply(a, b, w, c, q); });
  const std::vector<kernel::ConstWords> x(kTerms, a);
  const std::vector<Vector> keys(2 * kTerms, b);
  const std::vector<kernel::ConstWords> y(keys.begin(), keys.begin() + kTerms);
  const std::vector<kernel::ConstWords> z(keys.begin() + kTerms, keys.end());
  one("inner_products of 9", [&] { k.inner_products({x, {}, y, z, c, limb.d}, q); });
  const Vector weights(kTerms, b[0]);
  const kernel::WeightedTarget target{weights, c, &q};
  one("weighted_sums of 9", [&] { k.weighted_sums(y, q.value(), {&target, 1}); });
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 200;
  if (rounds < 1) {
    std::fputs("bench_kernel [ROUNDS]\n", stderr);
    return 2;
  }
  for (const int bits : {45, 49, 59}) {
    for (const kernel::KernelTable* k : kernel::available()) measure_all(*k, bits, rounds);
  }
  return 0;
}
