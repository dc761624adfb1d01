// Public keys and key-switching keys: wire/seal/objects.h.

#include <string>

#include "wire/seal/encryption.h"
#include "wire/seal/objects.h"

namespace salus::wire::seal {
namespace {

Status require_top(const ckks::Parameters& params, const ckks::KeySwitchKey& key) {
  if (const Status gadget = require_seal_gadget(params); !gadget) return gadget;
  check(key.level == params.max_level() && key.digits.size() == params.literal().q.size(),
        "SEAL's keys live at the top level");
  return {};
}

void append_key(Bytes& out, const ckks::Parameters& params, const ckks::KeySwitchKey& key) {
  must(require_top(params, key));
  append_u64(out, key.digits.size());
  for (const auto& digit : key.digits) append_key_pair(out, params, digit.b, digit.a);
}

// `digits` encryptions of one entry of SEAL's table of keys.
Result<ckks::KeySwitchKey> take_key(ByteReader& in, std::uint64_t digits,
                                    const ckks::Parameters& params, std::string_view what) {
  if (digits != params.literal().q.size()) {
    return malformed(what, std::to_string(digits) + " digits, these parameters have " +
                               std::to_string(params.literal().q.size()));
  }
  ckks::KeySwitchKey key{params.max_level(), std::nullopt, {}};
  for (std::uint64_t d = 0; d < digits; ++d) {
    Result<ckks::KeySwitchKey::Digit> digit = take_key_pair(in, params, what);
    if (!digit) return digit.error();
    key.digits.push_back(*std::move(digit));
  }
  return key;
}

// Identity and number of entries, checked.
Result<std::uint64_t> take_table_head(ByteReader& in, const ckks::Parameters& params,
                                      std::uint64_t limit, std::string_view what) {
  if (const Status gadget = require_seal_gadget(params); !gadget) return gadget.error();
  const ParametersId id = take_id(in);
  const std::uint64_t entries = in.u64();
  if (!in.ok()) return malformed(what, "ends before its keys");
  if (id != key_id(params)) return malformed(what, "of other parameters", ErrorCode::kMismatch);
  if (entries > limit) {
    return malformed(
        what,
        std::to_string(entries) + " entries are more than the limit of " + std::to_string(limit),
        ErrorCode::kLimit);
  }
  return entries;
}

}  // namespace

Result<ckks::KeySwitchKey::Digit> read_public_key(ByteView file,
                                                  const ckks::ParametersPtr& params) {
  ByteReader in(file);
  Result<ckks::KeySwitchKey::Digit> key = take_key_pair(in, *params, "public key");
  if (!key) return key;
  if (const Status end = require_end(in, "public key"); !end) return end.error();
  return key;
}

Bytes write_public_key(const ckks::Parameters& params, const ring::Poly& b, const ring::Poly& a) {
  Bytes out;
  append_key_pair(out, params, b, a);
  return out;
}

Result<ckks::KeySwitchKey> read_relinearization_key(ByteView file,
                                                    const ckks::ParametersPtr& params) {
  constexpr std::string_view kWhat = "relinearization key";
  const Result<ByteView> body = only_object(file, kWhat);
  if (!body) return body.error();
  ByteReader in(*body);
  const Result<std::uint64_t> entries = take_table_head(in, *params, 1, kWhat);
  if (!entries) return entries.error();
  if (*entries == 0) return malformed(kWhat, "no key");
  const std::uint64_t digits = in.u64();
  Result<ckks::KeySwitchKey> key = take_key(in, digits, *params, kWhat);
  if (!key) return key;
  if (const Status end = require_end(in, kWhat); !end) return end.error();
  return key;
}

Bytes write_relinearization_key(const ckks::Parameters& params, const ckks::KeySwitchKey& key) {
  Bytes body;
  append(body, key_id(params));
  append_u64(body, 1);
  append_key(body, params, key);
  return wrap(body);
}

Result<GaloisKeys> read_galois_keys(ByteView file, const ckks::ParametersPtr& params) {
  constexpr std::string_view kWhat = "Galois keys";
  const Result<ByteView> body = only_object(file, kWhat);
  if (!body) return body.error();
  ByteReader in(*body);
  const Result<std::uint64_t> entries = take_table_head(in, *params, params->ring_degree(), kWhat);
  if (!entries) return entries.error();
  GaloisKeys keys;
  for (std::uint64_t i = 0; i < *entries; ++i) {
    const std::uint64_t digits = in.u64();
    if (!in.ok()) return malformed(kWhat, "ends before entry " + std::to_string(i));
    if (digits == 0) continue;
    Result<ckks::KeySwitchKey> key = take_key(in, digits, *params, kWhat);
    if (!key) return key.error();
    keys.emplace(static_cast<std::uint32_t>(2 * i + 1), *std::move(key));
  }
  if (const Status end = require_end(in, kWhat); !end) return end.error();
  return keys;
}

Bytes write_galois_keys(const ckks::Parameters& params, const GaloisKeys& keys) {
  Bytes body;
  append(body, key_id(params));
  append_u64(body, params.ring_degree());
  std::uint64_t entry = 0;
  for (const auto& [element, key] : keys) {
    for (; entry < (element - 1) / 2; ++entry) append_u64(body, 0);
    append_key(body, params, key);
    ++entry;
  }
  for (; entry < params.ring_degree(); ++entry) append_u64(body, 0);
  return wrap(body);
}

}  // namespace salus::wire::seal
