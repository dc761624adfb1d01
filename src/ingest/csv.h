// Comma-separated values (RFC 4180): text -> a table that remembers its line numbers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::ingest {

/// Named limits of a table from outside.
inline constexpr std::size_t kMaxCsvBytes = 64u << 20;
inline constexpr std::size_t kMaxCsvColumns = 1'024;
inline constexpr std::size_t kMaxCsvRows = 1'000'000;

struct CsvRow {
  std::size_t line = 0;  ///< where the row starts in the text, from 1
  std::vector<std::string> cells;
};

struct CsvTable {
  std::vector<std::string> header;
  std::vector<CsvRow> rows;  ///< each with as many cells as the header

  /// Index of the column called `name`, or header.size().
  std::size_t column(std::string_view name) const;
};

/// The table in `text`: first record is the header; a byte order mark, CR LF and quoted cells are
/// understood; spaces around unquoted cells are dropped, blank lines are skipped.
/// Errors: kInvalidArgument (no header, no rows, a column named twice), kParse (line and numbers),
/// kLimit.
Result<CsvTable> parse_csv(std::string_view text);

/// A finite number, the whole of `cell`. Errors: kInvalidArgument, naming line and column.
Result<double> parse_number(std::string_view cell, std::size_t line, std::string_view column);

/// One cell as text that parse_csv reads back: quoted where it has to be.
std::string csv_cell(std::string_view text);

}  // namespace salus::ingest
