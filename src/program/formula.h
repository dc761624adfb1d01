// The small formulas that a client evaluates before it encrypts: reverse Polish, no parser needed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::program {

inline constexpr std::size_t kMaxFormulaTokens = 256;

/// Input::postfix, bound to the positions of its parameters. Thread-safe.
class Formula {
 public:
  /// Errors: kInvalidArgument for an unknown token, too few or too many operands; kLimit.
  static Result<Formula> parse(std::string_view postfix, const std::vector<std::string>& names);

  /// May be NaN or infinite (a root of a negative number, say): the caller checks.
  double operator()(std::span<const double> values) const;

 private:
  enum class Kind {
    kNumber,
    kName,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kPower,
    kMin,
    kMax,
    kNegate,
    kExp,
    kLn,
    kSqrt
  };
  struct Token {
    Kind kind;
    double number;
    std::size_t position;
  };
  static Result<Token> token(std::string_view word, const std::vector<std::string>& names);
  std::vector<Token> tokens_;
};

}  // namespace salus::program
