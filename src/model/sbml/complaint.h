// How the parts of the SBML reader refuse. Private to the reader.
#pragma once

#include <string>

#include "base/result.h"

namespace salus::model::sbml {

/// Thrown inside the reader and turned into an Error by import_sbml; never leaves it.
struct Complaint {
  Error error;
};

/// Where an element stands, for messages: `what` is "species 'S1'".
struct Place {
  std::string what;
  unsigned line = 0;
};

[[noreturn]] inline void refuse(ErrorCode code, const Place& place, const std::string& why) {
  const std::string line = place.line == 0 ? "" : std::to_string(place.line) + ": ";
  throw Complaint{{code, line + place.what + ": " + why}};
}

}  // namespace salus::model::sbml
