// What a person's files were found to say, as a table for people and JSON for programs.
#pragma once

#include <vector>

#include "command.h"
#include "ingest/person.h"

namespace salus::cli {

/// Files, genotypes, sensor windows, features with what they come from and what was converted, and
/// of everything else why it is not used.
Answer described(const ingest::Person& person, const std::vector<ingest::Chosen>& chosen);

}  // namespace salus::cli
