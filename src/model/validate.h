// Checks that the solvers share. Private to this folder.
#pragma once

#include <vector>

#include "model/reference.h"

namespace salus::model {

/// All parameters in the model's order. Errors: as complete().
Result<std::vector<double>> parameter_values(const Model& model, const Values& given);

/// Doses and times are finite and not negative, times ascend.
Status validate_schedule(const std::vector<Dose>& doses, const std::vector<double>& times_h);

}  // namespace salus::model
