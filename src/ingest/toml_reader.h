// TOML tables of which every key has to be known, with complaints that carry file and line. Private
// to the readers of this folder.
#pragma once

#include <toml++/toml.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::ingest {

/// Thrown by TomlReader, caught by the reader that made it; leaves no header of this folder.
struct TomlRefusal {
  Error error;
};

class TomlReader {
 public:
  TomlReader(const toml::table& table, std::string_view file, std::string what)
      : table_(table), file_(file), what_(std::move(what)) {}

  /// Getters throw TomlRefusal where the key is of another type; `text` also where it is missing.
  bool has(std::string_view key) const { return table_.contains(key); }
  std::string text(std::string_view key);
  std::optional<double> number(std::string_view key);
  std::int64_t whole(std::string_view key);
  bool flag(std::string_view key);                       ///< missing: false
  std::vector<std::string> texts(std::string_view key);  ///< missing: none
  std::vector<std::int64_t> wholes(std::string_view key);
  std::map<std::string, double> numbers(std::string_view key);
  std::vector<std::pair<std::string, std::vector<std::string>>> text_lists(std::string_view key);
  std::optional<TomlReader> table(std::string_view key);
  std::vector<TomlReader> tables(std::string_view key);
  /// Throws for a key that nobody asked for.
  void finish() const;
  [[noreturn]] void refuse(std::string_view key, const std::string& why) const;

 private:
  const toml::node* find(std::string_view key);

  const toml::table& table_;
  std::string file_;
  std::string what_;
  std::set<std::string, std::less<>> asked_;
};

/// Errors: kParse, "file:line:column: why"; kLimit above `most` bytes.
Result<toml::table> parse_toml(std::string_view text, std::string_view file, std::size_t most);

}  // namespace salus::ingest
