// JSON bodies, read strictly: one object, known fields only, each once, of the right type.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"

namespace salus::http {

/// An object of texts, counts and one level of text maps: all that our requests are made of.
class JsonBody {
 public:
  using TextMap = std::map<std::string, std::string>;

  /// Errors: kInvalidArgument (not JSON, not an object, a duplicate field, nested too deep, a value
  /// of a type that no request has), with the offset where it knows one.
  static Result<JsonBody> parse(std::string_view text);

  /// Each field is asked for once. Errors: kInvalidArgument, naming the field.
  Result<std::string> text(const std::string& field);
  Result<std::uint64_t> count(const std::string& field);
  Result<Digest> digest(const std::string& field);
  Result<std::map<std::string, Digest>> digests(const std::string& field);
  /// Fields that nobody asked for are an error: a misspelt option must not be ignored.
  Status finish() const;

 private:
  using Value = std::variant<std::string, std::uint64_t, TextMap>;
  template <class T>
  Result<T> take(const std::string& field, const char* type);
  std::map<std::string, Value> fields_;
};

inline constexpr int kMaxJsonDepth = 2;

}  // namespace salus::http
