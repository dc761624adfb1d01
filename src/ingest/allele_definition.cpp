#include "ingest/allele_definition.h"

#include <algorithm>

namespace salus::ingest {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits at the front, without leading zeros.
std::string_view take_digits(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return digits;
}

int compare_natural(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const std::string_view x = take_digits(a), y = take_digits(b);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      if (const int order = x.compare(y); order != 0) return order;
      continue;
    }
    if (a[0] != b[0]) return a[0] < b[0] ? -1 : 1;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

bool is_combination(std::string_view name) {
  return name.size() > 2 && name.starts_with("[") && name.ends_with("]");
}

// The parts of "[a + b]".
std::vector<std::string_view> parts(std::string_view combination) {
  constexpr std::string_view kPlus = " + ";
  std::vector<std::string_view> out;
  combination = combination.substr(1, combination.size() - 2);
  for (auto at = combination.find(kPlus); at != std::string_view::npos;
       at = combination.find(kPlus)) {
    out.push_back(combination.substr(0, at));
    combination.remove_prefix(at + kPlus.size());
  }
  out.push_back(combination);
  return out;
}

std::string_view bases_of(char letter) {
  switch (letter) {
    case 'R': return "AG";
    case 'Y': return "CT";
    case 'S': return "CG";
    case 'W': return "AT";
    case 'K': return "GT";
    case 'M': return "AC";
    case 'B': return "CGT";
    case 'D': return "AGT";
    case 'H': return "ACT";
    case 'V': return "ACG";
    case 'N': return "ACGT";
    default: return "";
  }
}

}  // namespace

std::size_t AlleleDefinition::locus_at(std::int64_t position) const {
  const auto found =
      std::lower_bound(loci.begin(), loci.end(), position,
                       [](const Locus& l, std::int64_t p) { return l.position < p; });
  const bool here = found != loci.end() && found->position == position;
  return here ? static_cast<std::size_t>(found - loci.begin()) : loci.size();
}

bool stands_for(std::string_view code, std::string_view bases) {
  if (code == bases) return true;
  return code.size() == 1 && bases.size() == 1 &&
         bases_of(code[0]).find(bases[0]) != std::string_view::npos;
}

bool allele_before(std::string_view a, std::string_view b) {
  const bool many_a = is_combination(a), many_b = is_combination(b);
  if (many_a != many_b) return many_b;
  if (!many_a) return compare_natural(a, b) < 0;
  const auto parts_a = parts(a), parts_b = parts(b);
  if (parts_a.size() != parts_b.size()) return parts_a.size() < parts_b.size();
  for (std::size_t i = 0; i < parts_a.size(); ++i) {
    if (const int order = compare_natural(parts_a[i], parts_b[i]); order != 0) return order < 0;
  }
  return false;
}

}  // namespace salus::ingest
