// links: salus_kernel
// Differential: every backend returns the reference's words for any residues, and the inverse
// transform undoes the transform. Bytes: ring degree, prime, then residues.
#include <cstdint>
#include <cstring>

#include "arith/primes.h"
#include "kernel/kernel_table.h"

namespace {

using namespace salus;

const arith::NttTables& tables(int log_n, std::size_t which) {
  static const auto kAll = [] {
    std::vector<arith::NttTables> out;
    for (const int bits : {20, 40, 60}) {
      const std::uint64_t q = must(arith::find_primes(bits, 1, arith::Side::kBelow))[0];
      for (int n = 1; n <= 8; ++n) out.push_back(must(arith::NttTables::create(n, q)));
    }
    return out;
  }();
  return kAll[which % 3 * 8 + static_cast<std::size_t>(log_n) - 1];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const arith::NttTables& t = tables(1 + data[0] % 8, data[1]);
  const arith::Modulus& q = t.modulus();
  std::vector<std::uint64_t> a(t.ring_degree());
  std::memcpy(a.data(), data + 2, std::min(size - 2, a.size() * 8));
  for (std::uint64_t& x : a) x = q.reduce(x);

  std::vector<std::uint64_t> values = a;
  kernel::reference().ntt_forward(values, t);
  std::vector<std::uint64_t> product(a.size());
  kernel::reference().multiply(a, values, product, q);
  for (const kernel::KernelTable* kernels : kernel::available()) {
    std::vector<std::uint64_t> other = a;
    kernels->ntt_forward(other, t);
    check(other == values, "forward transforms agree");
    std::vector<std::uint64_t> other_product(a.size());
    kernels->multiply(a, other, other_product, q);
    check(other_product == product, "products agree");
    kernels->ntt_inverse(other, t);
    check(other == a, "the inverse undoes the transform");
  }
  return 0;
}
