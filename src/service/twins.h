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
  /// account, or not complete), kMismatch (an object of another kind, parameter set or key).
  Result<store::Twin> create(store::AccountId account, const std::string& name,
                             const Digest& evaluation_keys,
                             const std::map<std::string, Digest>& features);
  Result<std::vector<store::Twin>> list(store::AccountId account);
  /// Errors: kNotFound, also for another account's twin.
  Result<store::Twin> show(store::AccountId account, const std::string& id);
  /// Destroys the twin, its runs, results, cached states and the objects that nothing else uses.
  /// Errors: kNotFound.
  Status erase(store::AccountId account, const std::string& id);

 private:
  Result<store::Holding> require(store::AccountId account, const std::string& what,
                                 const Digest& digest, store::ObjectKind kind);
  Context& context_;
};

}  // namespace salus::service
