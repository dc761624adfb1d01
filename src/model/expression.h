// Formulas: infix text to a small tree of our own, read by libSBML's L3 formula parser.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::model {

/// Truth values are numbers: 0 is false, everything else true, results are 0 or 1.
enum class ExpressionKind {
  kNumber,
  kSymbol,
  kTime,  ///< the independent variable
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kMin,
  kMax,
  kLess,
  kLessEqual,
  kEqual,
  kNotEqual,
  kAnd,
  kOr,
  kXor,
  kNegate,
  kExp,
  kLn,
  kSqrt,
  kAbs,
  kFloor,
  kCeil,
  kSin,
  kCos,
  kTan,
  kAsin,
  kAcos,
  kAtan,
  kSinh,
  kCosh,
  kTanh,
  kAsinh,
  kAcosh,
  kAtanh,
  kNot,
  kFactorial,
  kSelect  ///< operands: value, condition, value otherwise
};

/// A formula over named symbols. Value semantics; a leaf has no operands.
struct Expression {
  ExpressionKind kind = ExpressionKind::kNumber;
  double number = 0;
  std::string symbol;
  std::vector<Expression> operands;

  static Expression constant(double number) { return {ExpressionKind::kNumber, number, {}, {}}; }
  static Expression named(std::string symbol) {
    return {ExpressionKind::kSymbol, 0, std::move(symbol), {}};
  }
  static Expression of(ExpressionKind kind, std::vector<Expression> operands) {
    return {kind, 0, {}, std::move(operands)};
  }

  /// The symbols that occur.
  std::set<std::string> symbols() const;
  bool uses_time() const;
  /// Fully parenthesised where needed, e.g. "CL / V".
  std::string text() const;
  /// Reverse Polish: tokens separated by one space, e.g. "CL V /"; what program::Input::postfix
  /// holds.
  std::string postfix() const;
};

inline constexpr std::size_t kMaxFormulaBytes = 4096;
inline constexpr int kMaxFormulaDepth = 64;

/// Accepts numbers, symbols, `time`, + - * / ^, comparisons, && || !, and the functions of SBML's
/// L3 infix: exp, ln, log10, log(base, x), sqrt, root, min, max, abs, floor, ceil, trigonometric,
/// hyperbolic, factorial, piecewise(value, condition, ..., otherwise).
/// Errors: kParse with libSBML's position; kLimit; kInvalidArgument for another function.
Result<Expression> parse_expression(std::string_view text);

/// The value of a formula without symbols and time, such as "-1" or "1 / 3".
std::optional<double> constant_value(const Expression& e);

/// Four digits, for messages: "0.01234", "1.2e+06".
std::string short_number(double value);

/// `e` with each symbol in `values` replaced.
Expression substitute(const Expression& e,
                      const std::map<std::string, Expression, std::less<>>& values);

/// An expression bound to the positions of its symbols, for evaluation in loops. Thread-safe.
class CompiledExpression {
 public:
  /// Errors: kInvalidArgument naming a symbol that `positions` lacks, or `time` where
  /// `time_position` is `kNoTime`; kLimit for an expression nested too deeply.
  static constexpr std::size_t kNoTime = SIZE_MAX;
  static Result<CompiledExpression> make(
      const Expression& expression,
      const std::map<std::string, std::size_t, std::less<>>& positions,
      std::size_t time_position = kNoTime);
  double operator()(std::span<const double> values) const;

 private:
  struct Step {
    ExpressionKind kind;
    double number;
    std::size_t position;
  };
  static Status append(const Expression& expression,
                       const std::map<std::string, std::size_t, std::less<>>& positions,
                       std::size_t time_position, std::size_t depth, std::vector<Step>& steps);
  std::vector<Step> steps_;
};

/// How many values an evaluation may hold at once.
inline constexpr std::size_t kMaxStack = 256;

}  // namespace salus::model
