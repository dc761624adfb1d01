#include "model/expression.h"

#include <sbml/math/L3Parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "model/from_ast.h"

namespace salus::model {
namespace {

using Kind = ExpressionKind;

// libSBML keeps its parser in a global.
std::mutex parser_mutex;

bool all_finite(const Expression& e) {
  if (e.kind == Kind::kNumber && !std::isfinite(e.number)) return false;
  for (const Expression& operand : e.operands) {
    if (!all_finite(operand)) return false;
  }
  return true;
}

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
  if (text.size() > kMaxFormulaBytes) {
    return Error{ErrorCode::kLimit, "formula of " + std::to_string(text.size()) +
                                        " bytes; at most " + std::to_string(kMaxFormulaBytes)};
  }
  if (text.find('\0') != std::string_view::npos) {
    return Error{ErrorCode::kParse, "formula: holds a zero byte"};
  }
  const std::lock_guard lock(parser_mutex);
  const std::string copy(text);
  const std::unique_ptr<ASTNode> tree(SBML_parseL3Formula(copy.c_str()));
  if (!tree) {
    const std::unique_ptr<char, decltype(&std::free)> why(SBML_getLastParseL3Error(), &std::free);
    return Error{ErrorCode::kParse, "formula '" + copy + "': " + (why ? why.get() : "empty")};
  }
  auto out = expression_of(*tree, kMaxFormulaDepth);
  if (out && !all_finite(*out)) {
    return Error{
        ErrorCode::kInvalidArgument,
        "formula '" + copy + "' holds a NaN or an infinity, or a piecewise without a last value"};
  }
  return out;
}

std::set<std::string> Expression::symbols() const {
  std::set<std::string> out;
  if (kind == Kind::kSymbol) out.insert(symbol);
  for (const Expression& operand : operands) out.merge(operand.symbols());
  return out;
}

bool Expression::uses_time() const {
  if (kind == Kind::kTime) return true;
  for (const Expression& operand : operands) {
    if (operand.uses_time()) return true;
  }
  return false;
}

Expression substitute(const Expression& e,
                      const std::map<std::string, Expression, std::less<>>& values) {
  if (e.kind == Kind::kSymbol) {
    const auto found = values.find(e.symbol);
    return found == values.end() ? e : found->second;
  }
  Expression out = e;
  for (Expression& operand : out.operands) operand = substitute(operand, values);
  return out;
}

namespace {

std::string number_text(double value) {
  std::array<char, 32> buffer;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

struct Spelling {
  std::string_view infix;
  std::string_view postfix;
  int precedence;  // 0: a function call
};

constexpr int kAtom = 9;

Spelling spelling(Kind kind) {
  switch (kind) {
    case Kind::kOr: return {" || ", "or", 1};
    case Kind::kAnd: return {" && ", "and", 2};
    case Kind::kLess: return {" < ", "<", 3};
    case Kind::kLessEqual: return {" <= ", "<=", 3};
    case Kind::kEqual: return {" == ", "==", 3};
    case Kind::kNotEqual: return {" != ", "!=", 3};
    case Kind::kAdd: return {" + ", "+", 4};
    case Kind::kSubtract: return {" - ", "-", 4};
    case Kind::kMultiply: return {" * ", "*", 5};
    case Kind::kDivide: return {" / ", "/", 5};
    case Kind::kNegate: return {"-", "neg", 6};
    case Kind::kNot: return {"!", "not", 6};
    case Kind::kPower: return {"^", "^", 7};
    case Kind::kXor: return {"xor", "xor", 0};
    case Kind::kExp: return {"exp", "exp", 0};
    case Kind::kLn: return {"ln", "ln", 0};
    case Kind::kSqrt: return {"sqrt", "sqrt", 0};
    case Kind::kMin: return {"min", "min", 0};
    case Kind::kMax: return {"max", "max", 0};
    case Kind::kAbs: return {"abs", "abs", 0};
    case Kind::kFloor: return {"floor", "floor", 0};
    case Kind::kCeil: return {"ceil", "ceil", 0};
    case Kind::kSin: return {"sin", "sin", 0};
    case Kind::kCos: return {"cos", "cos", 0};
    case Kind::kTan: return {"tan", "tan", 0};
    case Kind::kAsin: return {"arcsin", "asin", 0};
    case Kind::kAcos: return {"arccos", "acos", 0};
    case Kind::kAtan: return {"arctan", "atan", 0};
    case Kind::kSinh: return {"sinh", "sinh", 0};
    case Kind::kCosh: return {"cosh", "cosh", 0};
    case Kind::kTanh: return {"tanh", "tanh", 0};
    case Kind::kAsinh: return {"arcsinh", "asinh", 0};
    case Kind::kAcosh: return {"arccosh", "acosh", 0};
    case Kind::kAtanh: return {"arctanh", "atanh", 0};
    case Kind::kFactorial: return {"factorial", "factorial", 0};
    case Kind::kSelect: return {"piecewise", "select", 0};
    case Kind::kTime: return {"time", "time", kAtom};
    default: return {"", "", kAtom};
  }
}

int precedence(const Expression& e) {
  if (e.kind == Kind::kNumber && e.number < 0) return spelling(Kind::kNegate).precedence;
  const int own = spelling(e.kind).precedence;
  return own == 0 ? kAtom : own;
}

std::string bracketed(const Expression& e, int least) {
  return precedence(e) < least ? "(" + e.text() + ")" : e.text();
}

}  // namespace

std::string Expression::text() const {
  if (kind == Kind::kNumber) return number_text(number);
  if (kind == Kind::kSymbol) return symbol;
  const Spelling s = spelling(kind);
  if (kind == Kind::kTime) return std::string(s.infix);
  if (s.precedence == 0) {
    std::string out = std::string(s.infix) + "(";
    for (std::size_t i = 0; i < operands.size(); ++i)
      out += (i == 0 ? "" : ", ") + operands[i].text();
    return out + ")";
  }
  if (operands.size() == 1) return std::string(s.infix) + bracketed(operands[0], s.precedence + 1);
  // - and / are left-associative; powers and comparisons are bracketed on both sides to leave no
  // doubt.
  const bool both = kind == Kind::kPower || s.precedence == 3;
  return bracketed(operands[0], s.precedence + (both ? 1 : 0)) + std::string(s.infix) +
         bracketed(operands[1], s.precedence + 1);
}

std::string Expression::postfix() const {
  if (kind == Kind::kNumber) return number_text(number);
  if (kind == Kind::kSymbol) return symbol;
  std::string out;
  for (const Expression& operand : operands) out += operand.postfix() + " ";
  return out + std::string(spelling(kind).postfix);
}

Status CompiledExpression::append(const Expression& e,
                                  const std::map<std::string, std::size_t, std::less<>>& positions,
                                  std::size_t time_position, std::size_t depth,
                                  std::vector<Step>& steps) {
  if (depth + e.operands.size() >= kMaxStack) {
    return Error{ErrorCode::kLimit,
                 "formula: needs more than " + std::to_string(kMaxStack) + " values at once"};
  }
  for (std::size_t i = 0; i < e.operands.size(); ++i) {
    if (Status s = append(e.operands[i], positions, time_position, depth + i, steps); !s) return s;
  }
  std::size_t position = time_position;
  if (e.kind == Kind::kSymbol) {
    const auto found = positions.find(e.symbol);
    if (found == positions.end()) {
      return Error{ErrorCode::kInvalidArgument, "formula: unknown symbol '" + e.symbol + "'"};
    }
    position = found->second;
  }
  if (e.kind == Kind::kTime && time_position == kNoTime) {
    return Error{ErrorCode::kInvalidArgument, "formula: time has no meaning here"};
  }
  steps.push_back({e.kind == Kind::kTime ? Kind::kSymbol : e.kind, e.number, position});
  return {};
}

Result<CompiledExpression> CompiledExpression::make(
    const Expression& expression, const std::map<std::string, std::size_t, std::less<>>& positions,
    std::size_t time_position) {
  CompiledExpression out;
  if (Status s = append(expression, positions, time_position, 0, out.steps_); !s) return s.error();
  return out;
}

namespace {

double unary(Kind kind, double x) {
  switch (kind) {
    case Kind::kNegate: return -x;
    case Kind::kExp: return std::exp(x);
    case Kind::kLn: return std::log(x);
    case Kind::kSqrt: return std::sqrt(x);
    case Kind::kAbs: return std::abs(x);
    case Kind::kFloor: return std::floor(x);
    case Kind::kCeil: return std::ceil(x);
    case Kind::kSin: return std::sin(x);
    case Kind::kCos: return std::cos(x);
    case Kind::kTan: return std::tan(x);
    case Kind::kAsin: return std::asin(x);
    case Kind::kAcos: return std::acos(x);
    case Kind::kAtan: return std::atan(x);
    case Kind::kSinh: return std::sinh(x);
    case Kind::kCosh: return std::cosh(x);
    case Kind::kTanh: return std::tanh(x);
    case Kind::kAsinh: return std::asinh(x);
    case Kind::kAcosh: return std::acosh(x);
    case Kind::kAtanh: return std::atanh(x);
    case Kind::kNot: return x == 0 ? 1 : 0;
    default: return std::tgamma(x + 1);
  }
}

double binary(Kind kind, double a, double b) {
  switch (kind) {
    case Kind::kAdd: return a + b;
    case Kind::kSubtract: return a - b;
    case Kind::kMultiply: return a * b;
    case Kind::kDivide: return a / b;
    case Kind::kPower: return std::pow(a, b);
    case Kind::kMin: return std::min(a, b);
    case Kind::kMax: return std::max(a, b);
    case Kind::kLess: return a < b ? 1 : 0;
    case Kind::kLessEqual: return a <= b ? 1 : 0;
    case Kind::kEqual: return a == b ? 1 : 0;
    case Kind::kNotEqual: return a != b ? 1 : 0;
    case Kind::kAnd: return a != 0 && b != 0 ? 1 : 0;
    case Kind::kOr: return a != 0 || b != 0 ? 1 : 0;
    default: return (a != 0) != (b != 0) ? 1 : 0;
  }
}

}  // namespace

double CompiledExpression::operator()(std::span<const double> values) const {
  std::array<double, kMaxStack> stack;
  std::size_t top = 0;  // one above the last value
  for (const Step& step : steps_) {
    if (step.kind == Kind::kNumber) {
      stack[top++] = step.number;
    } else if (step.kind == Kind::kSymbol) {
      stack[top++] = values[step.position];
    } else if (step.kind == Kind::kSelect) {
      top -= 2;
      if (stack[top] == 0) stack[top - 1] = stack[top + 1];
    } else if (step.kind >= Kind::kNegate) {
      stack[top - 1] = unary(step.kind, stack[top - 1]);
    } else {
      --top;
      stack[top - 1] = binary(step.kind, stack[top - 1], stack[top]);
    }
  }
  return stack[0];
}

std::string short_number(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::general, 4);
  return {buffer.data(), end.ptr};
}

std::optional<double> constant_value(const Expression& e) {
  const auto compiled = CompiledExpression::make(e, {});
  return compiled ? std::optional((*compiled)({})) : std::nullopt;
}

}  // namespace salus::model
