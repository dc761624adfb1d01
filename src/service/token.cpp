#include "service/token.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "service/strict_json.h"

namespace salus::service {
namespace {

using nlohmann::json;
using store::TimeMs;

// Depth: providers nest roles three or four levels down.
constexpr JsonLimits kClaimsLimits = {.bytes = kMaxJwsBytes, .depth = 8};
constexpr std::int64_t kMaxSeconds = 253'402'300'799;  // the last second of the year 9999

Error denied(const std::string& why) {
  return Error{ErrorCode::kDenied, "a token is refused: " + why};
}

bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }

bool is_claim_text(const std::string* text) {
  return text != nullptr && !text->empty() && text->size() <= kMaxClaimBytes;
}

/// A NumericDate in milliseconds, rounded down; nothing where it is none. Booleans and texts are
/// none; numbers that are no number or infinite cannot be written in JSON.
std::optional<TimeMs> numeric_date(const json& value) {
  if (value.is_number_unsigned()) {
    const auto seconds = value.get<std::uint64_t>();
    if (seconds > static_cast<std::uint64_t>(kMaxSeconds)) return {};
    return static_cast<TimeMs>(seconds) * 1000;
  }
  if (!value.is_number_float()) return {};  // signed integers are here negative ones
  const double seconds = value.get<double>();
  if (!(seconds >= 0 && seconds <= static_cast<double>(kMaxSeconds))) return {};
  return static_cast<TimeMs>(std::floor(seconds * 1000));
}

struct Times {
  TimeMs expires = 0;
  std::optional<TimeMs> not_before;
  std::optional<TimeMs> issued;
};

Result<Times> read_times(const json& claims) {
  const auto optional_time = [&](const char* claim, std::optional<TimeMs>& out) -> bool {
    const auto found = claims.find(claim);
    if (found == claims.end()) return true;
    out = numeric_date(*found);
    return out.has_value();
  };
  std::optional<TimeMs> expires;
  Times times;
  if (!optional_time("exp", expires) || !optional_time("nbf", times.not_before) ||
      !optional_time("iat", times.issued)) {
    return denied("exp, nbf or iat is not a time");
  }
  if (!expires) return denied("it has no exp");
  times.expires = *expires;
  return times;
}

Status check_times(const Times& times, const TokenRules& rules, TimeMs now) {
  if (now >= times.expires + rules.max_skew_ms) return denied("it has run out");
  if (times.not_before && *times.not_before > now + rules.max_skew_ms) {
    return denied("it is not valid yet (nbf)");
  }
  if (times.issued && *times.issued > now + rules.max_skew_ms) {
    return denied("it is from the future (iat)");
  }
  // Without iat the time left is what there is to measure; with it, also when the rest is short.
  if (times.expires - now > rules.max_lifetime_ms + rules.max_skew_ms ||
      (times.issued && times.expires - *times.issued > rules.max_lifetime_ms)) {
    return denied("it lasts too long");
  }
  return {};
}

bool is_for(const json& claims, std::string_view audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_string()) return found->get_ref<const std::string&>() == audience;
  if (!found->is_array() || found->size() > kMaxAudiences) return false;
  const bool texts =
      std::all_of(found->begin(), found->end(), [](const json& one) { return one.is_string(); });
  return texts && std::any_of(found->begin(), found->end(), [&](const json& one) {
           return one.get_ref<const std::string&>() == audience;
         });
}

/// RFC 6749 section 3.3: scope-tokens with one space between them.
Result<std::vector<std::string>> read_scopes(const json& claims) {
  std::vector<std::string> scopes;
  if (!claims.contains("scope")) return scopes;
  const std::string* text = text_member(claims, "scope");
  if (text == nullptr) return denied("its scope is not a text");
  if (text->empty()) return scopes;
  std::size_t from = 0;
  while (from != std::string::npos) {
    const std::size_t space = text->find(' ', from);
    std::string scope = text->substr(from, space == std::string::npos ? space : space - from);
    const bool fine = !scope.empty() && std::all_of(scope.begin(), scope.end(), [](char c) {
      return is_printable(c) && c != '"' && c != '\\';
    });
    if (!fine || scopes.size() == kMaxScopes) return denied("its scope is not a list of scopes");
    scopes.push_back(std::move(scope));
    from = space == std::string::npos ? space : space + 1;
  }
  return scopes;
}

