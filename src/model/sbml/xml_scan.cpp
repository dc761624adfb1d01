#include "model/sbml/xml_scan.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "model/sbml.h"

namespace salus::model::sbml {
namespace {

Error at(ErrorCode code, std::string_view xml, std::size_t position, const std::string& why) {
  const auto line = 1 + std::count(xml.begin(), xml.begin() + static_cast<long>(position), '\n');
  return {code, std::to_string(line) + ": " + why};
}

// The position behind `end`, or the text's end.
std::size_t behind(std::string_view xml, std::size_t from, std::string_view end) {
  const std::size_t found = xml.find(end, from);
  return found == std::string_view::npos ? xml.size() : found + end.size();
}

// The position behind a tag's '>', which may stand in an attribute too.
std::size_t behind_tag(std::string_view xml, std::size_t from) {
  char quote = 0;
  for (std::size_t i = from; i < xml.size(); ++i) {
    const char c = xml[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return xml.size();
}

// <?xml ... encoding="..."?>: only those in which every byte below 128 is itself.
Status check_declaration(std::string_view xml, std::string_view declaration) {
  const std::size_t found = declaration.find("encoding");
  if (found == std::string_view::npos) return {};
  const std::size_t from = declaration.find_first_of("\"'", found);
  if (from == std::string_view::npos) return {};
  const std::size_t to = declaration.find(declaration[from], from + 1);
  std::string name(declaration.substr(from + 1, to == std::string_view::npos ? 0 : to - from - 1));
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (name == "UTF-8" || name == "UTF8" || name == "US-ASCII" || name == "ASCII" ||
      name == "ISO-8859-1") {
    return {};
  }
  return at(ErrorCode::kParse, xml, 0,
            "encoding '" + name.substr(0, 32) + "' is not supported; save the file as UTF-8");
}

// <math>, </m:math>: whatever the prefix.
bool is_math(std::string_view tag) {
  tag.remove_prefix(tag.starts_with("</") ? 2 : 1);
  const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/>"));
  return name.substr(name.find(':') + 1) == "math";
}

}  // namespace

Status scan_xml(std::string_view xml) {
  if (xml.size() > kMaxSbmlBytes) {
    return Error{ErrorCode::kLimit, "1: " + std::to_string(xml.size()) + " bytes; at most " +
                                        std::to_string(kMaxSbmlBytes)};
  }
  if (const std::size_t zero = xml.find('\0'); zero != std::string_view::npos) {
    return at(ErrorCode::kParse, xml, zero, "holds a zero byte; save the file as UTF-8");
  }
  std::size_t depth = 0, elements = 0, math_from = 0;
  for (std::size_t i = xml.find('<'); i < xml.size(); i = xml.find('<', i)) {
    const std::string_view rest = xml.substr(i);
    if (rest.starts_with("<!--")) {
      i = behind(xml, i + 4, "-->");
    } else if (rest.starts_with("<![CDATA[")) {
      i = behind(xml, i + 9, "]]>");
    } else if (rest.starts_with("<!")) {
      return at(ErrorCode::kParse, xml, i,
                "has a document type or an entity, which SBML has no use for; remove it");
    } else if (rest.starts_with("<?")) {
      const std::size_t end = behind(xml, i, "?>");
      if (Status s = check_declaration(xml, xml.substr(i, end - i)); !s) return s;
      i = end;
    } else {
      const std::size_t end = behind_tag(xml, i);
      const bool closes = rest.starts_with("</");
      const bool empty = end >= 2 && xml[end - 2] == '/' && !closes;
      elements += closes ? 0 : 1;
      if (is_math(rest.substr(0, end - i))) math_from = closes ? 0 : elements;
      depth = closes ? depth - std::min<std::size_t>(depth, 1) : depth + (empty ? 0 : 1);
      if (depth > kMaxXmlDepth) {
        return at(ErrorCode::kLimit, xml, i,
                  "elements nested deeper than " + std::to_string(kMaxXmlDepth));
      }
      if (math_from != 0 && elements - math_from > kMaxMathElements) {
        return at(ErrorCode::kLimit, xml, i,
                  "a formula of more than " + std::to_string(kMaxMathElements) +
                      " elements; split it into several rules");
      }
      if (elements > kMaxSbmlElements) {
        return at(ErrorCode::kLimit, xml, i,
                  "more than " + std::to_string(kMaxSbmlElements) + " elements");
      }
      i = end;
    }
  }
  return {};
}

}  // namespace salus::model::sbml
