#include "model/expression.h"

#include <sbml/math/ASTNode.h>
#include <sbml/math/L3Parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <mutex>

namespace salus::model {
namespace {

using Kind = ExpressionKind;

Expression leaf(double number) { return {Kind::kNumber, number, {}, {}}; }

Error unsupported(const std::string& what) {
  return {ErrorCode::kInvalidArgument,
          "formula: " + what +
              " is not supported; use numbers, symbols, + - * / ^, exp, ln, sqrt, min and max"};
}

Result<Expression> convert(const ASTNode& node, int depth);

// a op b op c as ((a op b) op c).
Result<Expression> convert_many(const ASTNode& node, Kind kind, int depth) {
  const unsigned count = node.getNumChildren();
  if (count == 0) return unsupported("an operator without operands");
  auto sum = convert(*node.getChild(0), depth + 1);
  for (unsigned i = 1; sum && i < count; ++i) {
    auto next = convert(*node.getChild(i), depth + 1);
    if (!next) return next;
    Expression both{kind, 0, {}, {}};
    both.operands = {std::move(*sum), std::move(*next)};
    sum = std::move(both);
  }
  return sum;
}

Result<Expression> convert_unary(const ASTNode& node, unsigned child, Kind kind, int depth) {
  auto inner = convert(*node.getChild(child), depth + 1);
  if (!inner) return inner;
  Expression out{kind, 0, {}, {}};
  out.operands.push_back(std::move(*inner));
  return out;
}

Result<Expression> convert_root(const ASTNode& node, int depth) {
  if (node.getNumChildren() == 1) return convert_unary(node, 0, Kind::kSqrt, depth);
  const auto degree = convert(*node.getChild(0), depth + 1);
  if (!degree) return degree;
  if (degree->kind != Kind::kNumber || degree->number != 2)
    return unsupported("a root other than sqrt");
  return convert_unary(node, 1, Kind::kSqrt, depth);
}

Result<Expression> convert_named(const ASTNode& node) {
  const std::string symbol = node.getName() == nullptr ? "" : node.getName();
  if (node.getType() != AST_NAME) return unsupported("'" + symbol + "' as a symbol");
  return Expression{Kind::kSymbol, 0, symbol, {}};
}

// A bare chain a+b+c arrives as one n-ary or as nested nodes; only true nesting counts as depth.
Result<Expression> convert(const ASTNode& node, int depth) {
  if (depth > kMaxFormulaDepth) {
    return Error{ErrorCode::kLimit,
                 "formula: nested deeper than " + std::to_string(kMaxFormulaDepth)};
  }
  const unsigned count = node.getNumChildren();
  switch (node.getType()) {
    case AST_INTEGER: return leaf(static_cast<double>(node.getInteger()));
    case AST_REAL:
    case AST_REAL_E:
    case AST_RATIONAL:
      if (!std::isfinite(node.getReal())) return unsupported("a NaN or an infinity");
      return leaf(node.getReal());
    case AST_NAME:
    case AST_NAME_TIME:
    case AST_NAME_AVOGADRO: return convert_named(node);
    case AST_PLUS: return convert_many(node, Kind::kAdd, depth);
    case AST_TIMES: return convert_many(node, Kind::kMultiply, depth);
    case AST_MINUS:
      return count == 1 ? convert_unary(node, 0, Kind::kNegate, depth)
                        : convert_many(node, Kind::kSubtract, depth);
    case AST_DIVIDE: return convert_many(node, Kind::kDivide, depth);
    case AST_POWER:
    case AST_FUNCTION_POWER: return convert_many(node, Kind::kPower, depth);
    case AST_FUNCTION_EXP: return convert_unary(node, 0, Kind::kExp, depth);
    case AST_FUNCTION_LN: return convert_unary(node, 0, Kind::kLn, depth);
    case AST_FUNCTION_ROOT: return convert_root(node, depth);
    case AST_FUNCTION_MIN: return convert_many(node, Kind::kMin, depth);
    case AST_FUNCTION_MAX: return convert_many(node, Kind::kMax, depth);
    default:
      return unsupported(node.getName() == nullptr ? "an operation in it"
                                                   : "'" + std::string(node.getName()) + "'");
  }
}

// libSBML keeps its parser in a global.
std::mutex parser_mutex;

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
  return convert(*tree, 0);
}

std::set<std::string> Expression::symbols() const {
  std::set<std::string> out;
  if (kind == Kind::kSymbol) out.insert(symbol);
  for (const Expression& operand : operands) out.merge(operand.symbols());
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

Spelling spelling(Kind kind) {
  switch (kind) {
    case Kind::kAdd: return {" + ", "+", 1};
    case Kind::kSubtract: return {" - ", "-", 1};
    case Kind::kMultiply: return {" * ", "*", 2};
    case Kind::kDivide: return {" / ", "/", 2};
    case Kind::kNegate: return {"-", "neg", 3};
    case Kind::kPower: return {"^", "^", 4};
    case Kind::kExp: return {"exp", "exp", 0};
    case Kind::kLn: return {"ln", "ln", 0};
    case Kind::kSqrt: return {"sqrt", "sqrt", 0};
    case Kind::kMin: return {"min", "min", 0};
    case Kind::kMax: return {"max", "max", 0};
    default: return {"", "", 5};
  }
}

int precedence(const Expression& e) {
  if (e.kind == Kind::kNumber && e.number < 0) return spelling(Kind::kNegate).precedence;
  const int own = spelling(e.kind).precedence;
  return own == 0 ? 5 : own;
}

std::string bracketed(const Expression& e, int least) {
  return precedence(e) < least ? "(" + e.text() + ")" : e.text();
}

}  // namespace

std::string Expression::text() const {
  if (kind == Kind::kNumber) return number_text(number);
  if (kind == Kind::kSymbol) return symbol;
  const Spelling s = spelling(kind);
  if (s.precedence == 0) {
    std::string out = std::string(s.infix) + "(";
    for (std::size_t i = 0; i < operands.size(); ++i)
      out += (i == 0 ? "" : ", ") + operands[i].text();
    return out + ")";
  }
  if (kind == Kind::kNegate) return "-" + bracketed(operands[0], s.precedence + 1);
  // - and / are left-associative; powers are bracketed on both sides to leave no doubt.
  const bool power = kind == Kind::kPower;
  return bracketed(operands[0], s.precedence + (power ? 1 : 0)) + std::string(s.infix) +
         bracketed(operands[1], s.precedence + 1);
}

std::string Expression::postfix() const {
  if (kind == Kind::kNumber) return number_text(number);
  if (kind == Kind::kSymbol) return symbol;
  std::string out;
  for (const Expression& operand : operands) out += operand.postfix() + " ";
  return out + std::string(spelling(kind).postfix);
}

Result<CompiledExpression> CompiledExpression::make(
    const Expression& expression,
    const std::map<std::string, std::size_t, std::less<>>& positions) {
  CompiledExpression out;
  for (const Expression& operand : expression.operands) {
    auto inner = make(operand, positions);
    if (!inner) return inner;
    out.steps_.insert(out.steps_.end(), inner->steps_.begin(), inner->steps_.end());
  }
  std::size_t position = 0;
  if (expression.kind == Kind::kSymbol) {
    const auto found = positions.find(expression.symbol);
    if (found == positions.end()) {
      return Error{ErrorCode::kInvalidArgument,
                   "formula: unknown symbol '" + expression.symbol + "'"};
    }
    position = found->second;
  }
  out.steps_.push_back({expression.kind, expression.number, position});
  return out;
}

double CompiledExpression::operator()(std::span<const double> values) const {
  std::array<double, kMaxFormulaDepth + 4> stack;
  std::size_t top = 0;  // one above the last value
  for (const Step& step : steps_) {
    double& a = stack[top - (top < 2 ? top : 2)];
    double& b = stack[top - (top < 1 ? top : 1)];
    switch (step.kind) {
      case Kind::kNumber: stack[top++] = step.number; break;
      case Kind::kSymbol: stack[top++] = values[step.position]; break;
      case Kind::kNegate: b = -b; break;
      case Kind::kExp: b = std::exp(b); break;
      case Kind::kLn: b = std::log(b); break;
      case Kind::kSqrt: b = std::sqrt(b); break;
      case Kind::kAdd:
        a += b;
        --top;
        break;
      case Kind::kSubtract:
        a -= b;
        --top;
        break;
      case Kind::kMultiply:
        a *= b;
        --top;
        break;
      case Kind::kDivide:
        a /= b;
        --top;
        break;
      case Kind::kPower:
        a = std::pow(a, b);
        --top;
        break;
      case Kind::kMin:
        a = std::min(a, b);
        --top;
        break;
      case Kind::kMax:
        a = std::max(a, b);
        --top;
        break;
    }
  }
  return stack[0];
}

}  // namespace salus::model
