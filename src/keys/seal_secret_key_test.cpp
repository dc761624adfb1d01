// Goal:   a secret key survives SEAL's format, and a file that is no ternary key is refused.
// Method: a toy ring; single residues changed. tests/oracle shows that SEAL reads the same key.

#include "keys/seal_secret_key.h"

#include <gtest/gtest.h>

namespace salus::keys {
namespace {

const ckks::ParametersLiteral kLiteral{.log_n = 10,
                                       .q = {0x3fff7801, 0x3fff5801},
                                       .p = {0x3fff4001},
                                       .dnum = 2,
                                       .security = ckks::SecurityProfile::kUnsafeNoSecurity};
constexpr std::size_t kHead = 88;  // bytes before the residues

class SealSecretKey : public testing::Test {
 protected:
  ErrorCode refusal(ByteView bytes) const {
    const Result<SecretKey> read = read_seal_secret_key(bytes, params);
    return read ? ErrorCode::kIo : read.error().code;
  }
  ckks::ParametersPtr params = must(ckks::Parameters::create(kLiteral));
  SecretKey secret = must(SecretKey::derive(params, Bytes(kRootSeedBytes), "test"));
  Bytes file = to_bytes(write_seal_secret_key(secret).reveal());
};

TEST_F(SealSecretKey, ComesBackAsTheSameKey) {
  const SecretKey read = must(read_seal_secret_key(file, params));
  EXPECT_EQ(read.id(), secret.id());
  EXPECT_EQ(file.size(), kHead + 8 * 3 * params->ring_degree());
}

TEST_F(SealSecretKey, ResiduesThatAreNotOneTernaryPolynomialAreRefused) {
  Bytes first = file;
  first[kHead] ^= std::byte{1};
  EXPECT_EQ(refusal(first), ErrorCode::kCorrupt);
  Bytes last = file;
  last[file.size() - 8] ^= std::byte{1};
  EXPECT_EQ(refusal(last), ErrorCode::kCorrupt);
  Bytes large = file;
  large[kHead + 7] = std::byte{0xff};
  EXPECT_EQ(refusal(large), ErrorCode::kParse);
}

TEST_F(SealSecretKey, OtherParametersAndSizesAreRefused) {
  Bytes other = file;
  other[16] ^= std::byte{1};
  EXPECT_EQ(refusal(other), ErrorCode::kMismatch);
  Bytes count = file;
  count[48] ^= std::byte{1};
  EXPECT_EQ(refusal(count), ErrorCode::kParse);
  for (std::size_t size = 0; size < 200; ++size) {
    EXPECT_EQ(refusal(ByteView(file).first(size)), ErrorCode::kParse) << size;
  }
}

}  // namespace
}  // namespace salus::keys
