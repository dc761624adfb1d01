// Encrypted patients: a name, versions, evaluation keys and encrypted features.
#pragma once

#include <map>

#include "service/context.h"

namespace salus::service {

/// Safe for concurrent use.
class Twins {
 public:
  explicit Twins(Context& context) : context_(context) {}

  /// The twin's first version, or its next one when the account has a twin of that name.
  /// Errors: kInvalidArgument (name, no features), kLimit, kNotFound (an object is not held by the
  /// account, or not complete), kMismatch (an object of another kind, parameter set or key, or an
  /// evaluation key that is not for what its name says). Each names the key or feature.
  Result<store::Twin> create(store::AccountId account, store::NewTwin twin);
  Result<std::vector<store::Twin>> list(store::AccountId account);
  /// Errors: kNotFound, also for another account's twin.
  Result<store::Twin> show(store::AccountId account, const std::string& id);
  /// The log's entries about a twin, oldest first. Errors: kNotFound; of Journal.
  Result<std::vector<store::LogRow>> history(store::AccountId account, const std::string& id);
  /// Destroys the twin, its runs, results, cached states and the objects that nothing else uses.
  /// Errors: kNotFound.
  Status erase(store::AccountId account, const std::string& id);

 private:
  receipt::Event event_of(receipt::Event::Type type, const store::Account& actor,
                          const store::Twin& twin) const;
  Status check_counts(const store::NewTwin& twin) const;
  Result<store::Holding> require(store::AccountId account, const std::string& what,
                                 const Digest& digest, store::ObjectKind kind);
  /// Keys and features are held and belong together; what they have in common.
  Result<store::Facts> require_fitting(store::AccountId account, const store::NewTwin& twin);
  Context& context_;
};

}  // namespace salus::service
