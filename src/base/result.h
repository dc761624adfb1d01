// Outcomes. Everything that input, network, disk or a level budget can cause is a Result; our own
// mistakes throw Defect, which only the doors (apps, http) catch.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace salus {

/// Stable names of what can go wrong; apps map them to exit codes, http to status codes.
enum class ErrorCode {
  kInvalidArgument,   ///< a value, option or field that makes no sense, or a unit or NaN
  kParse,             ///< text or bytes that do not follow their format
  kVersion,           ///< a format version this build does not know
  kCorrupt,           ///< checksum or digest does not match
  kLimit,             ///< larger, longer or more than a named limit
  kOutsideBox,        ///< a value outside the certified box of a program
  kUnsafeParameters,  ///< modulus too large for 128 bits of security
  kMismatch,          ///< objects of different parameters, keys or schemas
  kLevelExhausted,    ///< not enough modulus left
  kScaleMismatch,     ///< operands' scales differ
  kMissingKey,        ///< a rotation or relinearization key that was not made
  kNotFound,
  kConflict,  ///< already exists with other content, or the state forbids it
  kDenied,    ///< not authenticated or not permitted
  kCancelled,
  kNoSpace,  ///< disk full or quota reached
  kIo,
  kUnavailable,  ///< the other side cannot be reached or is too busy: try again
  kNotBuilt,     ///< a documented feature that this version does not have
};

/// The stable spelling of a code, e.g. "outside_box".
std::string_view name(ErrorCode code);

/// What failed, with the object, the numbers and the next step; never a patient value or key byte.
struct Error {
  ErrorCode code;
  std::string message;
};

/// A mistake of ours. Never thrown for input.
class Defect : public std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] void throw_defect(std::string_view why, std::source_location where);

/// Throws Defect unless `condition` holds.
inline void check(bool condition, std::string_view why,
                  std::source_location where = std::source_location::current()) {
  if (!condition) [[unlikely]]
    throw_defect(why, where);
}

/// A T or an Error; a subset of std::expected<T, Error>.
template <class T>
class [[nodiscard]] Result {
 public:
  // Both convert implicitly by design: `return value;` and `return Error{...};` are how a Result is
  // made.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return checked(), std::get<0>(state_); }
  const T& value() const& { return checked(), std::get<0>(state_); }
  T&& value() && { return checked(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    check(!has_value(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }

 private:
  void checked() const {
    if (!has_value()) throw_defect(std::get<1>(state_).message, std::source_location::current());
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}  // NOLINT

  bool has_value() const { return !failed_; }
  explicit operator bool() const { return !failed_; }
  const Error& error() const {
    check(failed_, "error() of a Status that is fine");
    return error_;
  }

 private:
  bool failed_ = false;
  Error error_{};
};

using Status = Result<void>;

/// The value, or a Defect with the error's message: for tests, and where failure is our mistake.
template <class T>
T must(Result<T> result) {
  return std::move(result).value();
}
inline void must(const Status& status) {
  check(status.has_value(), status ? "" : status.error().message);
}

}  // namespace salus