/// RFC 7515 section 4.1.9: media types, in any case, usually without "application/".
bool is_type(std::string_view type, std::string_view wanted) {
  const auto lower = [](std::string_view text) {
    std::string out(text);
    for (char& c : out) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
  };
  constexpr std::string_view kPrefix = "application/";
  std::string named = lower(type);
  if (named.starts_with(kPrefix)) named.erase(0, kPrefix.size());
  return named == lower(wanted);
}

}  // namespace

TokenVerifier::TokenVerifier(TokenRules rules, JwkSet keys, std::shared_ptr<ReplayCache> used)
    : rules_(std::move(rules)), keys_(std::move(keys)), used_(std::move(used)) {}

Result<TokenVerifier> TokenVerifier::make(TokenRules rules, JwkSet keys,
                                          std::shared_ptr<ReplayCache> used) {
  check(used != nullptr, "a verifier of tokens without a memory of used ones");
  if (!is_claim_text(&rules.issuer) || !is_claim_text(&rules.audience)) {
    return Error{ErrorCode::kInvalidArgument,
                 "the issuer or the audience of tokens is empty or over " +
                     std::to_string(kMaxClaimBytes) + " bytes"};
  }
  if (rules.max_skew_ms < 0 || rules.max_skew_ms > kMaxTokenSkewMs || rules.max_lifetime_ms <= 0 ||
      rules.max_lifetime_ms > kMaxTokenLifetimeMs) {
    return Error{ErrorCode::kInvalidArgument,
                 "tokens: a skew of 0 to " + std::to_string(kMaxTokenSkewMs) +
                     " ms and a lifetime of 1 to " + std::to_string(kMaxTokenLifetimeMs) +
                     " ms can be allowed"};
  }
  return TokenVerifier(std::move(rules), std::move(keys), std::move(used));
}

Result<TokenSubject> TokenVerifier::accept(std::string_view token, TimeMs now) const {
  const Result<VerifiedJws> jws = verify_jws(token, keys_);
  if (!jws) return jws.error();
  if (!rules_.type.empty() && !is_type(jws->type, rules_.type)) return denied("its typ is another");
  const Result<json> claims = parse_json_object(jws->payload, kClaimsLimits);
  if (!claims) return denied("its claims: " + claims.error().message);

  const std::string* issuer = text_member(*claims, "iss");
  if (issuer == nullptr || *issuer != rules_.issuer) return denied("its issuer is another");
  if (!is_for(*claims, rules_.audience)) return denied("it is for another audience");
  const Result<Times> times = read_times(*claims);
  if (!times) return times.error();
  if (const Status in_time = check_times(*times, rules_, now); !in_time) return in_time.error();

  const std::string* subject = text_member(*claims, "sub");
  if (!is_claim_text(subject) || !std::all_of(subject->begin(), subject->end(), is_printable)) {
    return denied("sub is missing, long or not printable ASCII");
  }
  const std::string* jti = text_member(*claims, "jti");
  if (!is_claim_text(jti)) return denied("jti is missing or long");
  Result<std::vector<std::string>> scopes = read_scopes(*claims);
  if (!scopes) return scopes.error();

  // Last, so that a token that was refused for another reason is not used up.
  const Status once = used_->admit(*issuer, *jti, times->expires + rules_.max_skew_ms, now);
  if (!once) return once.error();
  return TokenSubject{*issuer, *subject, std::move(*scopes), times->expires};
}

Error outward_error(const Error& error) {
  if (error.code == ErrorCode::kUnavailable) {
    return Error{ErrorCode::kUnavailable, "signing in is not possible at the moment: try again"};
  }
  return Error{ErrorCode::kDenied, "the token was not accepted"};
}

}  // namespace salus::service
