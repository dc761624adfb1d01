#include "receipt/fields.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace salus::receipt {

bool is_field_text(std::string_view value) {
  constexpr std::size_t kLongest = 128;
  return !value.empty() && value.size() <= kLongest &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  std::string_view("._:+/-").find(c) != std::string_view::npos;
         });
}

FieldWriter& FieldWriter::text(std::string_view name, std::string_view value) {
  check(is_field_text(value), "a field's value has a character that no field may have");
  text_ += name;
  text_ += ' ';
  text_ += value;
  text_ += '\n';
  return *this;
}

FieldWriter& FieldWriter::number(std::string_view name, std::uint64_t value) {
  return text(name, std::to_string(value));
}

FieldWriter& FieldWriter::digest(std::string_view name, const Digest& value) {
  return text(name, value.hex());
}

FieldReader::FieldReader(std::string_view what, std::string_view kind, std::string_view text)
    : what_(what), lines_(text) {
  const auto first = lines_.next();
  if (first == kind) return;
  outcome_ = Error{ErrorCode::kVersion, what_ + " does not begin with \"" + std::string(kind) +
                                            "\": it is of another version, or something else"};
}

void FieldReader::fail(const std::string& why) {
  if (!outcome_) return;
  outcome_ = Error{ErrorCode::kParse, what_ + ", line " + std::to_string(line_) + ": " + why};
}

std::string_view FieldReader::value(std::string_view name) {
  if (failed()) return {};
  const auto line = lines_.next();
  ++line_;
  const std::string start = std::string(name) + " ";
  if (!line || !line->starts_with(start) || !is_field_text(line->substr(start.size()))) {
    fail("needed is \"" + start + "VALUE\"");
    return {};
  }
  return line->substr(start.size());
}

std::string FieldReader::text(std::string_view name) { return std::string(value(name)); }

std::uint64_t FieldReader::number(std::string_view name) {
  const std::string_view digits = value(name);
  if (failed()) return 0;
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const Result<std::uint64_t> parsed = tlog::parse_decimal(digits, kLargest);
  if (parsed) return *parsed;
  fail(parsed.error().message);
  return 0;
}

Digest FieldReader::digest(std::string_view name) {
  const std::string_view hex = value(name);
  if (failed()) return {};
  const Result<Digest> parsed = Digest::parse(hex);
  if (parsed && parsed->hex() == hex) return *parsed;
  fail(std::string(name) + " is not 64 digits 0-9 a-f");
  return {};
}

bool FieldReader::next_is(std::string_view name) const {
  return !failed() && lines_.rest().starts_with(std::string(name) + " ");
}

Status FieldReader::finish() {
  if (!failed() && !lines_.rest().empty()) {
    ++line_;
    fail("there is more than belongs there");
  }
  return outcome_;
}

}  // namespace salus::receipt
