#include "program/formula.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/result.h"

namespace salus::program {

namespace {

struct Operator {
  std::string_view name;
  int operands;
  double (*apply)(const double*);
};

double truth(bool value) { return value ? 1 : 0; }

constexpr std::array<Operator, 32> kOperators = {{
    {"+", 2, [](const double* x) { return x[0] + x[1]; }},
    {"-", 2, [](const double* x) { return x[0] - x[1]; }},
    {"*", 2, [](const double* x) { return x[0] * x[1]; }},
    {"/", 2, [](const double* x) { return x[0] / x[1]; }},
    {"^", 2, [](const double* x) { return std::pow(x[0], x[1]); }},
    {"min", 2, [](const double* x) { return std::min(x[0], x[1]); }},
    {"max", 2, [](const double* x) { return std::max(x[0], x[1]); }},
    {"<", 2, [](const double* x) { return truth(x[0] < x[1]); }},
    {"<=", 2, [](const double* x) { return truth(x[0] <= x[1]); }},
    {"==", 2, [](const double* x) { return truth(x[0] == x[1]); }},
    {"!=", 2, [](const double* x) { return truth(x[0] != x[1]); }},
    {"and", 2, [](const double* x) { return truth(x[0] != 0 && x[1] != 0); }},
    {"or", 2, [](const double* x) { return truth(x[0] != 0 || x[1] != 0); }},
    {"xor", 2, [](const double* x) { return truth((x[0] != 0) != (x[1] != 0)); }},
    {"neg", 1, [](const double* x) { return -x[0]; }},
    {"not", 1, [](const double* x) { return truth(x[0] == 0); }},
    {"exp", 1, [](const double* x) { return std::exp(x[0]); }},
    {"ln", 1, [](const double* x) { return std::log(x[0]); }},
    {"sqrt", 1, [](const double* x) { return std::sqrt(x[0]); }},
    {"abs", 1, [](const double* x) { return std::abs(x[0]); }},
    {"floor", 1, [](const double* x) { return std::floor(x[0]); }},
    {"ceil", 1, [](const double* x) { return std::ceil(x[0]); }},
    {"sin", 1, [](const double* x) { return std::sin(x[0]); }},
    {"cos", 1, [](const double* x) { return std::cos(x[0]); }},
    {"tan", 1, [](const double* x) { return std::tan(x[0]); }},
    {"asin", 1, [](const double* x) { return std::asin(x[0]); }},
    {"acos", 1, [](const double* x) { return std::acos(x[0]); }},
    {"atan", 1, [](const double* x) { return std::atan(x[0]); }},
    {"sinh", 1, [](const double* x) { return std::sinh(x[0]); }},
    {"cosh", 1, [](const double* x) { return std::cosh(x[0]); }},
    {"tanh", 1, [](const double* x) { return std::tanh(x[0]); }},
    {"select", 3, [](const double* x) { return x[1] != 0 ? x[0] : x[2]; }},
}};

}  // namespace

Result<Formula::Token> Formula::token(std::string_view word,
                                      const std::vector<std::string>& names) {
  const auto named = std::find(names.begin(), names.end(), word);
  if (named != names.end()) {
    return Token{0, nullptr, 0, static_cast<std::size_t>(named - names.begin())};
  }
  for (const Operator& op : kOperators) {
    if (word == op.name) return Token{op.operands, op.apply, 0, kNoName};
  }
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc{} && end == word.data() + word.size() && std::isfinite(number)) {
    return Token{0, nullptr, number, kNoName};
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
    const auto takes = static_cast<std::size_t>(next->operands);
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
  for (const Token& token : tokens_) {
    if (token.operands == 0) {
      stack.push_back(token.position == kNoName ? token.number : values[token.position]);
      continue;
    }
    const std::size_t first = stack.size() - static_cast<std::size_t>(token.operands);
    const double result = token.apply(stack.data() + first);
    stack.resize(first);
    stack.push_back(result);
  }
  return stack.back();
}

}  // namespace salus::program
