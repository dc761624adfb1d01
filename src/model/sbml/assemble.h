// Document -> Model. Private to the SBML reader.
#pragma once

#include "model/sbml.h"
#include "model/sbml/document.h"

namespace salus::model::sbml {

/// Throws Complaint for what does not fit together: unknown symbols, cycles, limits.
SbmlImport assemble(Document document);

}  // namespace salus::model::sbml
