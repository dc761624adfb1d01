// A program's certificate and the planner's table, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compiler/plan.h"

namespace salus::cli {

std::string certificate_text(const program::Program& program);
nlohmann::json to_json(const program::Certificate& certificate);

/// One line a family: what it needs, what it reaches, why not.
std::string families_text(const std::vector<compiler::FamilyOption>& families);
nlohmann::json to_json(const std::vector<compiler::FamilyOption>& families);
/// What a refused compilation says, with the table where the planner got that far.
Error with_families(const Error& error, const std::vector<compiler::FamilyOption>& families);

}  // namespace salus::cli
