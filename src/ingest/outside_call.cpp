#include "ingest/outside_call.h"

#include <algorithm>
#include <array>
#include <map>

namespace salus::ingest {
namespace {

constexpr std::size_t kMaxCell = 200;

Error at_line(std::size_t line, const std::string& what) {
  return Error{ErrorCode::kParse, "outside calls line " + std::to_string(line) + ": " + what};
}

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(" \r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \r") - from + 1);
}

std::string_view take(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "*4.024" -> "*4" of CYP2D6, "*07:02:01" -> "*07:02" and "B*57:01" -> "*57:01" of HLA.
std::string main_allele(const std::string& gene, std::string_view allele) {
  if (gene == "CYP2D6") {
    const auto dot = allele.find('.');
    const bool sub = dot != std::string_view::npos && allele.starts_with('*') &&
                     all_digits(allele.substr(1, dot - 1)) && all_digits(allele.substr(dot + 1));
    return std::string(sub ? allele.substr(0, dot) : allele);
  }
  if (gene == "HLA-A" || gene == "HLA-B") {
    if (allele.size() > 1 && allele[0] == gene.back() && allele[1] == '*') allele.remove_prefix(1);
    const auto first = allele.find(':');
    const auto second =
        first == std::string_view::npos ? std::string_view::npos : allele.find(':', first + 1);
    return std::string(allele.substr(0, second));
  }
  return std::string(allele);
}

// Strips "CYP2C9" of "CYP2C9*1/CYP2C9*3" and shortens sub-alleles.
Status read_diplotype(std::string_view cell, OutsideCall& out) {
  if (cell == "." || cell == "./." || cell == "/") return {};
  std::size_t count = 0;
  for (std::string_view rest = cell; !rest.empty();) {
    std::string_view allele = trim(take(rest, '/'));
    if (allele.starts_with(out.gene)) allele = trim(allele.substr(out.gene.size()));
    if (allele.empty()) return at_line(out.line, "an allele of " + out.gene + " has no name");
    const std::string name = main_allele(out.gene, allele);
    if (name != allele) out.notes.push_back(std::string(allele) + " is taken as " + name);
    if (++count > 2) return at_line(out.line, out.gene + " has more than two alleles");
    out.diplotype += (count == 1 ? "" : "/") + name;
  }
  return {};
}

// CPIC's term for what people write; as written where it is none of them.
std::string read_phenotype(std::string_view cell, const std::string& gene) {
  std::string text(cell);
  if (const auto at = text.find(gene); at != std::string::npos) text.erase(at, gene.size());
  const std::string small = lower(trim(text));
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kShort = {
      {{"pm", "Poor Metabolizer"},
       {"im", "Intermediate Metabolizer"},
       {"nm", "Normal Metabolizer"},
       {"em", "Normal Metabolizer"},
       {"um", "Ultrarapid Metabolizer"}}};
  for (const auto& [letters, term] : kShort) {
    if (small == letters) return std::string(term);
  }
  if (small.find("metaboli") == std::string::npos) return std::string(trim(text));
  // "ultrarapid" before "rapid", which is a part of it.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords = {
      {{"ultrarapid", "Ultrarapid"},
       {"rapid", "Rapid"},
       {"intermediate", "Intermediate"},
       {"poor", "Poor"},
       {"extensive", "Normal"},
       {"normal", "Normal"}}};
  for (const auto& [word, term] : kWords) {
    if (small.find(word) == std::string::npos) continue;
    const bool likely = small.find("likely") != std::string::npos;
    const bool possible = small.find("possible") != std::string::npos;
    return (likely ? "Likely " : possible ? "Possible " : "") + std::string(term) + " Metabolizer";
  }
  return std::string(trim(text));
}

Result<OutsideCall> read_line(std::string_view one, std::size_t line) {
  std::vector<std::string_view> cells;
  for (std::string_view rest = one;;) {
    const bool more = rest.find('\t') != std::string_view::npos;
    cells.push_back(trim(take(rest, '\t')));
    if (cells.back().size() > kMaxCell)
      return at_line(line, "a cell of more than " + std::to_string(kMaxCell) + " bytes");
    if (cells.size() > 16) return at_line(line, "more than four columns");
    if (!more) break;
  }
  while (cells.size() > 2 && cells.back().empty()) cells.pop_back();
  if (cells.size() < 2) return at_line(line, "one column; separate gene and diplotype by a tab");
  if (cells.size() > 4) return at_line(line, "more than four columns");
  cells.resize(4);
  OutsideCall out{.line = line, .gene = std::string(cells[0])};
  if (out.gene.empty()) return at_line(line, "no gene in the first column");
  if (Status s = read_diplotype(cells[1], out); !s) return s.error();
  out.phenotype = read_phenotype(cells[2], out.gene);
  if (!cells[2].empty() && out.phenotype != cells[2])
    out.notes.push_back("\"" + std::string(cells[2]) + "\" is taken as " + out.phenotype);
  out.activity_score = cells[3];
  if (cells[1].empty() && out.phenotype.empty() && out.activity_score.empty())
    return at_line(line, "neither diplotype nor phenotype nor activity score of " + out.gene);
  return out;
}

}  // namespace

Result<std::vector<OutsideCall>> parse_outside_calls(std::string_view text) {
  if (text.size() > kMaxOutsideCallBytes) {
    return Error{ErrorCode::kLimit, "outside calls: " + std::to_string(text.size()) +
                                        " bytes, at most " + std::to_string(kMaxOutsideCallBytes)};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<OutsideCall> out;
  std::map<std::string, std::size_t> lines;
  for (std::size_t line = 1; !text.empty(); ++line) {
    std::string_view one = take(text, '\n');
    if (one.ends_with('\r')) one.remove_suffix(1);
    if (one.starts_with('#') || one.find_first_not_of(" \t") == std::string_view::npos) continue;
    const auto control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; };
    if (std::ranges::any_of(one, control))
      return at_line(line, "a control character: is this text?");
    auto call = read_line(one, line);
    if (!call) return call.error();
    const auto [known, fresh] = lines.try_emplace(call->gene, line);
    if (!fresh) {
      return Error{ErrorCode::kInvalidArgument, "outside calls line " + std::to_string(line) +
                                                    ": " + call->gene + " is called in line " +
                                                    std::to_string(known->second) +
                                                    " already; keep one of them"};
    }
    if (out.size() == kMaxOutsideCalls) {
      return Error{ErrorCode::kLimit,
                   "outside calls: more than " + std::to_string(kMaxOutsideCalls) + " genes"};
    }
    out.push_back(std::move(call).value());
  }
  if (out.empty())
    return Error{ErrorCode::kInvalidArgument, "outside calls: no line with a gene and a tab"};
  return out;
}

}  // namespace salus::ingest
