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

// An attribute's value within a tag; empty where there is none.
std::string_view attribute(std::string_view tag, std::string_view name) {
  for (std::size_t i = tag.find(name); i < tag.size(); i = tag.find(name, i + 1)) {
    const bool begins = i > 0 && std::isspace(static_cast<unsigned char>(tag[i - 1])) != 0;
    const std::size_t equals = tag.find_first_not_of(" \t\r\n", i + name.size());
    if (!begins || equals >= tag.size() || tag[equals] != '=') continue;
    const std::size_t from = tag.find_first_not_of(" \t\r\n", equals + 1);
    if (from >= tag.size() || (tag[from] != '"' && tag[from] != '\'')) continue;
    const std::size_t to = tag.find(tag[from], from + 1);
    return to >= tag.size() ? std::string_view{} : tag.substr(from + 1, to - from - 1);
  }
  return {};
}

// libSBML throws, and leaks what it had read, for a level and version that do not belong together
// or not to the namespace: so they are looked at first.
Status check_root(std::string_view xml, std::size_t position, std::string_view tag) {
  const std::string level(attribute(tag, "level")), version(attribute(tag, "version"));
  const std::string base = "http://www.sbml.org/sbml/level" + level;
  const bool level2 = level == "2" && version.size() == 1 && version >= "1" && version <= "5";
  const bool level3 = level == "3" && (version == "1" || version == "2");
  if (!level2 && !level3) {
    return at(level.empty() ? ErrorCode::kParse : ErrorCode::kVersion, xml, position,
              "SBML Level '" + level.substr(0, 8) + "' Version '" + version.substr(0, 8) +
                  "' is not supported; convert the file to Level 3 Version 2");
  }
  const std::string wanted = level3           ? base + "/version" + version + "/core"
                             : version == "1" ? base
                                              : base + "/version" + version;
  const std::string_view name = tag.substr(1, tag.find_first_of(" \t\r\n/>:") - 1);
  const bool prefixed = name != "sbml";
  const std::string key = prefixed ? "xmlns:" + std::string(name) : "xmlns";
  if (attribute(tag, key) == wanted) return {};
  return at(ErrorCode::kParse, xml, position,
            "SBML: the root element must be <sbml xmlns=\"" + wanted + "\">");
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
  if (xml.find('<') == std::string_view::npos) {
    return Error{ErrorCode::kParse, "1: SBML: holds no XML element"};
  }
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
      if (elements == 0 && !closes) {
        if (Status s = check_root(xml, i, rest.substr(0, end - i)); !s) return s;
      }
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
