// Formulas as source text of other languages. Private to the exporters.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace salus::model {

/// How a language spells what differs between languages.
struct Dialect {
  std::string_view time;
  std::string_view abs;
  std::string_view min;
  std::string_view max;
  std::string_view comment;         ///< "# "
  bool power_is_function = false;   ///< pow(a, b) instead of a^b
  bool choice_is_operator = false;  ///< (c ? a : b) instead of ifelse(c, a, b)
  bool numbers_need_point = false;  ///< 1.0 instead of 1, against division of integers
  std::string_view factorial;       ///< of x; "tgamma" takes x + 1
  std::set<std::string> reserved;   ///< names that a model's symbols cannot have
};

/// Names of all of a model's symbols, with "_" behind those that the language reserves.
class SafeNames {
 public:
  SafeNames(const Model& model, const Dialect& dialect);
  std::string operator()(std::string_view symbol) const;

 private:
  std::map<std::string, std::string, std::less<>> changed_;
};

std::string print(const Expression& e, const Dialect& dialect, const SafeNames& names);

/// The output's formula with its link around it.
Expression linked_formula(const Output& output);

/// Title, description, citation, doses and what "_" was put behind, as comment lines.
std::string header_comment(const Model& model, const Dialect& dialect);

/// "absorption rate (1/h)", on one line.
std::string meaning(const std::string& description, const std::string& unit);

/// Shortest text that reads back as the same number.
std::string exact_number(double value);

}  // namespace salus::model
