// SBML's unit definitions as UCUM. Private to the SBML reader.
#pragma once

#include <sbml/SBMLTypes.h>

#include <string>

namespace salus::model::sbml {

/// A base unit's name or a definition's id as UCUM: "mmol/L". What UCUM cannot spell becomes an
/// annotation of the number one, "{id}"; an empty id becomes "1".
std::string ucum_of(const ::Model& model, const std::string& unit);

/// The unit of time that a file declares, if it is one of s, ms, min, h, d, wk, a; otherwise empty.
std::string declared_time_unit(const ::Model& model);

}  // namespace salus::model::sbml
