// A first model for somebody who has never written one.
#pragma once

#include <string>

#include "base/result.h"

namespace salus::model {

/// A commented model file called `name` that is complete as it is: one compartment, oral, with its
/// closed form as oracle. Errors: kInvalidArgument for a name that is none.
Result<std::string> template_model(const std::string& name);

}  // namespace salus::model
