#include "compiler/chain.h"

#include <array>

namespace salus::compiler {
namespace {

// The largest primes below 2^50 that are 1 mod 2^18; the first two are special. A special product
// of two is above any digit of two; with one digit a prime, the one special prime is above each.
constexpr std::array<std::uint64_t, 3> kLargePrimes = {1125899902124033, 1125899886395393,
                                                       1125899884036097};

// 1 mod 2^18, in turns just above and just below 2^45.
constexpr std::array<std::uint64_t, 7> kLevelPrimes = {
    35184376545281, 35184365273089, 35184377331713, 35184350330881,
    35184385196033, 35184345088001, 35184399351809};

constexpr int kMaxLevelsWithTwoSpecials = 6;  // 50 + 6 * 45 + 100 = 420 bits; 7 levels leave 65

}  // namespace

Result<circuit::Chain> chain_for(int levels) {
  if (levels < 1 || levels > kMaxLevels) {
    return Error{ErrorCode::kLimit,
                 "a circuit of " + std::to_string(levels) + " levels: N = 2^14 has room for " +
                     std::to_string(kMaxLevels) + " at 128 bits; use a lower degree"};
  }
  circuit::Chain out;
  out.log_n = 14;
  out.q = {kLargePrimes[2]};
  out.q.insert(out.q.end(), kLevelPrimes.begin(), kLevelPrimes.begin() + levels);
  out.p = {kLargePrimes[0]};
  const bool two = levels <= kMaxLevelsWithTwoSpecials;
  if (two) out.p.push_back(kLargePrimes[1]);
  out.dnum = two ? (levels + 2) / 2 : levels + 1;
  return out;
}

}  // namespace salus::compiler
