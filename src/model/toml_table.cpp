#include "model/toml_table.h"

#include <cmath>

#include "model/nearest.h"

namespace salus::model {

namespace {
std::string place(std::string_view file, const toml::source_region& source) {
  std::string out(file);
  if (source.begin.line > 0) out += ":" + std::to_string(source.begin.line);
  return out;
}
}  // namespace

void TomlTable::complain(std::string_view key, const std::string& why, ErrorCode code) const {
  const toml::node* node = key.empty() ? nullptr : table_->get(key);
  const std::string where = place(file_, node == nullptr ? table_->source() : node->source());
  std::string message = where + ": " + what_;
  if (!key.empty()) message += ": '" + std::string(key) + "'";
  throw TomlComplaint{{code, message + " " + why}};
}

int TomlTable::line(std::string_view key) const {
  const toml::node* node = key.empty() ? nullptr : table_->get(key);
  return static_cast<int>((node == nullptr ? table_->source() : node->source()).begin.line);
}

const toml::node* TomlTable::find(std::string_view key) {
  asked_.insert(std::string(key));
  return table_->get(key);
}

const toml::node& TomlTable::need(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) complain(key, "is missing; add it");
  return *node;
}

double TomlTable::to_number(std::string_view key, const toml::node& node) const {
  const auto value = node.value<double>();
  if (!value || !(node.is_floating_point() || node.is_integer())) complain(key, "must be a number");
  if (!std::isfinite(*value)) complain(key, "is not a finite number");
  return *value;
}

bool TomlTable::has(std::string_view key) { return find(key) != nullptr; }

std::string TomlTable::text(std::string_view key) {
  const toml::node& node = need(key);
  if (!node.is_string()) complain(key, "must be a text in quotes");
  return *node.value<std::string>();
}

std::string TomlTable::text_or(std::string_view key, std::string_view fallback) {
  return has(key) ? text(key) : std::string(fallback);
}

double TomlTable::number(std::string_view key) { return to_number(key, need(key)); }

double TomlTable::number_or(std::string_view key, double fallback) {
  return has(key) ? number(key) : fallback;
}

bool TomlTable::boolean_or(std::string_view key, bool fallback) {
  if (!has(key)) return fallback;
  const auto value = need(key).value<bool>();
  if (!need(key).is_boolean() || !value) complain(key, "must be true or false");
  return *value;
}

bool TomlTable::is_text(std::string_view key) {
  const toml::node* node = find(key);
  return node != nullptr && node->is_string();
}

int TomlTable::integer_or(std::string_view key, int fallback) {
  if (!has(key)) return fallback;
  const toml::node& node = need(key);
  const auto value = node.is_integer() ? node.value<std::int64_t>() : std::nullopt;
  if (!value || *value < 0 || *value > 1'000'000)
    complain(key, "must be a whole number, 0 .. 1000000");
  return static_cast<int>(*value);
}

std::vector<std::string> TomlTable::texts(std::string_view key) {
  const toml::array* array = need(key).as_array();
  if (array == nullptr) complain(key, "must be a list of texts");
  std::vector<std::string> out;
  for (const toml::node& node : *array) {
    if (!node.is_string()) complain(key, "must be a list of texts");
    out.push_back(*node.value<std::string>());
  }
  return out;
}

std::vector<double> TomlTable::numbers(std::string_view key) {
  const toml::array* array = need(key).as_array();
  if (array == nullptr) complain(key, "must be a list of numbers");
  std::vector<double> out;
  for (const toml::node& node : *array) out.push_back(to_number(key, node));
  return out;
}

std::vector<std::pair<std::string, double>> TomlTable::number_map(std::string_view key) {
  const toml::table* inner = need(key).as_table();
  if (inner == nullptr) complain(key, "must be a table { name = number }");
  std::vector<std::pair<std::string, double>> out;
  for (const auto& [name, node] : *inner) {
    out.emplace_back(std::string(name.str()), to_number(key, node));
  }
  return out;
}

TomlTable TomlTable::table(std::string_view key) {
  const toml::table* inner = need(key).as_table();
  if (inner == nullptr) complain(key, "must be a table; write [" + std::string(key) + "]");
  return {*inner, file_, "[" + std::string(key) + "]"};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key, std::size_t limit) {
  std::vector<TomlTable> out;
  if (!has(key)) return out;
  const toml::array* array = need(key).as_array();
  if (array == nullptr)
    complain(key, "must be a list of tables; write [[" + std::string(key) + "]]");
  if (array->size() > limit) {
    complain(key,
             "has " + std::to_string(array->size()) + " entries; at most " + std::to_string(limit),
             ErrorCode::kLimit);
  }
  for (const toml::node& node : *array) {
    const toml::table* inner = node.as_table();
    if (inner == nullptr)
      complain(key, "must be a list of tables; write [[" + std::string(key) + "]]");
    const auto name = (*inner)["name"].value<std::string>();
    out.push_back({*inner, file_, std::string(key) + (name ? " '" + *name + "'" : "")});
  }
  return out;
}

void TomlTable::finish() {
  for (const auto& [key, node] : *table_) {
    if (asked_.contains(key.str())) continue;
    const std::vector<std::string> known(asked_.begin(), asked_.end());
    complain(key.str(), "is not a known key" + did_you_mean(key.str(), known) + "; known are " +
                            listed(known));
  }
}

Result<toml::table> parse_toml(std::string_view text, std::string_view file,
                               std::size_t limit_bytes) {
  if (text.size() > limit_bytes) {
    return Error{ErrorCode::kLimit, std::string(file) + ": " + std::to_string(text.size()) +
                                        " bytes; at most " + std::to_string(limit_bytes)};
  }
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    return Error{ErrorCode::kParse,
                 place(file, e.source()) + ":" + std::to_string(e.source().begin.column) + ": " +
                     std::string(e.description()) + "; texts stand in quotes, each key once"};
  }
}

}  // namespace salus::model
