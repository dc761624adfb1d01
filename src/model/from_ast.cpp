#include "model/from_ast.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace salus::model {
namespace {

using Kind = ExpressionKind;

// CODATA 2006, the value that SBML Level 3 Version 1 fixes for its csymbol (section 3.4.6).
constexpr double kAvogadro = 6.02214179e23;

Error unsupported(const std::string& what) {
  return {ErrorCode::kInvalidArgument,
          "formula: " + what +
              " is not supported; use numbers, symbols, time, + - * / ^, comparisons, piecewise, "
              "exp, ln, sqrt, min, max, abs, floor, ceil and the trigonometric functions"};
}

Error too_large() {
  return {ErrorCode::kLimit, "formula: more than " + std::to_string(kMaxTreeNodes) + " terms or " +
                                 std::to_string(kMaxTreeDepth) +
                                 " levels with its functions expanded"};
}

Expression reciprocal(Expression e) {
  return Expression::of(Kind::kDivide, {Expression::constant(1), std::move(e)});
}

// Towards zero, as SBML's quotient and rem want it.
Expression truncated(const Expression& e) {
  return Expression::of(Kind::kSelect, {Expression::of(Kind::kCeil, {e}),
                                        Expression::of(Kind::kLess, {e, Expression::constant(0)}),
                                        Expression::of(Kind::kFloor, {e})});
}

class Converter {
 public:
  Converter(int max_depth, const Functions* functions)
      : max_depth_(max_depth), functions_(functions) {}

  // A bare chain a+b+c arrives as one n-ary or as nested nodes; only true nesting counts as depth.
  Result<Expression> convert(const ASTNode& node, int depth) const {
    if (depth > max_depth_) {
      return Error{ErrorCode::kLimit, "formula: nested deeper than " + std::to_string(max_depth_)};
    }
    switch (node.getType()) {
      case AST_INTEGER: return Expression::constant(static_cast<double>(node.getInteger()));
      case AST_REAL:
      case AST_REAL_E:
      case AST_RATIONAL: return Expression::constant(node.getReal());
      case AST_NAME: return symbol(node);
      case AST_NAME_TIME: return Expression{Kind::kTime, 0, {}, {}};
      case AST_NAME_AVOGADRO: return Expression::constant(kAvogadro);
      case AST_CONSTANT_E: return Expression::constant(std::exp(1.0));
      case AST_CONSTANT_PI: return Expression::constant(std::acos(-1.0));
      case AST_CONSTANT_TRUE: return Expression::constant(1);
      case AST_CONSTANT_FALSE: return Expression::constant(0);
      case AST_FUNCTION_RATE_OF: {
        if (node.getNumChildren() != 1 || node.getChild(0)->getType() != AST_NAME) {
          return unsupported("rateOf of something that is not a symbol");
        }
        return Expression::named("rateOf(" + std::string(node.getChild(0)->getName()) + ")");
      }
      default: break;
    }
    const std::vector<const ASTNode*> children = operands_of(node);
    std::vector<Expression> operands;
    for (std::size_t i = 0; i < children.size(); ++i) {
      // A piece of a piecewise lies below all pieces before it.
      const bool pieces = node.getType() == AST_FUNCTION_PIECEWISE;
      auto operand = convert(*children[i], depth + 1 + (pieces ? static_cast<int>(i / 2) : 0));
      if (!operand) return operand;
      operands.push_back(std::move(*operand));
    }
    // By its type: SBML lets a file call it as it likes.
    if (node.getType() == AST_FUNCTION_DELAY) return unsupported("'delay'");
    if (node.getType() == AST_FUNCTION) return call(node, operands);
    if (repeats_operands(node)) {
      std::size_t nodes = 0;
      for (const Expression& operand : operands) nodes += size_of(operand).nodes;
      if (kMaxRepeats * nodes > kMaxTreeNodes) return too_large();
    }
    return combine(node, std::move(operands));
  }

 private:
  using Operands = std::vector<Expression>;

