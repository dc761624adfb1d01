// Event tables solved in the clear.
#pragma once

#include <string>

#include "command.h"
#include "model/reference.h"

namespace salus::cli {

struct EventSource {
  std::string csv;
  std::string id;  ///< empty: every subject
};

/// The model's outputs at every EVID 0 and 2 row. `chosen` values hold for everybody; the others
/// are typical, given the first row's covariates where the model has rules for them. Steady states
/// are approached by ever more earlier doses, until doubling them changes nothing. Errors: those of
/// the table, naming file, line and column; kLimit without a steady state.
Result<Answer> simulate_events(const model::Model& model, const model::Values& chosen,
                               const EventSource& source);

}  // namespace salus::cli
