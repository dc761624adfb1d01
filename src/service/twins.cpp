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

Status Twins::check_counts(const store::NewTwin& twin) const {
  const Limits& limits = context_.limits;
  const std::size_t features = twin.features.size();
  if (features == 0 || features > static_cast<std::size_t>(limits.max_features)) {
    return Error{features == 0 ? ErrorCode::kInvalidArgument : ErrorCode::kLimit,
                 "twin \"" + twin.name + "\" has " + std::to_string(features) + " features, 1 to " +
                     std::to_string(limits.max_features) + " are allowed"};
  }
  const std::size_t keys = twin.evaluation_keys.size();
  if (keys <= static_cast<std::size_t>(limits.max_evaluation_keys)) return {};
  return Error{ErrorCode::kLimit, "twin \"" + twin.name + "\" has " + std::to_string(keys) +
                                      " evaluation keys, the limit is " +
                                      std::to_string(limits.max_evaluation_keys)};
}

namespace {

struct Part {
  std::string what;
  Digest digest;
  store::Facts facts;
};

/// Both belong to one parameter set and one secret key.
Status require_same(const Part& part, const Part& first) {
  const std::string name = part.what + " (" + part.digest.hex() + ")";
  if (part.facts.parameters != first.facts.parameters) {
    return Error{ErrorCode::kMismatch, name + " has parameter set " + part.facts.parameters + ", " +
                                           first.what + " has " + first.facts.parameters +
                                           ": make it again for the set of this twin"};
  }
  if (part.facts.key == first.facts.key) return {};
  return Error{ErrorCode::kMismatch, name + " belongs to secret key " + part.facts.key + ", " +
                                         first.what + " to " + first.facts.key +
                                         ": these are another twin's keys or features"};
}

}  // namespace

Result<store::Facts> Twins::require_fitting(store::AccountId account, const store::NewTwin& twin) {
  const int longest = context_.limits.max_name_bytes;
  std::vector<Part> parts;
  for (const auto& [name, digest] : twin.evaluation_keys) {
    if (Status fine = check_name("an evaluation key's name", name, longest); !fine) {
      return fine.error();
    }
    const std::string what = "evaluation key \"" + name + "\"";
    const auto held = require(account, what, digest, store::ObjectKind::kEvaluationKey);
    if (!held) return held.error();
    if (held->facts.purpose != name) {
      return Error{ErrorCode::kMismatch, what + ": object " + digest.hex() + " is a key for \"" +
                                             held->facts.purpose + "\": give it that name"};
    }
    parts.push_back({what, digest, held->facts});
  }
  for (const auto& [name, digest] : twin.features) {
    if (Status fine = check_name("a feature's name", name, longest); !fine) return fine.error();
    const std::string what = "feature \"" + name + "\"";
    const auto held = require(account, what, digest, store::ObjectKind::kCiphertext);
    if (!held) return held.error();
    parts.push_back({what, digest, held->facts});
  }
  for (const Part& part : parts) {
    if (Status same = require_same(part, parts.front()); !same) return same.error();
  }
  return parts.front().facts;
}

receipt::Event Twins::event_of(receipt::Event::Type type, const store::Account& actor,
                               const store::Twin& twin) const {
  receipt::Event event{.type = type,
                       .time_ms = static_cast<std::uint64_t>(context_.now()),
                       .actor = actor.pseudonym,
                       .twin = twin.pseudonym,
                       .twin_version = 0,
                       .content = {}};
  if (type == receipt::Event::Type::kTwinVersion) {
    event.twin_version = static_cast<std::uint64_t>(twin.version);
    event.content = receipt::twin_content(twin.evaluation_keys, twin.features);
  }
  return event;
}

Result<store::Twin> Twins::create(store::AccountId account, store::NewTwin twin) {
  if (Status fine = check_name("the twin's name", twin.name, context_.limits.max_name_bytes);
      !fine) {
    return fine.error();
  }
  if (Status fine = check_counts(twin); !fine) return fine.error();
  const std::lock_guard turn(context_.references);
  const Result<store::Facts> common = require_fitting(account, twin);
  if (!common) return common.error();
  twin.parameters = common->parameters;
  const Result<store::Account> actor = context_.ledger->accounts().find(account);
  if (!actor) return actor.error();
  if (Status ready = context_.journal->flush(); !ready) return ready.error();
  const auto entry = [&](const store::Twin& made) {
    return receipt::print(event_of(receipt::Event::Type::kTwinVersion, *actor, made));
  };
  Result<store::Twin> made = context_.ledger->twins().put(account, twin, entry, context_.now());
  if (made) (void)context_.journal->flush();  // the ledger has it: the next change tries again
  return made;
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

Result<std::vector<store::LogRow>> Twins::history(store::AccountId account, const std::string& id) {
  const Result<store::Twin> twin = show(account, id);
  if (!twin) return twin.error();
  return context_.journal->of_twin(twin->pseudonym);
}

Status Twins::erase(store::AccountId account, const std::string& id) {
  const std::lock_guard turn(context_.references);
  const Result<store::Account> actor = context_.ledger->accounts().find(account);
  if (!actor) return actor.error();
  const auto entry = [&](const store::Twin& gone) {
    return receipt::print(event_of(receipt::Event::Type::kErasure, *actor, gone));
  };
  if (Status erased = context_.ledger->twins().erase(account, id, entry); !erased) return erased;
  // What was erased stays erased where the log cannot be written now; the next change tries again.
  (void)context_.journal->flush();
  return collect_garbage(context_);
}

}  // namespace salus::service
