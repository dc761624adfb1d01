// TOML with every complaint carrying file and line. Private to the readers of model and question
// files.
#pragma once

#include <toml++/toml.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::model {

/// Thrown by TomlTable and turned into an Error by `read_toml`; never leaves a reader.
struct TomlComplaint {
  Error error;
};

/// One table being read. Getters throw TomlComplaint; `finish` complains about keys nobody asked
/// for.
class TomlTable {
 public:
  TomlTable(const toml::table& table, std::string_view file, std::string what)
      : table_(&table), file_(file), what_(std::move(what)) {}

  bool has(std::string_view key);
  std::string text(std::string_view key);
  std::string text_or(std::string_view key, std::string_view fallback);
  double number(std::string_view key);
  double number_or(std::string_view key, double fallback);
  bool boolean_or(std::string_view key, bool fallback);
  bool is_text(std::string_view key);  ///< present, and a string
  int integer_or(std::string_view key, int fallback);
  std::vector<std::string> texts(std::string_view key);
  std::vector<double> numbers(std::string_view key);
  std::vector<std::pair<std::string, double>> number_map(std::string_view key);
  TomlTable table(std::string_view key);
  std::vector<TomlTable> tables(std::string_view key, std::size_t limit);  ///< [[key]], maybe none
  void finish();

  const std::string& what() const { return what_; }
  /// Of `key`, or of the table where it has no such key; 0: unknown.
  int line(std::string_view key = {}) const;
  [[noreturn]] void complain(std::string_view key, const std::string& why,
                             ErrorCode code = ErrorCode::kInvalidArgument) const;

 private:
  const toml::node* find(std::string_view key);
  const toml::node& need(std::string_view key);
  double to_number(std::string_view key, const toml::node& node) const;

  const toml::table* table_;
  std::string file_;
  std::string what_;  // "parameter 'CL'", for messages
  std::set<std::string, std::less<>> asked_;
};

/// toml::parse with its error as kParse "file:line:column: why". Errors: kLimit above limit_bytes.
Result<toml::table> parse_toml(std::string_view text, std::string_view file,
                               std::size_t limit_bytes);

}  // namespace salus::model
