#include "service/sign_in.h"

#include <sodium.h>

#include <algorithm>

#include "base/random.h"
#include "identity/public_identity.h"
#include "identity/sign_in.h"
#include "service/accounts.h"
#include "tlog/text.h"

namespace salus::service {
namespace {

// A challenge is 32 digits at random, a dot, the time at which it is over, a dot, the MAC.
constexpr std::size_t kNonceBytes = 16;

Error denied() {
  return Error{ErrorCode::kDenied,
               "not signed in: no account has this identity, or the challenge is over or used, or"
               " its signature is not right; ask for another challenge"};
}

struct Parts {
  std::string_view head;  ///< what the MAC is of
  std::string_view mac;
  store::TimeMs expires_at = 0;
};

std::optional<Parts> split(std::string_view challenge) {
  const std::size_t last = challenge.rfind('.');
  const std::size_t first = challenge.find('.');
  if (last == std::string_view::npos || first == last) return std::nullopt;
  const auto time =
      tlog::parse_decimal(challenge.substr(first + 1, last - first - 1), std::uint64_t{1} << 62);
  if (!time) return std::nullopt;
  return Parts{.head = challenge.substr(0, last),
               .mac = challenge.substr(last + 1),
               .expires_at = static_cast<store::TimeMs>(*time)};
}

}  // namespace

SignIn::SignIn(Context& context) : context_(context), key_(crypto_auth_KEYBYTES) {
  random_bytes(key_.reveal());
}

std::string SignIn::mac(std::string_view identity, std::string_view head) const {
  const std::string all =
      "salus challenge 1\n" + std::string(identity) + "\n" + std::string(head) + "\n";
  Digest out;
  static_assert(sizeof(out.bytes) == crypto_auth_BYTES);
  crypto_auth(reinterpret_cast<unsigned char*>(out.bytes.data()),
              reinterpret_cast<const unsigned char*>(all.data()), all.size(),
              reinterpret_cast<const unsigned char*>(key_.reveal().data()));
  return out.hex();
}

SignIn::Challenge SignIn::challenge(std::string_view identity) {
  const Seed random = random_seed();
  Challenge made{.text = to_hex(ByteView(random).first(kNonceBytes)),
                 .expires_at = context_.now() + context_.limits.challenge_ms};
  made.text += "." + std::to_string(made.expires_at);
  made.text += "." + mac(identity, made.text);
  return made;
}

bool SignIn::is_ours(std::string_view identity, const std::string& challenge) {
  const std::optional<Parts> parts = split(challenge);
  if (!parts || parts->expires_at <= context_.now()) return false;
  const std::string expected = mac(identity, parts->head);
  return parts->mac.size() == expected.size() &&
         sodium_memcmp(parts->mac.data(), expected.data(), expected.size()) == 0;
}

Result<bool> SignIn::use(const std::string& challenge) {
  const store::TimeMs now = context_.now();
  const std::lock_guard turn(turn_);
  std::erase_if(used_, [&](const auto& used) { return used.second <= now; });
  if (used_.size() >= static_cast<std::size_t>(context_.limits.max_used_challenges)) {
    return Error{ErrorCode::kUnavailable, std::to_string(used_.size()) +
                                              " identities signed in within the last " +
                                              std::to_string(context_.limits.challenge_ms / 1000) +
                                              " s, the limit: try again soon"};
  }
  return used_.emplace(challenge, split(challenge)->expires_at).second;
}

Result<SignIn::Opened> SignIn::open(const std::string& identity, const std::string& challenge,
                                    const std::string& signature) {
  if (!is_ours(identity, challenge)) return denied();
  const Result<store::BoundIdentity> bound = context_.ledger->accounts().identity(identity);
  if (!bound && bound.error().code == ErrorCode::kNotFound) return denied();
  if (!bound) return bound.error();
  const auto known = identity::PublicIdentity::parse(bound->public_text);
  if (!known) return known.error();
  const Result<Bytes> bytes = from_hex(signature);
  identity::Signature signed_by{};
  if (!bytes || bytes->size() != signed_by.size()) return denied();
  std::copy(bytes->begin(), bytes->end(), signed_by.begin());
  const Bytes message = identity::sign_in_message(context_.journal->key(), challenge);
  if (!identity::verify(*known, identity::kSignInContext, message, signed_by)) return denied();
  const Result<bool> first = use(challenge);
  if (!first) return first.error();
  if (!*first) return denied();

  Result<store::Account> account = context_.ledger->accounts().find(bound->account);
  if (!account) return account.error();
  Opened opened{.token = make_token(),
                .account = std::move(*account),
                .expires_at = context_.now() + context_.limits.session_ms};
  const Status kept = context_.ledger->accounts().open_session(
      {.token_hash = sha256(as_bytes(opened.token)),
       .identity = identity,
       .expires_at = opened.expires_at},
      context_.limits.max_sessions_per_identity, context_.now());
  if (!kept) return kept.error();
  return opened;
}

Status SignIn::close(std::string_view token) {
  return context_.ledger->accounts().close_session(sha256(as_bytes(token)));
}

}  // namespace salus::service
