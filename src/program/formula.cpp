#include "program/formula.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/result.h"

namespace salus::program {

Result<Formula::Token> Formula::token(std::string_view word,
                                      const std::vector<std::string>& names) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 11> kOperators = {{
      {"+", Kind::kAdd},
      {"-", Kind::kSubtract},
      {"*", Kind::kMultiply},
      {"/", Kind::kDivide},
      {"^", Kind::kPower},
      {"min", Kind::kMin},
      {"max", Kind::kMax},
      {"neg", Kind::kNegate},
      {"exp", Kind::kExp},
      {"ln", Kind::kLn},
      {"sqrt", Kind::kSqrt},
  }};
  const auto named = std::find(names.begin(), names.end(), word);
  if (named != names.end()) {
    return Token{Kind::kName, 0, static_cast<std::size_t>(named - names.begin())};
  }
  for (const auto& [text, kind] : kOperators) {
    if (word == text) return Token{kind, 0, 0};
  }
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc{} && end == word.data() + word.size() && std::isfinite(number)) {
    return Token{Kind::kNumber, number, 0};
  }
  return Error{ErrorCode::kInvalidArgument,
               "formula: '" + std::string(word.substr(0, 64)) +
                   "' is neither a parameter, a number nor an operator"};
}

Result<Formula> Formula::parse(std::string_view postfix, const std::vector<std::string>& names) {
  Formula out;
  std::size_t depth = 0;
  while (!postfix.empty()) {
    const std::size_t space = std::min(postfix.find(' '), postfix.size());
    const auto next = token(postfix.substr(0, space), names);
    if (!next) return next.error();
    postfix.remove_prefix(std::min(space + 1, postfix.size()));
    if (out.tokens_.size() == kMaxFormulaTokens) {
      return Error{ErrorCode::kLimit,
                   "formula: more than " + std::to_string(kMaxFormulaTokens) + " tokens"};
    }
    const std::size_t takes = next->kind <= Kind::kName ? 0 : next->kind >= Kind::kNegate ? 1 : 2;
    if (depth < takes) return Error{ErrorCode::kInvalidArgument, "formula: an operand is missing"};
    depth = depth - takes + 1;
    out.tokens_.push_back(*next);
  }
  if (depth != 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "formula: leaves " + std::to_string(depth) + " values instead of one"};
  }
  return out;
}

double Formula::operator()(std::span<const double> values) const {
  std::vector<double> stack;
  const auto pop = [&] {
    const double top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const Token& token : tokens_) {
    if (token.kind == Kind::kNumber || token.kind == Kind::kName) {
      stack.push_back(token.kind == Kind::kNumber ? token.number : values[token.position]);
      continue;
    }
    const double b = pop();
    switch (token.kind) {
      case Kind::kNegate: stack.push_back(-b); continue;
      case Kind::kExp: stack.push_back(std::exp(b)); continue;
      case Kind::kLn: stack.push_back(std::log(b)); continue;
      case Kind::kSqrt: stack.push_back(std::sqrt(b)); continue;
      default: break;
    }
    const double a = pop();
    switch (token.kind) {
      case Kind::kAdd: stack.push_back(a + b); break;
      case Kind::kSubtract: stack.push_back(a - b); break;
      case Kind::kMultiply: stack.push_back(a * b); break;
      case Kind::kDivide: stack.push_back(a / b); break;
      case Kind::kPower: stack.push_back(std::pow(a, b)); break;
      case Kind::kMin: stack.push_back(std::min(a, b)); break;
      default: stack.push_back(std::max(a, b)); break;
    }
  }
  return stack.back();
}

}  // namespace salus::program
