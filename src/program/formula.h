// The small formulas that a client evaluates before it encrypts and after it decrypts: reverse
// Polish, no parser needed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::program {

inline constexpr std::size_t kMaxFormulaTokens = 1024;

/// Input::postfix, bound to the positions of its parameters. Thread-safe.
///
/// Operators: + - * / ^ min max < <= == != and or xor of two values, neg not exp ln sqrt abs floor
/// ceil sin cos tan asin acos atan sinh cosh tanh of one, and "value condition otherwise select". A
/// condition holds where it is not 0.
class Formula {
 public:
  /// Errors: kInvalidArgument for an unknown token, too few or too many operands; kLimit.
  static Result<Formula> parse(std::string_view postfix, const std::vector<std::string>& names);

  /// May be NaN or infinite (a root of a negative number, say): the caller checks.
  double operator()(std::span<const double> values) const;

 private:
  struct Token {
    int operands = 0;  // 0: a number or a name
    double (*apply)(const double* operands) = nullptr;
    double number = 0;
    std::size_t position = kNoName;
  };
  static constexpr std::size_t kNoName = SIZE_MAX;
  static Result<Token> token(std::string_view word, const std::vector<std::string>& names);
  std::vector<Token> tokens_;
};

}  // namespace salus::program