  // libSBML reads a sum or product of many as nested pairs, the first two innermost: here they are
  // one chain again.
  static std::vector<const ASTNode*> operands_of(const ASTNode& node) {
    std::vector<const ASTNode*> out;
    const ASTNodeType_t type = node.getType();
    const ASTNode* at = &node;
    while (true) {
      for (unsigned i = at->getNumChildren(); i-- > 1;) out.push_back(at->getChild(i));
      const ASTNode* first = at->getNumChildren() == 0 ? nullptr : at->getChild(0);
      const bool goes_on = first != nullptr && first->getType() == type &&
                           (type == AST_PLUS || type == AST_TIMES) && first->getNumChildren() > 1;
      if (!goes_on && first != nullptr) out.push_back(first);
      if (!goes_on) break;
      at = first;
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

  // Operations that we write with several copies of an operand: nested, they would grow without
  // bound.
  static constexpr std::size_t kMaxRepeats = 8;
  static bool repeats_operands(const ASTNode& node) {
    switch (node.getType()) {
      case AST_FUNCTION_QUOTIENT:
      case AST_FUNCTION_REM: return true;
      case AST_RELATIONAL_LT:
      case AST_RELATIONAL_LEQ:
      case AST_RELATIONAL_GT:
      case AST_RELATIONAL_GEQ:
      case AST_RELATIONAL_EQ:
      case AST_RELATIONAL_NEQ: return node.getNumChildren() > 2;
      default: return false;
    }
  }

  static Result<Expression> symbol(const ASTNode& node) {
    const std::string name = node.getName() == nullptr ? "" : node.getName();
    if (name.empty()) return unsupported("a symbol without a name");
    return Expression::named(name);
  }

  Result<Expression> call(const ASTNode& node, const Operands& operands) const {
    const std::string name = node.getName() == nullptr ? "" : node.getName();
    const auto found = functions_ == nullptr ? Functions::const_iterator{} : functions_->find(name);
    if (functions_ == nullptr || found == functions_->end()) {
      return unsupported("'" + name + "'");
    }
    const FunctionBody& function = found->second;
    if (function.arguments.size() != operands.size()) {
      return Error{ErrorCode::kInvalidArgument, "formula: function '" + name + "' takes " +
                                                    std::to_string(function.arguments.size()) +
                                                    " arguments, not " +
                                                    std::to_string(operands.size())};
    }
    std::map<std::string, Expression, std::less<>> values;
    TreeSize largest;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const TreeSize size = size_of(operands[i]);
      largest = {std::max(largest.nodes, size.nodes), std::max(largest.depth, size.depth)};
      const std::string& argument = function.arguments[i];
      values[argument] = operands[i];
      if (operands[i].kind == Kind::kSymbol) {
        values["rateOf(" + argument + ")"] =
            Expression::named("rateOf(" + operands[i].symbol + ")");
      }
    }
    const TreeSize body = size_of(function.body);
    if (body.nodes * std::max<std::size_t>(largest.nodes, 1) > kMaxTreeNodes ||
        body.depth + largest.depth > kMaxTreeDepth) {
      return too_large();
    }
    return substitute(function.body, values);
  }

  static Result<Expression> combine(const ASTNode& node, Operands operands) {
    const std::string name =
        node.getName() == nullptr ? "an operation" : "'" + std::string(node.getName()) + "'";
    const std::size_t count = operands.size();
    switch (node.getType()) {
      case AST_PLUS: return count == 0 ? Expression::constant(0) : chain(Kind::kAdd, operands);
      case AST_TIMES:
        return count == 0 ? Expression::constant(1) : chain(Kind::kMultiply, operands);
      case AST_MINUS:
        return count == 1 ? unary(Kind::kNegate, operands) : chain(Kind::kSubtract, operands);
      case AST_DIVIDE: return chain(Kind::kDivide, operands);
      case AST_POWER:
      case AST_FUNCTION_POWER: return chain(Kind::kPower, operands);
      case AST_FUNCTION_MIN: return chain(Kind::kMin, operands);
      case AST_FUNCTION_MAX: return chain(Kind::kMax, operands);
      case AST_LOGICAL_AND:
        return count == 0 ? Expression::constant(1) : chain(Kind::kAnd, operands);
      case AST_LOGICAL_OR: return count == 0 ? Expression::constant(0) : chain(Kind::kOr, operands);
      case AST_LOGICAL_XOR:
        return count == 0 ? Expression::constant(0) : chain(Kind::kXor, operands);
      case AST_LOGICAL_NOT: return unary(Kind::kNot, operands);
      case AST_LOGICAL_IMPLIES:
        if (count != 2) return unsupported("implies without two operands");
        return Expression::of(Kind::kOr, {Expression::of(Kind::kNot, {operands[0]}), operands[1]});
      case AST_RELATIONAL_LT: return compare(Kind::kLess, false, operands);
      case AST_RELATIONAL_LEQ: return compare(Kind::kLessEqual, false, operands);
      case AST_RELATIONAL_GT: return compare(Kind::kLess, true, operands);
      case AST_RELATIONAL_GEQ: return compare(Kind::kLessEqual, true, operands);
      case AST_RELATIONAL_EQ: return compare(Kind::kEqual, false, operands);
      case AST_RELATIONAL_NEQ: return compare(Kind::kNotEqual, false, operands);
      case AST_FUNCTION_PIECEWISE: return piecewise(operands);
      case AST_FUNCTION_ROOT: return root(operands);
      case AST_FUNCTION_LOG: return logarithm(operands);
      case AST_FUNCTION_QUOTIENT:
        if (count != 2) return unsupported("quotient without two operands");
        return truncated(Expression::of(Kind::kDivide, operands));
      case AST_FUNCTION_REM: return remainder(operands);
      default: break;
    }
    if (count != 1) return unsupported(name);
    return function(node.getType(), name, operands);
  }

  static Result<Expression> function(ASTNodeType_t type, const std::string& name,
                                     Operands& operands) {
    static const std::map<ASTNodeType_t, Kind> kFunctions = {
        {AST_FUNCTION_EXP, Kind::kExp},       {AST_FUNCTION_LN, Kind::kLn},
        {AST_FUNCTION_ABS, Kind::kAbs},       {AST_FUNCTION_FLOOR, Kind::kFloor},
        {AST_FUNCTION_CEILING, Kind::kCeil},  {AST_FUNCTION_SIN, Kind::kSin},
        {AST_FUNCTION_COS, Kind::kCos},       {AST_FUNCTION_TAN, Kind::kTan},
        {AST_FUNCTION_ARCSIN, Kind::kAsin},   {AST_FUNCTION_ARCCOS, Kind::kAcos},
        {AST_FUNCTION_ARCTAN, Kind::kAtan},   {AST_FUNCTION_SINH, Kind::kSinh},
        {AST_FUNCTION_COSH, Kind::kCosh},     {AST_FUNCTION_TANH, Kind::kTanh},
        {AST_FUNCTION_ARCSINH, Kind::kAsinh}, {AST_FUNCTION_ARCCOSH, Kind::kAcosh},
        {AST_FUNCTION_ARCTANH, Kind::kAtanh}, {AST_FUNCTION_FACTORIAL, Kind::kFactorial}};
    // 1 / f(x), and f(1 / x).
    static const std::map<ASTNodeType_t, Kind> kReciprocals = {
        {AST_FUNCTION_SEC, Kind::kCos},   {AST_FUNCTION_CSC, Kind::kSin},
        {AST_FUNCTION_COT, Kind::kTan},   {AST_FUNCTION_SECH, Kind::kCosh},
        {AST_FUNCTION_CSCH, Kind::kSinh}, {AST_FUNCTION_COTH, Kind::kTanh}};
    static const std::map<ASTNodeType_t, Kind> kOfReciprocals = {
        {AST_FUNCTION_ARCSEC, Kind::kAcos},   {AST_FUNCTION_ARCCSC, Kind::kAsin},
        {AST_FUNCTION_ARCCOT, Kind::kAtan},   {AST_FUNCTION_ARCSECH, Kind::kAcosh},
        {AST_FUNCTION_ARCCSCH, Kind::kAsinh}, {AST_FUNCTION_ARCCOTH, Kind::kAtanh}};
    if (const auto f = kFunctions.find(type); f != kFunctions.end()) {
      return unary(f->second, operands);
    }
    if (const auto f = kReciprocals.find(type); f != kReciprocals.end()) {
      return reciprocal(Expression::of(f->second, operands));
    }
    if (const auto f = kOfReciprocals.find(type); f != kOfReciprocals.end()) {
      return Expression::of(f->second, {reciprocal(operands[0])});
    }
    return unsupported(name);
  }

  static Result<Expression> unary(Kind kind, const Operands& operands) {
    if (operands.size() != 1) return unsupported("a function without its one operand");
    return Expression::of(kind, operands);
  }

  static Result<Expression> chain(Kind kind, Operands& operands) {
    if (operands.empty()) return unsupported("an operator without operands");
    return chained(kind, std::move(operands));
  }

  // a < b < c as a < b and b < c.
  static Result<Expression> compare(Kind kind, bool swapped, const Operands& operands) {
    if (operands.size() < 2) return unsupported("a comparison of fewer than two values");
    Operands pairs;
    for (std::size_t i = 0; i + 1 < operands.size(); ++i) {
      const Expression &a = operands[i], &b = operands[i + 1];
      pairs.push_back(swapped ? Expression::of(kind, {b, a}) : Expression::of(kind, {a, b}));
    }
    return chain(Kind::kAnd, pairs);
  }

  static Result<Expression> piecewise(Operands& operands) {
    const bool complete = operands.size() % 2 == 1;
    Expression out = complete ? std::move(operands.back())
                              : Expression::constant(std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = operands.size() / 2; i-- > 0;) {
      out = Expression::of(Kind::kSelect, {std::move(operands[2 * i]),
                                           std::move(operands[2 * i + 1]), std::move(out)});
    }
    return out;
  }

  static Result<Expression> root(Operands& operands) {
    const bool square =
        operands.size() == 1 ||
        (operands.size() == 2 && operands[0].kind == Kind::kNumber && operands[0].number == 2);
    if (operands.empty() || operands.size() > 2) return unsupported("this root");
    if (square) return Expression::of(Kind::kSqrt, {std::move(operands.back())});
    return Expression::of(Kind::kPower, {std::move(operands[1]), reciprocal(operands[0])});
  }

  static Result<Expression> logarithm(Operands& operands) {
    if (operands.empty() || operands.size() > 2) return unsupported("this logarithm");
    Expression base = operands.size() == 2 ? std::move(operands[0]) : Expression::constant(10);
    return Expression::of(Kind::kDivide, {Expression::of(Kind::kLn, {std::move(operands.back())}),
                                          Expression::of(Kind::kLn, {std::move(base)})});
  }

  static Result<Expression> remainder(const Operands& operands) {
    if (operands.size() != 2) return unsupported("rem without two operands");
    const Expression whole = truncated(Expression::of(Kind::kDivide, operands));
    return Expression::of(Kind::kSubtract,
                          {operands[0], Expression::of(Kind::kMultiply, {operands[1], whole})});
  }

  int max_depth_;
  const Functions* functions_;
};

bool is_associative(Kind kind) {
  switch (kind) {
    case Kind::kAdd:
    case Kind::kMultiply:
    case Kind::kMin:
    case Kind::kMax:
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kXor: return true;
    default: return false;
  }
}

}  // namespace

TreeSize size_of(const Expression& e) {
  TreeSize out;
  std::vector<std::pair<const Expression*, std::size_t>> open = {{&e, 1}};
  while (!open.empty()) {
    const auto [at, depth] = open.back();
    open.pop_back();
    ++out.nodes;
    out.depth = std::max(out.depth, depth);
    for (const Expression& operand : at->operands) open.emplace_back(&operand, depth + 1);
  }
  return out;
}

Result<Expression> chained(Kind kind, std::vector<Expression> operands) {
  check(!operands.empty(), "a chain of nothing");
  if (operands.size() > kMaxLeftChain && !is_associative(kind)) {
    return Error{ErrorCode::kLimit, "formula: an operator with more than " +
                                        std::to_string(kMaxLeftChain) + " operands"};
  }
  while (operands.size() > kMaxLeftChain) {
    std::vector<Expression> pairs;
    for (std::size_t i = 0; i + 1 < operands.size(); i += 2) {
      pairs.push_back(Expression::of(kind, {std::move(operands[i]), std::move(operands[i + 1])}));
    }
    if (operands.size() % 2 == 1) pairs.push_back(std::move(operands.back()));
    operands = std::move(pairs);
  }
  Expression out = std::move(operands[0]);
  for (std::size_t i = 1; i < operands.size(); ++i) {
    // Not a braced list of both: that would copy the left side once per operand.
    Expression next{kind, 0, {}, {}};
    next.operands.push_back(std::move(out));
    next.operands.push_back(std::move(operands[i]));
    out = std::move(next);
  }
  return out;
}

Result<Expression> expression_of(const ASTNode& node, int max_depth, const Functions* functions) {
  auto out = Converter(max_depth, functions).convert(node, 0);
  if (!out) return out;
  const TreeSize size = size_of(*out);
  if (size.nodes > kMaxTreeNodes || size.depth > kMaxTreeDepth) return too_large();
  return out;
}

}  // namespace salus::model
