// Matching a method and a path against the list of routes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::http {

enum class Endpoint {
  kHealth,
  kLimits,
  kAnnounce,
  kObjectStatus,
  kAppend,
  kObject,
  kCreateTwin,
  kTwins,
  kTwin,
  kEraseTwin,
  kStartRun,
  kRuns,
  kRun,
  kRunEvents,
  kRunResult,
  kCancelRun,
  kRunReceipt,
  kTwinLog,
  kLogFile,
  kChallenge,
  kSignIn,
  kSignOut,
};

struct Match {
  std::optional<Endpoint> endpoint;  ///< empty: no such path, or not with this method
  std::string route;                 ///< the pattern; empty when no path matches
  std::string argument;              ///< what stands for {digest}, {id} or {path}
  std::string allow;                 ///< methods that the path knows
  std::map<std::string, std::string> query;
};

/// Errors: kInvalidArgument for a target that is not path and query, kLimit for a long one.
Result<Match> match(std::string_view method, std::string_view target);

inline constexpr std::size_t kMaxTargetBytes = 1024;

}  // namespace salus::http
