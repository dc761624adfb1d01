// The public parameters as JSON: {"log_n":14,"q":[..],"p":[..],"dnum":4}.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "circuit/circuit.h"

namespace salus::client {

nlohmann::json chain_to_json(const circuit::Chain& chain);

/// Errors: kParse naming the field.
Result<circuit::Chain> chain_from_json(const nlohmann::json& node);

}  // namespace salus::client
