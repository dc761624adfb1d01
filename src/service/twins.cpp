#include "service/twins.h"

#include "service/accounts.h"

namespace salus::service {

Result<store::Holding> Twins::require(store::AccountId account, const std::string& what,
                                      const Digest& digest, store::ObjectKind kind) {
  Result<std::optional<store::Holding>> found = context_.ledger->objects().find(account, digest);
  if (!found) return found.error();
  if (!*found) {
    return Error{ErrorCode::kNotFound, what + ": no complete object " + digest.hex() +
                                           "; upload it before you name it in a twin"};
  }
  if ((*found)->kind != kind) {
    return Error{ErrorCode::kMismatch, what + ": object " + digest.hex() + " is of kind " +
                                           std::string(store::name((*found)->kind)) +
                                           ", needed is " + std::string(store::name(kind))};
  }
  return **found;
}

Result<store::Twin> Twins::create(store::AccountId account, const std::string& name,
                                  const Digest& evaluation_keys,
                                  const std::map<std::string, Digest>& features) {
  const Limits& limits = context_.limits;
  if (Status fine = check_name("the twin's name", name, limits.max_name_bytes); !fine) {
    return fine.error();
  }
  if (features.empty() || features.size() > static_cast<std::size_t>(limits.max_features)) {
    return Error{features.empty() ? ErrorCode::kInvalidArgument : ErrorCode::kLimit,
                 "twin \"" + name + "\" has " + std::to_string(features.size()) +
                     " features, 1 to " + std::to_string(limits.max_features) + " are allowed"};
  }
  const std::lock_guard turn(context_.references);
  const Result<store::Holding> keys =
      require(account, "evaluation_keys", evaluation_keys, store::ObjectKind::kEvaluationKeys);
  if (!keys) return keys.error();
  for (const auto& [feature, digest] : features) {
    if (Status fine = check_name("a feature's name", feature, limits.max_name_bytes); !fine) {
      return fine.error();
    }
    const std::string what = "feature \"" + feature + "\"";
    const Result<store::Holding> held =
        require(account, what, digest, store::ObjectKind::kCiphertext);
    if (!held) return held.error();
    if (held->facts.parameters != keys->facts.parameters) {
      return Error{ErrorCode::kMismatch,
                   what + " (" + digest.hex() + ") has parameter set " + held->facts.parameters +
                       ", the evaluation keys have " + keys->facts.parameters +
                       ": encrypt it again for the keys of this twin"};
    }
    if (held->facts.key != keys->facts.key) {
      return Error{ErrorCode::kMismatch, what + " (" + digest.hex() + ") is encrypted under key " +
                                             held->facts.key + ", the evaluation keys belong to " +
                                             keys->facts.key +
                                             ": these are another twin's keys or features"};
    }
  }
  return context_.ledger->twins().put(account,
                                      {.name = name,
                                       .evaluation_keys = evaluation_keys,
                                       .parameters = keys->facts.parameters,
                                       .features = features},
                                      context_.now());
}

Result<std::vector<store::Twin>> Twins::list(store::AccountId account) {
  return context_.ledger->twins().list(account);
}

Result<store::Twin> Twins::show(store::AccountId account, const std::string& id) {
  Result<std::optional<store::Twin>> twin = context_.ledger->twins().find(account, id);
  if (!twin) return twin.error();
  if (!*twin) return Error{ErrorCode::kNotFound, "no twin " + id};
  return std::move(**twin);
}

Status Twins::erase(store::AccountId account, const std::string& id) {
  const std::lock_guard turn(context_.references);
  if (Status erased = context_.ledger->twins().erase(account, id); !erased) return erased;
  return collect_garbage(context_);
}

}  // namespace salus::service
