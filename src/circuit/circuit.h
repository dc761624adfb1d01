// The intermediate representation: what a server executes, with every level and scale spelt out.
// Knows no model, no ciphertext and no key.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace salus::circuit {

/// The public CKKS parameters that a circuit is written for: ring degree 2^log_n, modulus chain
/// q_0 .. q_L, special primes, number of key-switching digits. Scales follow from the primes, so
/// the chain is part of the circuit's text.
struct Chain {
  int log_n = 0;
  std::vector<std::uint64_t> q;
  std::vector<std::uint64_t> p;
  int dnum = 1;

  std::size_t slot_count() const { return std::size_t{1} << (log_n - 1); }
  bool operator==(const Chain&) const = default;
};

/// A public table of real numbers, row-major. rows == 1: a vector that is repeated over the slots
/// with period `columns` (a power of two). rows > 1: a matrix for `linear`.
struct Constant {
  std::size_t rows = 1;
  std::size_t columns = 0;
  std::vector<double> values;
  bool operator==(const Constant&) const = default;
};

using ConstantTable = std::map<std::string, Constant, std::less<>>;

/// Operations act slot by slot. l and S are level and scale of the operand(s), q_l the last prime.
/// Values have two parts, (c_0, c_1); what comes of kMultiplyUnrelinearized has three until it is
/// relinearized, and may only be added, subtracted, negated, rescaled, dropped and summed.
enum class Op : std::uint8_t {
  kInput,          ///< a ciphertext from outside; level, scale, bound and period are declared
  kAdd,            ///< x + y; equal levels and scales (relative difference <= 2^-40)
  kSubtract,       ///< x - y; likewise
  kNegate,         ///< -x
  kAddPlain,       ///< x + constant, the constant encoded at the operand's scale
  kMultiply,       ///< x * y, relinearized; equal levels; scale S_x S_y
  kMultiplyPlain,  ///< x * constant, the constant encoded at scale (result scale) / S
  kRotate,         ///< cyclic shift of the slots, positive = left
  kConjugate,      ///< complex conjugate
  kRescale,        ///< level l - 1, scale S / q_l
  kDropLevel,      ///< a lower level, same scale
  kMultiplyUnrelinearized,  ///< x * y with three parts; operands have two
  kRelinearize,             ///< two parts again
  kWeightedSum,             ///< sum_k A[row][k] x_k over any number of operands, see Node::row
  kLinear,  ///< out[s] = sum_m A[s][m] x[m], see Node::baby; matrix encoded at (result scale) / S
};

std::string_view name(Op op);
Result<Op> parse_op(std::string_view text);
/// -1: any number from 1 to kMaxOperands.
int operand_count(Op op);
bool uses_constant(Op op);

using ValueId = std::uint32_t;

struct Node {
  Op op = Op::kInput;
  std::string name;               ///< without the leading %
  std::vector<ValueId> operands;  ///< indices of earlier nodes
  std::string constant;           ///< of kAddPlain, kMultiplyPlain, kLinear; without the leading @
  int steps = 0;                  ///< of kRotate
  /// Of kLinear, out = A x: c is A's `columns` rounded up to a power of two (missing columns are
  /// zero), x has a period that divides c, F = `fold` (a power of two), D = c / F, B = `baby` (a
  /// power of two
  /// <= D), S the slot count, delta = S / F + D. Part f = 0 .. F-1 holds row r at slot f delta + r;
  /// there diagonal d = 0 .. D-1 reads x[(r + f D + d) mod c], so the parts together cover all
  /// columns:
  ///   acc = sum_i rotate(sum_j diagonal[i B + j] * rotate(x, j), i B),  j < B, i < D / B,
  /// where diagonal[i B + j] holds A[r][(r + f D + i B + j) mod c] at slot f delta + r + i B (mod
  /// S). Then acc = acc + rotate(acc, delta 2^k) for k = 0 .. log2(F) - 1 adds the parts (any
  /// order). Needs rows + (F - 1) D <= S / F and c <= S / F. Where that does not hold, delta = D:
  /// parts of few rows lie side by side, which needs rows <= D and c <= S. Slots 0 .. rows-1 of the
  /// result mean something.
  int baby = 0;
  int fold = 1;
  /// Of kWeightedSum: the row of the constant, which has a column for each operand. Operands may
  /// have any scales and levels from the result's upwards, two parts or three; weight k is encoded
  /// at (result scale) / S_k. Sums of neighbouring statements that differ in their rows alone are
  /// computed together.
  int row = 0;
  int level = 0;           ///< of the result
  double scale = 0;        ///< of the result
  double bound = 0;        ///< of kInput: largest absolute value of a slot
  std::size_t period = 1;  ///< of kInput: slots repeat with this period (a power of two)
  bool operator==(const Node&) const = default;
};

