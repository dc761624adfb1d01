// A key plan, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "client/key_plan.h"

namespace salus::cli {

/// One line a key, then the sums.
std::string plan_table(const client::KeyPlan& plan);
/// "8.3 MB of evaluation keys (16), about 0.6 s to make"; says how many are there already.
std::string plan_summary(const client::KeyPlan& plan);
/// {"keys": [{"name", "level", "bytes", "seconds", "reused"}], "evaluation_key_count", ..}
nlohmann::json plan_json(const client::KeyPlan& plan);

}  // namespace salus::cli
