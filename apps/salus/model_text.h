// What a model says, as text for people and as JSON for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "command.h"
#include "model/model.h"

namespace salus::cli {

std::string describe(const model::Model& model);
/// Everything that the file says: units, boxes, formulas, outputs with links, doses, oracle cases.
nlohmann::json as_json(const model::Model& model);

/// One line a row; cells of a column start at the same place, `gap` after the longest one.
std::string columns(const std::vector<std::vector<std::string>>& rows, const std::string& gap);

/// Verbs of `salus model` that lie in files of their own.
void add_simulate_command(Commands& commands, CLI::App* noun);
void add_certify_command(Commands& commands, CLI::App* noun);
void add_model_file_commands(Commands& commands, CLI::App* noun);

}  // namespace salus::cli
