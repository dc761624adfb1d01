// Goal:   public keys and re-encryption keys survive the wire and say from which key to which they
//         are; whatever is not one is refused.
// Method: round trips through use; truncations and bit flips; well-sealed objects with one field
//         wrong; files of this version that must stay readable.

#include "wire/reencryption.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "keys/reencryption.h"
#include "keys/testing/fixture.h"
#include "wire/testing/forge.h"

namespace salus::wire {
namespace {

using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::max_error;
using keys::test::Shape;
using keys::test::Values;
using test::sealed;
using test::with;

const Shape kShape{.log_n = 10, .levels = 2, .dnum = 2, .specials = 2};

class ReencryptionObjects : public ::testing::Test {
 protected:
  CkksFixture f_{literal_of(kShape), 191};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed 191"};
  const keys::SecretKey reader_ =
      must(keys::SecretKey::derive(f_.params, salus::test::seed_of(192), "reader"));
  const ckks::PublicKey open_ = must(keys::make_public_key(reader_, 1, f_.random));
  const ckks::ReencryptionKey key_ =
      must(keys::make_reencryption_key(f_.secret, open_, 1, f_.random));
  const Bytes open_bytes_ = write(open_);
  const Bytes key_bytes_ = write(key_);

  /// Magic, version, kind, log_n, dnum, three and two primes, key id.
  static constexpr std::size_t kHeader = 8 + 8 + (2 + 3 * 8) + (2 + 2 * 8) + 32;

