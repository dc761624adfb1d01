#include "support/yaml.h"

#include <sstream>
#include <stdexcept>
#include <vector>

namespace salus::e2e {
namespace {

using nlohmann::json;

struct Line {
  std::size_t indent;
  std::string text;
  int number;
};

std::vector<Line> lines_of(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream in(text);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == std::string::npos || line[indent] == '#') continue;
    lines.push_back({indent, line.substr(indent), number});
  }
  return lines;
}

json scalar(const std::string& text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    return text.substr(1, text.size() - 2);
  }
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    json list = json::array();
    std::istringstream in(text.substr(1, text.size() - 2));
    std::string item;
    while (std::getline(in, item, ','))
      list.push_back(scalar(item.substr(item.find_first_not_of(' '))));
    return list;
  }
  if (text == "true" || text == "false") return text == "true";
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) {
    return std::stoll(text);
  }
  return text;
}

class Reader {
 public:
  explicit Reader(std::vector<Line> lines) : lines_(std::move(lines)) {}

  json block(std::size_t indent) {
    if (lines_.at(at_).text.starts_with("- ")) return list(indent);
    return map(indent);
  }

 private:
  bool here(std::size_t indent) const {
    return at_ < lines_.size() && lines_[at_].indent == indent;
  }

  json list(std::size_t indent) {
    json items = json::array();
    while (here(indent) && lines_[at_].text.starts_with("- ")) {
      Line& line = lines_[at_];
      line.text = line.text.substr(2);
      line.indent += 2;
      if (line.text.find(": ") == std::string::npos && !line.text.ends_with(':')) {
        items.push_back(scalar(line.text));
        ++at_;
      } else {
        items.push_back(map(indent + 2));
      }
    }
    return items;
  }

  json map(std::size_t indent) {
    json object = json::object();
    while (here(indent) && !lines_[at_].text.starts_with("- ")) {
      const Line line = lines_[at_++];
      const std::size_t colon = line.text.find(':');
      if (colon == std::string::npos) {
        throw std::runtime_error("YAML line " + std::to_string(line.number) + " is not key: value");
      }
      const std::string key = scalar(line.text.substr(0, colon)).is_string()
                                  ? scalar(line.text.substr(0, colon)).get<std::string>()
                                  : line.text.substr(0, colon);
      if (colon + 1 < line.text.size()) {
        object[key] = scalar(line.text.substr(colon + 2));
      } else if (at_ < lines_.size() && lines_[at_].indent > indent) {
        object[key] = block(lines_[at_].indent);
      } else {
        object[key] = nullptr;
      }
    }
    return object;
  }

  std::vector<Line> lines_;
  std::size_t at_ = 0;
};

}  // namespace

json parse_yaml(const std::string& text) {
  std::vector<Line> lines = lines_of(text);
  if (lines.empty()) return json::object();
  return Reader(std::move(lines)).block(0);
}

}  // namespace salus::e2e
