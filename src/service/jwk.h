// The keys of an issuer: a JWK Set (RFC 7517) in a local file that the operator puts there. Nothing
// is fetched.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "service/verification_key.h"

namespace salus::service {

inline constexpr std::uint64_t kMaxKeySetBytes = 256u << 10;
inline constexpr std::size_t kMaxKeysInSet = 64;
inline constexpr std::size_t kMaxKeyIdBytes = 255;

/// Keys by their `kid`. The file is the operator's, so what is not understood is an error and not
/// left out (RFC 7517 section 5 would allow that): a key that is silently missing is found by the
/// people who cannot sign in.
///
/// Taken: `kty` EC with `crv` P-256 or P-384, OKP with Ed25519 (RFC 8037), RSA. `kid` is required
/// and unique. `alg` is implied by kty and crv; where it stands, it says the same. `use` is absent
/// or "sig", `key_ops` absent or ["verify"]. Certificates beside a key (`x5c` and so on) are not
/// read.
class JwkSet {
 public:
  /// Errors: kParse (not a JWK Set), kLimit, kInvalidArgument (a key that is not as above, above
  /// all one with private members: that key is public now and has to be replaced). Messages name
  /// the key by its position, never a value.
  static Result<JwkSet> parse(std::string_view text);

  /// The set in a file. Errors: as parse; kDenied where group or others may write the file, since
  /// who writes it signs in as anybody; kNotFound, kIo.
  static Result<JwkSet> read(const std::filesystem::path& path);

  /// The key that `kid` names, byte by byte, or null. There is no other way to a key: none is tried
  /// because it might fit.
  const VerificationKey* find(std::string_view kid) const;
  std::size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, VerificationKey, std::less<>> keys_;
};

}  // namespace salus::service
