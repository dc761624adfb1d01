// Who may ask: accounts and their tokens.
#pragma once

#include <string>
#include <string_view>

#include "service/context.h"

namespace salus::service {

/// A new account. The token is returned this once; only its SHA-256 is kept.
struct IssuedToken {
  store::Account account;
  std::string token;  ///< "salus_" and 64 hexadecimal digits: 32 random bytes
};

/// Errors: kInvalidArgument (an empty, long or unprintable name), kConflict (the name exists).
Result<IssuedToken> add_account(store::Ledger& ledger, const Limits& limits, std::string_view name,
                                std::uint64_t quota_bytes, store::TimeMs now);

/// An account without a token of its own: only identities act for it. Errors: as add_account.
Result<store::Account> add_account_without_token(store::Ledger& ledger, const Limits& limits,
                                                 std::string_view name, std::uint64_t quota_bytes,
                                                 store::TimeMs now);

/// "salus_" and 64 hexadecimal digits: 32 random bytes.
std::string make_token();

/// The account that a token belongs to, an account's own or one of a session that is not over.
/// Errors: kDenied, which never says what was wrong with it.
Result<store::Account> authenticate(store::Ledger& ledger, std::string_view token,
                                    store::TimeMs now);

/// Letters, digits and . _ - / space, not empty, at most `max_bytes`: what goes into lists and
/// logs.
Status check_name(std::string_view what, std::string_view name, int max_bytes);

}  // namespace salus::service
