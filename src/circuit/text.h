// What printer, parser and error messages agree on.
#pragma once

#include <string>
#include <string_view>

namespace salus::circuit {

/// [A-Za-z_][A-Za-z0-9_]*, at most kMaxNameBytes.
bool is_name(std::string_view text);

/// The shortest decimal form that reads back exactly.
std::string number_text(double value);

}  // namespace salus::circuit
