#include "service/accounts.h"

#include <sodium.h>

#include <algorithm>
#include <cctype>

#include "base/random.h"
#include "base/secret.h"

namespace salus::service {
namespace {

constexpr std::string_view kTokenPrefix = "salus_";
constexpr std::size_t kTokenBytes = 32;

bool may_stand_in_a_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("._-/ ").find(c) != std::string_view::npos;
}

Error denied() {
  return Error{ErrorCode::kDenied,
               "no account has this token: send \"Authorization: Bearer <token>\" with the token"
               " that `salusd account add` printed, or sign in again (salus session open)"};
}

}  // namespace

Status check_name(std::string_view what, std::string_view name, int max_bytes) {
  if (name.empty() || name.size() > static_cast<std::size_t>(max_bytes)) {
    return Error{ErrorCode::kInvalidArgument, std::string(what) + " has " +
                                                  std::to_string(name.size()) + " bytes, 1 to " +
                                                  std::to_string(max_bytes) + " are allowed"};
  }
  if (!std::all_of(name.begin(), name.end(), may_stand_in_a_name)) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string(what) +
                     " holds a character that is not allowed: use letters, digits and . _ - /"};
  }
  return {};
}

std::string make_token() {
  Secret<std::byte> random(kTokenBytes);
  random_bytes(random.reveal());
  return std::string(kTokenPrefix) + to_hex(random.reveal());
}

Result<store::Account> add_account_without_token(store::Ledger& ledger, const Limits& limits,
                                                 std::string_view name, std::uint64_t quota_bytes,
                                                 store::TimeMs now) {
  // The hash is that of a token which nobody keeps.
  Result<IssuedToken> issued = add_account(ledger, limits, name, quota_bytes, now);
  if (!issued) return issued.error();
  return std::move(issued->account);
}

Result<IssuedToken> add_account(store::Ledger& ledger, const Limits& limits, std::string_view name,
                                std::uint64_t quota_bytes, store::TimeMs now) {
  if (Status fine = check_name("the account's name", name, limits.max_name_bytes); !fine) {
    return fine.error();
  }
  std::string token = make_token();
  Result<store::Account> account = ledger.accounts().add({.name = std::string(name),
                                                          .token_hash = sha256(as_bytes(token)),
                                                          .quota_bytes = quota_bytes},
                                                         now);
  if (!account) return account.error();
  return IssuedToken{.account = std::move(*account), .token = std::move(token)};
}

Result<store::Account> authenticate(store::Ledger& ledger, std::string_view token,
                                    store::TimeMs now) {
  if (token.size() != kTokenPrefix.size() + 2 * kTokenBytes) return denied();
  // The look-up is by the SHA-256 of 256 random bits: its timing tells nothing that helps to guess
  // a token. The full comparison is in constant time all the same.
  const Digest hash = sha256(as_bytes(token));
  Result<store::Account> account = ledger.accounts().by_session(hash, now);
  if (account || account.error().code != ErrorCode::kNotFound) return account;
  account = ledger.accounts().by_token(hash);
  if (!account && account.error().code == ErrorCode::kNotFound) return denied();
  if (!account) return account.error();
  if (sodium_memcmp(account->token_hash.bytes.data(), hash.bytes.data(), hash.bytes.size()) != 0) {
    return denied();
  }
  return account;
}

}  // namespace salus::service
