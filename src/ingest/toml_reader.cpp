#include "ingest/toml_reader.h"

#include <cmath>
#include <sstream>

namespace salus::ingest {
namespace {

constexpr std::size_t kMaxItems = 1'000;

}  // namespace

void TomlReader::refuse(std::string_view key, const std::string& why) const {
  const toml::node* node = table_.get(key);
  const auto line = (node == nullptr ? table_.source() : node->source()).begin.line;
  throw TomlRefusal{
      {ErrorCode::kInvalidArgument, file_ + (line == 0 ? "" : ":" + std::to_string(line)) + ": " +
                                        what_ + ": '" + std::string(key) + "' " + why}};
}

const toml::node* TomlReader::find(std::string_view key) {
  asked_.emplace(key);
  return table_.get(key);
}

std::string TomlReader::text(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) refuse(key, "is missing; add it");
  if (!node->is_string()) refuse(key, "must be a text in quotes");
  return *node->value<std::string>();
}

std::optional<double> TomlReader::number(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->is_number() ? node->value<double>() : std::nullopt;
  if (!value || !std::isfinite(*value)) refuse(key, "must be a finite number");
  return value;
}

std::int64_t TomlReader::whole(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr || !node->is_integer()) refuse(key, "must be a whole number");
  return *node->value<std::int64_t>();
}

bool TomlReader::flag(std::string_view key) {
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_boolean()) refuse(key, "must be true or false");
  return node != nullptr && *node->value<bool>();
}

std::vector<std::string> TomlReader::texts(std::string_view key) {
  std::vector<std::string> out;
  const toml::node* node = find(key);
  if (node == nullptr) return out;
  if (!node->is_array() || node->as_array()->size() > kMaxItems)
    refuse(key, "must be a list of at most " + std::to_string(kMaxItems) + " texts");
  for (const toml::node& each : *node->as_array()) {
    if (!each.is_string()) refuse(key, "must be a list of texts in quotes");
    out.push_back(*each.value<std::string>());
  }
  return out;
}

std::vector<std::int64_t> TomlReader::wholes(std::string_view key) {
  std::vector<std::int64_t> out;
  const toml::node* node = find(key);
  if (node == nullptr) return out;
  if (!node->is_array() || node->as_array()->size() > kMaxItems)
    refuse(key, "must be a list of at most " + std::to_string(kMaxItems) + " whole numbers");
  for (const toml::node& each : *node->as_array()) {
    if (!each.is_integer()) refuse(key, "must be a list of whole numbers");
    out.push_back(*each.value<std::int64_t>());
  }
  return out;
}

std::map<std::string, double> TomlReader::numbers(std::string_view key) {
  std::map<std::string, double> out;
  auto inner = table(key);
  if (!inner) return out;
  for (const auto& [name, node] : inner->table_) {
    const auto value = inner->number(name.str());
    out.emplace(name.str(), *value);
  }
  return out;
}

std::vector<std::pair<std::string, std::vector<std::string>>> TomlReader::text_lists(
    std::string_view key) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  auto inner = table(key);
  if (!inner) return out;
  if (inner->table_.size() > kMaxItems) refuse(key, "has too many entries");
  for (const auto& [name, node] : inner->table_)
    out.emplace_back(std::string(name.str()), inner->texts(name.str()));
  return out;
}

std::optional<TomlReader> TomlReader::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_table()) refuse(key, "must be a table");
  return TomlReader(*node->as_table(), file_, what_ + " " + std::string(key));
}

std::vector<TomlReader> TomlReader::tables(std::string_view key) {
  std::vector<TomlReader> out;
  const toml::node* node = find(key);
  if (node == nullptr) return out;
  if (!node->is_array() || node->as_array()->size() > kMaxItems)
    refuse(key, "must be [[" + std::string(key) + "]] tables");
  for (const toml::node& each : *node->as_array()) {
    if (!each.is_table()) refuse(key, "must be [[" + std::string(key) + "]] tables");
    out.emplace_back(*each.as_table(), file_,
                     what_ + " " + std::string(key) + " " + std::to_string(out.size() + 1));
  }
  return out;
}

void TomlReader::finish() const {
  for (const auto& [name, node] : table_) {
    if (!asked_.contains(name.str())) refuse(name.str(), "is not a key that is known here");
  }
}

Result<toml::table> parse_toml(std::string_view text, std::string_view file, std::size_t most) {
  if (text.size() > most) {
    return Error{ErrorCode::kLimit, std::string(file) + ": " + std::to_string(text.size()) +
                                        " bytes, at most " + std::to_string(most)};
  }
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& failed) {
    std::ostringstream where;
    where << file << ':' << failed.source().begin.line << ':' << failed.source().begin.column
          << ": " << failed.description();
    return Error{ErrorCode::kParse, where.str()};
  }
}

}  // namespace salus::ingest
