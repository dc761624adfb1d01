// Where a model file defines its symbols: what a complaint about a symbol needs to know of the
// whole file. Private to the reader.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <vector>

namespace salus::model {

/// A symbol out of place: `symbol` in a formula of `user` ("derived 'ke'"), where only `known` may
/// stand.
struct MisplacedSymbol {
  std::string_view symbol;
  std::string_view user;
  const std::vector<std::string>& known;
};

/// Why it cannot stand there and what to do, as the end of a sentence about the formula: it is
/// part of a cycle (which one), it is defined below (where), its kind of quantity has no meaning
/// here, or nothing has this name (what it was probably meant to be).
std::string explain_misplaced(const toml::table& root, const MisplacedSymbol& misplaced);

}  // namespace salus::model