  auto read_open(ByteView bytes) const { return read_public_key(bytes, f_.params); }
  auto read_key(ByteView bytes) const {
    const auto verified = verify_reencryption_key(bytes, f_.params->literal());
    auto read = read_reencryption_key(bytes, f_.params);
    EXPECT_EQ(verified.has_value(), read.has_value()) << "both check the same";
    return read;
  }
  static void expect_refused(const auto& result, ErrorCode code, const std::string& part = "") {
    ASSERT_FALSE(result) << part;
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  }
};

TEST_F(ReencryptionObjects, RoundTripAndDoTheirWork) {
  const ckks::PublicKey open = must(read_open(open_bytes_));
  const ckks::ReencryptionKey key = must(read_key(key_bytes_));
  const Values x = f_.values();

  EXPECT_EQ(write(open), open_bytes_);
  EXPECT_EQ(write(key), key_bytes_);
  EXPECT_EQ(open.a, open_.a);
  EXPECT_EQ(open.key_id, reader_.id());
  EXPECT_EQ(key.from, f_.secret.id());
  EXPECT_EQ(key.to, reader_.id());
  const auto c = must(ckks::reencrypt_unflooded(f_.encrypt(x, 0), f_.secret.id(), key));
  EXPECT_LT(max_error(f_.encoder.decode(must(keys::decrypt(reader_, c))), x), 1e-5);
  EXPECT_EQ(must(read_header(key_bytes_)).key_id, f_.secret.id());
  EXPECT_EQ(must(verify_public_key(open_bytes_, f_.params->literal())).key_id, reader_.id());
  const auto listing = must(verify_reencryption_key(key_bytes_, f_.params->literal()));
  EXPECT_EQ(listing.to, reader_.id());
  EXPECT_EQ(listing.level, 1);
}

TEST_F(ReencryptionObjects, HaveThePredictedSize) {
  for (int level = 0; level <= 2; ++level) {
    const auto open = must(keys::make_public_key(reader_, level, f_.random));
    const auto key = must(keys::make_reencryption_key(f_.secret, open, level, f_.random));
    EXPECT_EQ(write(open).size(), public_key_bytes(*f_.params, level));
    EXPECT_EQ(write(key).size(), reencryption_key_bytes(*f_.params, level));
    EXPECT_TRUE(require_announced_size(write(open)));
    EXPECT_TRUE(require_announced_size(write(key)));
  }
}

TEST_F(ReencryptionObjects, EveryTruncationAndFlippedBitIsRefused) {
  for (const Bytes* bytes : {&open_bytes_, &key_bytes_}) {
    const auto refused = [&](ByteView changed) {
      return !read_open(changed) && !read_key(changed);
    };
    for (std::size_t size = 0; size < bytes->size(); size += size < 300 ? 1 : 997) {
      ASSERT_TRUE(refused(ByteView(*bytes).first(size))) << size;
      if (size > 32) {
        ASSERT_TRUE(refused(sealed(to_bytes(ByteView(*bytes).first(size))))) << size;
      }
    }
    for (int i = 0; i < 400; ++i) {
      Bytes changed = *bytes;
      const std::size_t within = i < 200 ? kHeader + 50 : bytes->size();
      const std::size_t bit = f_.numbers.below(8 * within);
      changed[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
      ASSERT_TRUE(refused(changed)) << "bit " << bit;
    }
    Bytes longer = *bytes;
    longer.push_back(std::byte{0});
    EXPECT_TRUE(refused(sealed(longer)));
  }
}

TEST_F(ReencryptionObjects, ATamperedKeyIsCorrupt) {
  Bytes bytes = key_bytes_;
  bytes[bytes.size() / 2] ^= std::byte{1};
  expect_refused(read_key(bytes), ErrorCode::kCorrupt, "send it again");
}

TEST_F(ReencryptionObjects, FieldsOutOfRangeAreRefusedUnderAValidChecksum) {
  expect_refused(read_open(with(open_bytes_, kHeader, 3, 2)), ErrorCode::kParse, "level 3");
  expect_refused(read_open(with(open_bytes_, kHeader, 2, 2)), ErrorCode::kParse, "announces");
  expect_refused(read_key(with(key_bytes_, kHeader + 32, 3, 2)), ErrorCode::kParse, "level 3");
  expect_refused(read_key(with(key_bytes_, kHeader + 32, 0, 2)), ErrorCode::kParse, "announces");
  Bytes itself = key_bytes_;
  std::ranges::copy(f_.secret.id().bytes, itself.begin() + kHeader);
  expect_refused(read_key(sealed(itself)), ErrorCode::kParse, "itself");
  // The first residue has 50 bits; all ones are above the prime just below 2^50.
  expect_refused(read_open(with(open_bytes_, kHeader + 34, (1ull << 50) - 1, 7)),
                 ErrorCode::kCorrupt, "residue 0");
  expect_refused(read_key(with(key_bytes_, kHeader + 34, (1ull << 50) - 1, 7)), ErrorCode::kCorrupt,
                 "residue 0");
}

TEST_F(ReencryptionObjects, OtherKindsAndParametersAreRefused) {
  expect_refused(read_key(open_bytes_), ErrorCode::kMismatch, "kind 4");
  expect_refused(read_open(key_bytes_), ErrorCode::kMismatch, "kind 5");
  expect_refused(list_evaluation_keys(key_bytes_), ErrorCode::kMismatch, "kind 5");
  expect_refused(read_evaluation_key(key_bytes_, f_.params), ErrorCode::kMismatch, "kind 5");
  CkksFixture other(literal_of({.log_n = 10, .levels = 2, .dnum = 3, .specials = 2}), 193);
  expect_refused(read_reencryption_key(key_bytes_, other.params), ErrorCode::kMismatch,
                 "parameter set");
  expect_refused(read_public_key(open_bytes_, other.params), ErrorCode::kMismatch, "parameter set");
}

// What is written today stays readable. SALUS_BLESS=1 rewrites the files, which are also the seeds
// of tests/fuzz/wire_container.cpp.
TEST(ReencryptionFiles, OfVersionOneStayReadable) {
  const Shape shape{.log_n = 10, .levels = 0, .dnum = 1, .q0_bits = 30, .p_bits = 30};
  CkksFixture f(literal_of(shape), 194);
  const auto reader = must(keys::SecretKey::derive(f.params, salus::test::seed_of(195), "reader"));
  const auto open = must(keys::make_public_key(reader, 0, f.random));
  const auto key = must(keys::make_reencryption_key(f.secret, open, 0, f.random));
  const std::string folder = SALUS_SOURCE_DIR "/tests/fuzz/corpus/wire_container/";
  for (const auto& [name, bytes] :
       {std::pair<std::string, Bytes>{"public.v1", write(open)}, {"reencryption.v1", write(key)}}) {
    if (std::getenv("SALUS_BLESS") != nullptr) must(write_file(folder + name, bytes));
    EXPECT_EQ(must(read_file(folder + name, 1 << 20)), bytes) << name;
  }
}

}  // namespace
}  // namespace salus::wire
