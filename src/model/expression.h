// Formulas: infix text to a small tree of our own, read by libSBML's L3 formula parser.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::model {

enum class ExpressionKind {
  kNumber,
  kSymbol,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kNegate,
  kExp,
  kLn,
  kSqrt,
  kMin,
  kMax
};

/// A formula over named symbols. Value semantics; a leaf has no operands.
struct Expression {
  ExpressionKind kind = ExpressionKind::kNumber;
  double number = 0;
  std::string symbol;
  std::vector<Expression> operands;

  /// The symbols that occur.
  std::set<std::string> symbols() const;
  /// Fully parenthesised where needed, e.g. "CL / V".
  std::string text() const;
  /// Reverse Polish: tokens separated by one space, e.g. "CL V /"; what program::Input::postfix
  /// holds.
  std::string postfix() const;
};

inline constexpr std::size_t kMaxFormulaBytes = 4096;
inline constexpr int kMaxFormulaDepth = 64;

/// Accepts numbers, symbols, + - * / ^, unary minus, exp, ln, sqrt, min, max.
/// Errors: kParse with libSBML's position; kLimit; kInvalidArgument for another function.
Result<Expression> parse_expression(std::string_view text);

/// An expression bound to the positions of its symbols, for evaluation in loops. Thread-safe.
class CompiledExpression {
 public:
  /// Errors: kInvalidArgument naming a symbol that `positions` lacks.
  static Result<CompiledExpression> make(
      const Expression& expression,
      const std::map<std::string, std::size_t, std::less<>>& positions);
  double operator()(std::span<const double> values) const;

 private:
  struct Step {
    ExpressionKind kind;
    double number;
    std::size_t position;
  };
  std::vector<Step> steps_;
};

}  // namespace salus::model
