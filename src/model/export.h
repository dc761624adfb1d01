// Models in the languages of other tools: for checking ours against theirs, and for leaving.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/model.h"

namespace salus::model {

/// SBML Level 3 Version 2: every quantity is a parameter, states have rate rules, derived
/// quantities initial assignments, variables and outputs assignment rules; units are unit
/// definitions, numbers in formulas are dimensionless. Outputs come after their link. Doses,
/// boxes and covariates are notes: SBML has no word for them.
Result<std::string> export_sbml(const Model& model);

/// The mini-language of rxode2: typical values as defaults, doses through f(state).
std::string export_rxode2(const Model& model);

/// A model specification of mrgsolve, annotated; times in the model's unit.
std::string export_mrgsolve(const Model& model);

/// The one called "sbml", "rxode2" or "mrgsolve". Errors: kInvalidArgument, naming the three;
/// kNotBuilt for a model with events.
Result<std::string> export_model(const Model& model, std::string_view language);

}  // namespace salus::model
