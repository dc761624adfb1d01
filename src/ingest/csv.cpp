#include "ingest/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace salus::ingest {
namespace {

std::string at_line(std::size_t line) { return "CSV line " + std::to_string(line) + ": "; }

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// Reads one record after another.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ >= text_.size(); }

  Result<CsvRow> record() {
    CsvRow row{.line = line_, .cells = {}};
    for (;;) {
      Result<std::string> cell = peek() == '"' ? quoted() : plain();
      if (!cell) return cell.error();
      if (row.cells.size() == kMaxCsvColumns) {
        return Error{ErrorCode::kLimit, at_line(row.line) + "more than the limit of " +
                                            std::to_string(kMaxCsvColumns) + " columns"};
      }
      row.cells.push_back(std::move(cell).value());
      if (peek() != ',') break;
      ++at_;
    }
    if (peek() == '\r') ++at_;
    if (peek() == '\n') ++at_, ++line_;
    return row;
  }

 private:
  char peek() const { return done() ? '\0' : text_[at_]; }

  Result<std::string> plain() {
    const auto end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string cell(trim(text_.substr(at_, end - at_)));
    at_ = end;
    return cell;
  }

  Result<std::string> quoted() {
    const std::size_t opened = line_;
    std::string cell;
    for (++at_; !done(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != '"') {
        cell += c;
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += '"', ++at_;
      } else {
        ++at_;
        if (const char next = peek(); done() || next == ',' || next == '\r' || next == '\n') {
          return cell;
        }
        return Error{ErrorCode::kParse, at_line(line_) + "text follows a closing quote"};
      }
    }
    return Error{ErrorCode::kParse, at_line(opened) + "a quote is opened and never closed"};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

Status check_header(const std::vector<std::string>& header) {
  std::set<std::string_view> seen;
  for (const std::string& name : header) {
    if (name.empty()) {
      return Error{ErrorCode::kInvalidArgument, at_line(1) + "a column has no name"};
    }
    if (!seen.insert(name).second) {
      return Error{ErrorCode::kInvalidArgument,
                   at_line(1) + "column \"" + name + "\" is there twice"};
    }
  }
  return {};
}

}  // namespace

std::size_t CsvTable::column(std::string_view name) const {
  return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
}

Result<CsvTable> parse_csv(std::string_view text) {
  if (text.size() > kMaxCsvBytes) {
    return Error{ErrorCode::kLimit, "CSV: " + std::to_string(text.size()) +
                                        " bytes, the limit is " + std::to_string(kMaxCsvBytes)};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Reader reader(text);
  CsvTable table;
  while (!reader.done()) {
    Result<CsvRow> row = reader.record();
    if (!row) return row.error();
    if (row->cells.size() == 1 && row->cells[0].empty()) continue;
    if (table.header.empty()) {
      table.header = std::move(row->cells);
      if (const Status fine = check_header(table.header); !fine) return fine.error();
      continue;
    }
    if (row->cells.size() != table.header.size()) {
      return Error{ErrorCode::kParse, at_line(row->line) + std::to_string(row->cells.size()) +
                                          " cells, the header has " +
                                          std::to_string(table.header.size())};
    }
    if (table.rows.size() == kMaxCsvRows) {
      return Error{ErrorCode::kLimit,
                   "CSV: more than the limit of " + std::to_string(kMaxCsvRows) + " rows"};
    }
    table.rows.push_back(std::move(row).value());
  }
  if (table.header.empty()) return Error{ErrorCode::kInvalidArgument, "CSV: empty, no header line"};
  if (table.rows.empty()) {
    return Error{ErrorCode::kInvalidArgument, "CSV: a header and no rows of data"};
  }
  return table;
}

Result<double> parse_number(std::string_view cell, std::size_t line, std::string_view column) {
  double value = 0;
  const auto [end, failed] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (failed != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(value)) {
    const std::string shown(cell.substr(0, 24));
    return Error{ErrorCode::kInvalidArgument,
                 at_line(line) + "column \"" + std::string(column) + "\" holds \"" + shown +
                     "\", expected a finite number; correct the cell or remove the row"};
  }
  return value;
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && text == trim(text)) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace salus::ingest
