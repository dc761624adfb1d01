// How the assembler and the sidecar agree on whose start a quantity is. Private to the SBML reader.
#pragma once

#include <string>

namespace salus::model::sbml {

/// The description of the parameter or derived quantity that holds it: its name may have had to
/// give way to an id of the file.
inline std::string initial_value_of(const std::string& id) { return "initial value of " + id; }

}  // namespace salus::model::sbml
