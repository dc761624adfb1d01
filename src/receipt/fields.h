// Lines of "name value": the canonical text that receipts and events are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "tlog/text.h"

namespace salus::receipt {

/// Writes a text whose first line says what it is.
class FieldWriter {
 public:
  explicit FieldWriter(std::string_view kind) : text_(std::string(kind) + "\n") {}
  FieldWriter& text(std::string_view name, std::string_view value);
  FieldWriter& number(std::string_view name, std::uint64_t value);
  FieldWriter& digest(std::string_view name, const Digest& value);
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Reads the fields back in the order in which they were written. After the first that is not as
/// wanted `outcome` says which and why, and values are empty. The text outlives the reader.
class FieldReader {
 public:
  /// `what` names the text in messages ("receipt").
  FieldReader(std::string_view what, std::string_view kind, std::string_view text);
  std::string text(std::string_view name);
  std::uint64_t number(std::string_view name);
  Digest digest(std::string_view name);
  /// Whether the next line has this name.
  bool next_is(std::string_view name) const;
  void fail(const std::string& why);
  /// Errors: kVersion (another first line), kParse naming the line; what is left over.
  Status finish();
  bool failed() const { return !outcome_; }

 private:
  std::string_view value(std::string_view name);

  std::string what_;
  tlog::LineReader lines_;
  int line_ = 1;
  Status outcome_;
};

/// A to Z, a to z, digits and . _ : + / -, 1 to 128 bytes: what a value may hold.
bool is_field_text(std::string_view value);

}  // namespace salus::receipt
