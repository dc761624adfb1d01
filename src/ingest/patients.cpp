#include "ingest/patients.h"

#include <algorithm>
#include <set>

#include "ingest/unit.h"

namespace salus::ingest {
namespace {

constexpr std::string_view kId = "id";

struct Column {
  std::size_t cell = 0;
  std::string unit;
};

std::string wanted_header(const std::vector<program::Parameter>& parameters) {
  std::string out(kId);
  for (const program::Parameter& p : parameters) out += ", " + p.name + " [" + p.unit + "]";
  return out;
}

// Where "name [unit]" stands.
Result<Column> column_of(const CsvTable& table, const program::Parameter& parameter,
                         const std::string& wanted) {
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    const std::string& text = table.header[c];
    const std::size_t open = text.find(" [");
    if (text.substr(0, open) != parameter.name) continue;
    if (open == std::string::npos || text.back() != ']') {
      return Error{ErrorCode::kInvalidArgument, "column " + text + " has no unit; call it " +
                                                    parameter.name + " [" + parameter.unit + "]"};
    }
    return Column{c, text.substr(open + 2, text.size() - open - 3)};
  }
  return Error{ErrorCode::kInvalidArgument,
               "no column for " + parameter.name + "; the program asks for " + wanted};
}

}  // namespace

Result<Patients> read_patients(const CsvTable& table,
                               const std::vector<program::Parameter>& parameters,
                               std::size_t most) {
  const std::string wanted = wanted_header(parameters);
  const std::size_t id = table.column(kId);
  if (id == table.header.size())
    return Error{ErrorCode::kInvalidArgument, "no column id; the program asks for " + wanted};
  std::vector<Column> columns;
  for (const program::Parameter& p : parameters) {
    auto column = column_of(table, p, wanted);
    if (!column) return column.error();
    columns.push_back(std::move(*column));
  }
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    const auto is_this = [c](const Column& column) { return column.cell == c; };
    if (c != id && std::none_of(columns.begin(), columns.end(), is_this)) {
      return Error{ErrorCode::kInvalidArgument,
                   "column " + table.header[c] +
                       " is none of what the program asks for: " + wanted + "; leave it out"};
    }
  }
  if (table.rows.size() > most) {
    return Error{ErrorCode::kLimit, std::to_string(table.rows.size()) +
                                        " patients; a ciphertext has slots for " +
                                        std::to_string(most) + ": split the table"};
  }
  Patients out;
  std::set<std::string> seen;
  for (const CsvRow& row : table.rows) {
    if (row.cells[id].empty() || !seen.insert(row.cells[id]).second) {
      return Error{ErrorCode::kInvalidArgument, "line " + std::to_string(row.line) + ": id '" +
                                                    row.cells[id] + "' is empty or there twice"};
    }
    out.ids.push_back(row.cells[id]);
    out.values.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto number =
          parse_number(row.cells[columns[i].cell], row.line, table.header[columns[i].cell]);
      if (!number) return number.error();
      const auto value = convert(*number, columns[i].unit, parameters[i].unit);
      if (!value) return value.error();
      out.values.back().push_back({parameters[i].name, *value});
    }
  }
  return out;
}

}  // namespace salus::ingest
