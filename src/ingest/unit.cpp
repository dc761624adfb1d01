#include "ingest/unit.h"

#include <charconv>
#include <cmath>

namespace salus::ingest {
namespace {

struct Atom {
  std::string_view code;
  double factor;
  std::array<int, 4> exponents;
  bool takes_prefix;
};

constexpr double kPascal = 1e3;  // in g/(m s2)
constexpr double kDay = 86400, kYear = 365.25 * kDay;

// Factors of the Unified Code for Units of Measure, version 2.1.
constexpr std::array kAtoms = std::to_array<Atom>({
    {"g", 1, {1, 0, 0, 0}, true},
    {"s", 1, {0, 1, 0, 0}, true},
    {"m", 1, {0, 0, 1, 0}, true},
    {"mol", 1, {0, 0, 0, 1}, true},
    {"L", 1e-3, {0, 0, 3, 0}, true},
    {"l", 1e-3, {0, 0, 3, 0}, true},
    {"min", 60, {0, 1, 0, 0}, false},
    {"h", 3600, {0, 1, 0, 0}, false},
    {"d", kDay, {0, 1, 0, 0}, false},
    {"wk", 7 * kDay, {0, 1, 0, 0}, false},
    {"mo", kYear / 12, {0, 1, 0, 0}, false},
    {"a", kYear, {0, 1, 0, 0}, false},
    {"1", 1, {0, 0, 0, 0}, false},
    {"10*", 10, {0, 0, 0, 0}, false},
    {"%", 0.01, {0, 0, 0, 0}, false},
    {"U", 1e-6 / 60, {0, -1, 0, 1}, true},
    {"m[Hg]", 133322.387415 * kPascal, {1, -2, -1, 0}, true},
    {"[lb_av]", 453.59237, {1, 0, 0, 0}, false},
    {"[in_i]", 0.0254, {0, 0, 1, 0}, false},
});

struct Prefix {
  std::string_view code;
  double factor;
};

constexpr std::array<Prefix, 8> kPrefixes = {{{"k", 1e3},
                                              {"d", 1e-1},
                                              {"c", 1e-2},
                                              {"m", 1e-3},
                                              {"u", 1e-6},
                                              {"n", 1e-9},
                                              {"p", 1e-12},
                                              {"f", 1e-15}}};

bool find_atom(std::string_view code, Unit& unit) {
  for (const Atom& atom : kAtoms) {
    if (atom.code == code) return unit = {atom.factor, atom.exponents, {}}, true;
  }
  for (const Prefix& prefix : kPrefixes) {
    if (!code.starts_with(prefix.code)) continue;
    for (const Atom& atom : kAtoms) {
      if (!atom.takes_prefix || atom.code != code.substr(prefix.code.size())) continue;
      unit = {atom.factor * prefix.factor, atom.exponents, {}};
      return true;
    }
  }
  return false;
}

/// "m2" -> m, 2. "1" has no exponent.
Status split_exponent(std::string_view term, std::string_view& code, int& exponent) {
  code = term;
  exponent = 1;
  if (term == "1") return {};
  const auto digits = term.find_last_not_of("0123456789") + 1;
  if (digits == term.size()) return {};
  auto start = digits;
  if (start > 0 && (term[start - 1] == '-' || term[start - 1] == '+')) --start;
  const char* first = term.data() + (term[start] == '+' ? start + 1 : start);
  const auto [end, failed] = std::from_chars(first, term.data() + term.size(), exponent);
  if (failed != std::errc{} || std::abs(exponent) > 9) {
    return Error{ErrorCode::kInvalidArgument, "unit: exponent in \"" + std::string(term) + "\""};
  }
  code = term.substr(0, start);
  return {};
}

// A term's annotation goes to the unit's; what stands before it is left, at least "1".
Status take_annotation(std::string_view text, std::string_view& term, int sign, Unit& unit) {
  const auto open = term.find('{');
  if (open == std::string_view::npos) return {};
  if (term.back() != '}' || term.find('}') + 1 != term.size()) {
    return Error{ErrorCode::kInvalidArgument,
                 "unit \"" + std::string(text.substr(0, 32)) + "\": braces"};
  }
  unit.annotation += (sign < 0 ? "/" : ".") + std::string(term.substr(open));
  term = open == 0 ? "1" : term.substr(0, open);
  return {};
}

Status multiply_term(std::string_view text, std::string_view term, int sign, Unit& unit) {
  if (Status s = take_annotation(text, term, sign, unit); !s) return s;
  std::string_view code;
  int exponent = 1;
  if (const Status fine = split_exponent(term, code, exponent); !fine) return fine;
  Unit atom;
  if (!find_atom(code, atom)) {
    return Error{ErrorCode::kInvalidArgument,
                 "unit \"" + std::string(text.substr(0, 32)) + "\": \"" +
                     std::string(code.substr(0, 16)) +
                     "\" is not known; use UCUM, for example mg/L, L/h, 1/h, kg"};
  }
  unit.factor *= std::pow(atom.factor, sign * exponent);
  for (std::size_t i = 0; i < unit.exponents.size(); ++i) {
    unit.exponents[i] += sign * exponent * atom.exponents[i];
  }
  return {};
}

}  // namespace

namespace {

// Where the next term ends; points and slashes in braces belong to it.
std::size_t end_of_term(std::string_view text, std::size_t at) {
  bool inside = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '{') inside = true;
    if (text[at] == '}') inside = false;
    if (!inside && (text[at] == '.' || text[at] == '/')) break;
  }
  return at;
}

}  // namespace

Result<Unit> parse_unit(std::string_view text) {
  if (text.empty()) {
    return Error{ErrorCode::kInvalidArgument, "no unit given; say it in UCUM, for example mg/L"};
  }
  Unit unit;
  int sign = 1;
  std::size_t at = text.starts_with('/') ? 1 : 0;
  if (at == 1) sign = -1;
  for (;;) {
    const std::size_t end = end_of_term(text, at);
    const Status fine = multiply_term(text, text.substr(at, end - at), sign, unit);
    if (!fine) return fine.error();
    if (end == text.size()) return unit;
    sign = text[end] == '/' ? -1 : 1;
    at = end + 1;
  }
}

Result<double> convert(double value, std::string_view from, std::string_view to) {
  // Also of units that are not in the table: a score counts points, a model what it likes.
  if (from == to && !from.empty()) return value;
  const Result<Unit> a = parse_unit(from);
  if (!a) return a.error();
  const Result<Unit> b = parse_unit(to);
  if (!b) return b.error();
  if (a->exponents != b->exponents || a->annotation != b->annotation) {
    return Error{ErrorCode::kInvalidArgument, "unit \"" + std::string(from) +
                                                  "\" does not measure the same as \"" +
                                                  std::string(to) + "\""};
  }
  return value * (a->factor / b->factor);
}

}  // namespace salus::ingest