/// The numbers of Node::baby's comment: c, F, B, D and delta (0 where F = 1).
struct LinearShape {
  std::size_t columns = 0;
  std::size_t fold = 1;
  std::size_t baby = 1;
  std::size_t diagonals = 0;
  std::size_t part_stride = 0;
};
LinearShape linear_shape(const Node& node, const Constant& matrix, std::size_t slot_count);

struct Circuit {
  std::string name;
  Chain chain;
  std::vector<Node> nodes;  ///< in an order in which each operand comes before its use
  std::vector<ValueId> outputs;
  bool operator==(const Circuit&) const = default;
};

/// Named limits: a circuit from outside is refused above them.
inline constexpr std::size_t kMaxNodes = 100'000;
inline constexpr std::size_t kMaxInputs = 256;
inline constexpr std::size_t kMaxOperands = 8'192;
inline constexpr std::size_t kMaxAllOperands = 4'000'000;  ///< of all nodes together
inline constexpr std::size_t kMaxConstants = 4'096;
inline constexpr std::size_t kMaxNameBytes = 64;
inline constexpr std::size_t kMaxPrimes = 64;                 ///< in each of q and p
inline constexpr std::size_t kMaxTextBytes = 32u << 20;       ///< of printed circuits
inline constexpr std::size_t kMaxConstantValues = 64u << 20;  ///< doubles in all constants together

/// Checks order, arity, names, levels, scales (recomputed from the chain; relative difference
/// <= 2^-40), periods, shapes of constants, limits; fields that an operation does not use are at
/// their defaults. The error names the value and both numbers. Room: S * bound is the runtime's
/// business (simulated run), not the verifier's.
Status verify(const Circuit& circuit, const ConstantTable& constants);

/// One statement a line, canonical: parse(print(c)) == c and print(parse(t)) == t for printed t.
///
///   circuit basis {
///     chain log_n 14 dnum 4 q [1125899904679937, 35184371138561] p [1125899903991809]
///     input %z0 : level 1 scale 35184371138561 bound 1 period 1
///     %m0 = multiply_plain %z0, @mask0 : level 1 scale 1.2379400381415e+27
///     %f0 = rescale %m0 : level 0 scale 35184371138561
///     %y = linear %f0, @A, baby 16, fold 2 : level 0 scale 1.2379400381415e+27
///     %r = rotate %y, -3 : level 0 scale 1.2379400381415e+27
///     %s = weighted_sum %y, %r, @w, row 0 : level 0 scale 1.2379400381415e+27
///     return %r
///   }
/// Numbers are printed as their shortest decimal form that reads back exactly.
std::string print(const Circuit& circuit);

/// Errors: kParse with line and column and what was expected; kLimit.
Result<Circuit> parse(std::string_view text);

/// How many parts a node's value has, from those of the values before it: 2 or 3.
int parts_of(const Node& node, const std::vector<int>& before);
/// Of each value of a verified circuit.
std::vector<int> parts_of(const Circuit& circuit);

/// The evaluation keys that executing a circuit needs, each at the highest level where it is used.
struct KeyRequirements {
  int relinearization_level = -1;      ///< -1: none
  std::map<int, int> rotation_levels;  ///< steps (mod slot_count, in 1 .. slots-1) -> level
  int conjugation_level = -1;
};
KeyRequirements required_keys(const Circuit& circuit, const ConstantTable& constants);
/// What two circuits need together: each key at the higher of its levels.
KeyRequirements both(KeyRequirements a, const KeyRequirements& b);

}  // namespace salus::circuit
