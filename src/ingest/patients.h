// A table of patients becomes the parameters of a cohort, on the custodian's device.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/csv.h"
#include "program/program.h"

namespace salus::ingest {

struct Patients {
  std::vector<std::string> ids;
  std::vector<std::vector<program::NamedValue>> values;  ///< in the parameters' units
};

/// The column `id` and for each parameter one called "name [unit]", in any order: "CL [L/h]".
/// Values are converted; boxes are checked by program::normalise. Errors: kInvalidArgument, naming
/// column or line: a column that is missing, unknown or without a unit; a unit that does not
/// measure the parameter; a number that is none; an id that is empty or there twice. kLimit: more
/// than `most` rows.
Result<Patients> read_patients(const CsvTable& table,
                               const std::vector<program::Parameter>& parameters, std::size_t most);

}  // namespace salus::ingest
