// A look at XML before the parser sees it. Private to the SBML reader.
#pragma once

#include <string_view>

#include "base/result.h"

namespace salus::model::sbml {

/// Refuses levels, versions and namespaces that are not SBML Level 2 or 3, and what makes XML
/// parsers expensive: document types (entities), encodings in which this scan could not see the
/// tags, elements nested deeper than kMaxXmlDepth or more than kMaxSbmlElements (kMaxMathElements
/// in one formula), more than kMaxSbmlBytes. Whether it is well-formed is the parser's to say.
/// Errors: kParse, kVersion, kLimit; "LINE: why".
Status scan_xml(std::string_view xml);

}  // namespace salus::model::sbml
