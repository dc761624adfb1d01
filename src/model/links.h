// Outputs as the client shows them.
#pragma once

#include "model/reference.h"

namespace salus::model {

/// The outputs' links applied to curves of all outputs, in the model's order.
void apply_links(const Model& model, Curves& curves);

}  // namespace salus::model
