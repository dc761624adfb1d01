#include "ingest/mapping.h"

#include <toml++/toml.h>
#include <sstream>

#include "ingest/unit.h"

namespace salus::ingest {
namespace {

constexpr std::string_view kFormat = "salus-mapping 1";

Error bad(std::string message) {
  return Error{ErrorCode::kInvalidArgument, "mapping: " + std::move(message)};
}

MappedColumn* find(Mapping& mapping, std::string_view what) {
  if (what == "time") return &mapping.time;
  if (what == "value") return &mapping.value;
  if (what == "weight") return &mapping.weight;
  if (what == "dose") return &mapping.dose;
  return nullptr;
}

Result<std::string> text_of(std::string_view key, const toml::node& node) {
  if (const auto text = node.value<std::string>()) return *text;
  return bad(std::string(key) + " is not a string");
}

Status read_table(Mapping& mapping, std::string_view what, const toml::table& table) {
  MappedColumn* column = find(mapping, what);
  if (column == nullptr && what != "subject") {
    return bad("unknown table [" + std::string(what) +
               "]; known are subject, time, value, weight, dose");
  }
  for (const auto& [key, node] : table) {
    const Result<std::string> text = text_of(key.str(), node);
    if (!text) return text.error();
    if (key.str() == "column") {
      (column == nullptr ? mapping.subject : column->column) = *text;
    } else if (key.str() == "unit" && column != nullptr) {
      column->unit = *text;
    } else {
      return bad("unknown key \"" + std::string(key.str()) + "\" in [" + std::string(what) + "]");
    }
  }
  return {};
}

Status read_ignore(Mapping& mapping, const toml::node& node) {
  const toml::array* names = node.as_array();
  if (names == nullptr) return bad("ignore is not an array of column names");
  for (const toml::node& name : *names) {
    const Result<std::string> text = text_of("ignore", name);
    if (!text) return text.error();
    mapping.ignore.push_back(*text);
  }
  return {};
}

Result<Mapping> read_document(const toml::table& document) {
  const auto format = document["format"].value<std::string>();
  if (!format) return bad("no format line; expected format = \"" + std::string(kFormat) + "\"");
  if (*format != kFormat) {
    return Error{ErrorCode::kVersion, "mapping: format \"" + format->substr(0, 40) +
                                          "\", this build reads \"" + std::string(kFormat) + "\""};
  }
  Mapping mapping;
  for (const auto& [key, node] : document) {
    Status fine;
    if (key.str() == "format") continue;
    if (key.str() == "ignore") {
      fine = read_ignore(mapping, node);
    } else if (const toml::table* table = node.as_table()) {
      fine = read_table(mapping, key.str(), *table);
    } else {
      fine = bad("unknown key \"" + std::string(key.str()) + "\"");
    }
    if (!fine) return fine.error();
  }
  return mapping;
}

}  // namespace

Result<Mapping> parse_mapping(std::string_view toml) {
  try {
    const toml::table document = toml::parse(toml);
    Result<Mapping> mapping = read_document(document);
    if (!mapping) return mapping;
    if (const Status fine = check_mapping(*mapping); !fine) return fine.error();
    return mapping;
  } catch (const toml::parse_error& failed) {
    std::ostringstream where;
    where << "mapping line " << failed.source().begin.line << " column "
          << failed.source().begin.column << ": " << failed.description();
    return Error{ErrorCode::kParse, where.str()};
  }
}

Status add_to_mapping(Mapping& mapping, std::string_view option) {
  const auto equals = option.find('=');
  if (equals == std::string_view::npos || equals + 1 == option.size()) {
    return bad("option \"" + std::string(option.substr(0, 64)) +
               "\", expected what=column:unit, for example time=Time:h");
  }
  const std::string_view what = option.substr(0, equals);
  const std::string_view rest = option.substr(equals + 1);
  if (what == "subject") return mapping.subject = rest, Status{};
  if (what == "ignore") return mapping.ignore.emplace_back(rest), Status{};
  MappedColumn* column = find(mapping, what);
  if (column == nullptr) {
    return bad("\"" + std::string(what.substr(0, 32)) +
               "\" is none of subject, time, value, weight, dose, ignore");
  }
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) {
    return bad(std::string(what) + ": column \"" + std::string(rest) + "\" has no unit; write " +
               std::string(what) + "=" + std::string(rest) + ":UNIT");
  }
  *column = {std::string(rest.substr(0, colon)), std::string(rest.substr(colon + 1))};
  return {};
}

Status check_mapping(const Mapping& mapping) {
  const std::pair<std::string_view, const MappedColumn*> columns[] = {{"time", &mapping.time},
                                                                      {"value", &mapping.value},
                                                                      {"weight", &mapping.weight},
                                                                      {"dose", &mapping.dose}};
  for (const auto& [what, column] : columns) {
    const std::string name(what);
    if (column->column.empty()) {
      if (what != "time" && what != "value") continue;
      return bad("no column is mapped to " + name + "; add [" + name + "] or --map " + name +
                 "=COLUMN:UNIT");
    }
    if (column->unit.empty()) {
      return bad("column \"" + column->column + "\" (" + name +
                 ") has no unit; add unit = \"...\"");
    }
    if (const Result<Unit> unit = parse_unit(column->unit); !unit) {
      return bad("column \"" + column->column + "\": " + unit.error().message);
    }
  }
  return {};
}

}  // namespace salus::ingest
