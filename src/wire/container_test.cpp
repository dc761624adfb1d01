// Goal:   objects survive the wire, have the predicted size, and whatever is not one is refused.
// Method: round trips; every truncation, every single-bit flip of the header and random ones of the
//         rest; well-sealed objects with one field wrong; files of this version that must stay
//         readable.

#include "wire/container.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "base/file.h"
#include "keys/testing/fixture.h"
#include "wire/testing/forge.h"

namespace salus::wire {
namespace {

using keys::test::all_keys;
using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::Shape;
using test::sealed;
using test::with;

const Shape kShape{.log_n = 10, .levels = 2, .dnum = 2, .specials = 2};

class ContainerTest : public ::testing::Test {
 protected:
  CkksFixture f_{literal_of(kShape), 141, all_keys(2, {1})};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};
  const Digest id_ = f_.secret.id();
  const ckks::SeededCiphertext seeded_ =
      must(keys::encrypt(f_.secret, f_.encode(f_.values(), 1), f_.random));
  const ckks::EvaluationKeys keys_ =
      must(keys::make_evaluation_keys(f_.secret, all_keys(1, {1}), f_.random));
  const Bytes ciphertext_bytes_ = write(seeded_.expand(), id_);
  const Bytes seeded_bytes_ = write(seeded_, id_);
  const Bytes key_bytes_ = write(keys_, id_);

  /// Magic, version, kind, log_n, dnum, three and two primes, key id.
  static constexpr std::size_t kHeader = 8 + 8 + (2 + 3 * 8) + (2 + 2 * 8) + 32;

  Result<ReadCiphertext> read(ByteView bytes) const { return read_ciphertext(bytes, f_.params); }
  Result<ReadEvaluationKeys> read_keys(ByteView bytes) const {
    return read_evaluation_keys(bytes, f_.params);
  }
  static void expect_equal(const ckks::KeySwitchKey& a, const ckks::KeySwitchKey& b) {
    EXPECT_EQ(a.level, b.level);
    EXPECT_EQ(a.seed, b.seed);
    ASSERT_EQ(a.digits.size(), b.digits.size());
    for (std::size_t d = 0; d < a.digits.size(); ++d) {
      EXPECT_EQ(a.digits[d].a, b.digits[d].a);
      EXPECT_EQ(a.digits[d].b, b.digits[d].b);
    }
  }
  template <class T>
  static void expect_refused(const Result<T>& result, ErrorCode code,
                             const std::string& part = "") {
    ASSERT_FALSE(result) << part;
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  }
};

TEST_F(ContainerTest, CiphertextsRoundTripAtEveryLevel) {
  for (int level = 0; level <= 2; ++level) {
    const auto seeded = must(keys::encrypt(f_.secret, f_.encode(f_.values(), level), f_.random));
    const ckks::Ciphertext plain = seeded.expand();
    for (const bool with_seed : {true, false}) {
      const Bytes bytes = with_seed ? write(seeded, id_) : write(plain, id_);
      EXPECT_EQ(bytes.size(), ciphertext_bytes(*f_.params, level, with_seed));
      const ReadCiphertext read_back = must(read(bytes));
      EXPECT_EQ(read_back.key_id, id_);
      EXPECT_EQ(read_back.ciphertext.level, level);
      EXPECT_EQ(read_back.ciphertext.scale, plain.scale);
      EXPECT_EQ(read_back.ciphertext.parts, plain.parts);
      EXPECT_EQ(read_back.ciphertext.params, f_.params);
    }
  }
}

TEST_F(ContainerTest, ThreePartsRoundTrip) {
  const ckks::Ciphertext a = f_.encrypt(f_.values(), 2);
  const ckks::Ciphertext three = must(f_.evaluator.multiply_unrelinearized(a, a));

  EXPECT_EQ(must(read(write(three, id_))).ciphertext.parts, three.parts);
}

TEST_F(ContainerTest, EvaluationKeysRoundTrip) {
  const ReadEvaluationKeys back = must(read_keys(key_bytes_));

  EXPECT_EQ(back.key_id, id_);
  EXPECT_EQ(write(back.keys, id_), key_bytes_);
  ASSERT_EQ(back.keys.galois.size(), keys_.galois.size());
  for (const auto& [element, key] : keys_.galois) {
    expect_equal(*back.keys.galois.at(element), *key);
  }
}

TEST_F(ContainerTest, SetsWithoutSomeKeysRoundTripToo) {
  circuit::KeyRequirements rotations;
  rotations.rotation_levels = {{1, 2}, {3, 0}};
  for (const auto& wanted : {circuit::KeyRequirements{}, rotations}) {
    const auto keys = must(keys::make_evaluation_keys(f_.secret, wanted, f_.random));
    const Bytes bytes = write(keys, id_);
    EXPECT_EQ(must(read_keys(bytes)).keys.levels(), keys.levels());
    EXPECT_FALSE(must(read_keys(bytes)).keys.relinearization);
  }
}

TEST_F(ContainerTest, KeysWithoutSeedsAreNotWritten) {
  ckks::KeySwitchKey key = *keys_.relinearization;
  key.seed.reset();
  ckks::EvaluationKeys keys = keys_;
  keys.relinearization = std::make_shared<const ckks::KeySwitchKey>(key);

  EXPECT_THROW(write(keys, id_), Defect);
}

TEST_F(ContainerTest, HeadersSayWhatTheObjectIs) {
  const Header header = must(read_header(seeded_bytes_));

  EXPECT_EQ(header.kind, Kind::kCiphertext);
  EXPECT_EQ(header.key_id, id_);
  EXPECT_EQ(header.parameters.q, f_.params->literal().q);
  EXPECT_EQ(header.parameters.p, f_.params->literal().p);
  EXPECT_EQ(header.parameters.log_n, 10);
  EXPECT_EQ(header.parameters.dnum, 2);
  EXPECT_EQ(must(read_header(key_bytes_)).kind, Kind::kEvaluationKeys);
  EXPECT_EQ(must(read_header(ByteView(key_bytes_).first(kHeader))).key_id, id_)
      << "the header alone is enough";
}

TEST_F(ContainerTest, ParametersFromOutsideMustBeSecure) {
  const Header header = must(read_header(seeded_bytes_));
  EXPECT_EQ(header.parameters.security, ckks::SecurityProfile::kClassical128);
  expect_refused(parameters_of(header), ErrorCode::kUnsafeParameters, "2^10");

  CkksFixture secure(literal_of({.log_n = 14, .security = ckks::SecurityProfile::kClassical128}),
                     142);
  const Bytes bytes = write(secure.encrypt(secure.values(), 0), id_);
  EXPECT_EQ(must(parameters_of(must(read_header(bytes))))->hash(), secure.params->hash());
}

TEST_F(ContainerTest, EveryTruncationIsRefused) {
  for (const Bytes* bytes : {&ciphertext_bytes_, &seeded_bytes_}) {
    for (std::size_t size = 0; size < bytes->size(); size += size < 400 ? 1 : 97) {
      const auto result = read(ByteView(*bytes).first(size));
      expect_refused(result, ErrorCode::kParse);
    }
  }
  for (std::size_t size = 0; size < key_bytes_.size(); size += size < 400 ? 1 : 997) {
    ASSERT_FALSE(read_keys(ByteView(key_bytes_).first(size))) << size;
  }
}

TEST_F(ContainerTest, TruncationsWithAFreshChecksumAreRefusedToo) {
  for (std::size_t size = kHeader + 37; size < key_bytes_.size(); size += 1009) {
    const Bytes shorter(key_bytes_.begin(), key_bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    expect_refused(read_keys(sealed(shorter)), ErrorCode::kParse);
  }
}

TEST_F(ContainerTest, BytesAfterTheEndAreRefused) {
  for (const Bytes* bytes : {&ciphertext_bytes_, &seeded_bytes_, &key_bytes_}) {
    Bytes longer = *bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(read(longer));
    EXPECT_FALSE(read_keys(longer));
    EXPECT_FALSE(read_keys(sealed(longer)));
    EXPECT_FALSE(read(sealed(longer)));
  }
}

TEST_F(ContainerTest, EveryFlippedBitIsRefused) {
  for (std::size_t bit = 0; bit < 8 * (kHeader + 50); ++bit) {
    Bytes ciphertext = seeded_bytes_;
    ciphertext[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    ASSERT_FALSE(read(ciphertext)) << "bit " << bit;
    Bytes keys = key_bytes_;
    keys[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    ASSERT_FALSE(read_keys(keys)) << "bit " << bit;
  }
  for (int i = 0; i < 200; ++i) {
    Bytes bytes = ciphertext_bytes_;
    const std::size_t bit = kHeader * 8 + f_.numbers.below(8 * (bytes.size() - kHeader));
    bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    ASSERT_FALSE(read(bytes)) << "bit " << bit;
  }
}

TEST_F(ContainerTest, AFlippedPayloadBitIsCorrupt) {
  Bytes bytes = seeded_bytes_;
  bytes[bytes.size() / 2] ^= std::byte{1};

  expect_refused(read(bytes), ErrorCode::kCorrupt, "send it again");
}

TEST_F(ContainerTest, OtherMagicsVersionsAndKindsAreNamed) {
  expect_refused(read(as_bytes("SALUSOBX and then some")), ErrorCode::kParse, "SALUSOBJ");
  expect_refused(read({}), ErrorCode::kParse);
  for (const std::uint64_t version : {0u, 2u, 65535u}) {
    expect_refused(read(with(seeded_bytes_, 8, version, 2)), ErrorCode::kVersion,
                   "version " + std::to_string(version));
  }
  for (const std::uint64_t kind : {0u, 6u}) {
    expect_refused(read(with(seeded_bytes_, 10, kind, 2)), ErrorCode::kParse, "kind");
  }
  expect_refused(read(key_bytes_), ErrorCode::kMismatch, "kind 2");
  expect_refused(read_keys(seeded_bytes_), ErrorCode::kMismatch, "kind 1");
}

TEST_F(ContainerTest, HugeCountsAreRefusedBeforeAnythingIsAllocated) {
  expect_refused(read_header(with(seeded_bytes_, 12, 18, 2)), ErrorCode::kLimit, "2^18");
  expect_refused(read_header(with(seeded_bytes_, 16, 65535, 2)), ErrorCode::kLimit, "65535 primes");
  expect_refused(read_header(with(seeded_bytes_, 16, 65, 2)), ErrorCode::kLimit, "limit is 64");
  expect_refused(read_header(ByteView(seeded_bytes_).first(60)), ErrorCode::kParse);
  expect_refused(read_keys(with(key_bytes_, kHeader + 1, 0xffffffff, 4)), ErrorCode::kLimit,
                 "1024");
  expect_refused(read_keys(with(key_bytes_, kHeader + 1, 1025, 4)), ErrorCode::kLimit, "1025");
  expect_refused(read_keys(with(key_bytes_, kHeader + 1, 1024, 4)), ErrorCode::kParse);
}

TEST_F(ContainerTest, AnotherParameterSetIsNamedByBothHashes) {
  CkksFixture other(literal_of({.log_n = 10, .levels = 2, .dnum = 3, .specials = 2}), 143);
  const Bytes bytes = write(other.encrypt(other.values(), 1), other.secret.id());
  const auto result = read(bytes);

  expect_refused(result, ErrorCode::kMismatch, f_.params->hash().hex().substr(0, 16));
  expect_refused(result, ErrorCode::kMismatch, other.params->hash().hex().substr(0, 16));
}

TEST_F(ContainerTest, CiphertextFieldsOutOfRangeAreRefused) {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto scale = [&](double s) {
    return with(seeded_bytes_, kHeader + 4, std::bit_cast<std::uint64_t>(s), 8);
  };
  for (const std::uint64_t parts : {0u, 1u, 3u, 4u, 255u}) {
    EXPECT_FALSE(read(with(seeded_bytes_, kHeader, parts, 1))) << parts;
  }
  EXPECT_FALSE(read(with(ciphertext_bytes_, kHeader, 3, 1))) << "the size tells";
  EXPECT_FALSE(read(with(seeded_bytes_, kHeader + 1, 2, 1)));
  expect_refused(read(with(seeded_bytes_, kHeader + 2, 3, 2)), ErrorCode::kParse, "level 3");
  EXPECT_FALSE(read(with(seeded_bytes_, kHeader + 2, 0, 2))) << "the size tells";
  for (const double bad : {0.0, -1.0, 0x1p-1060, infinity, -infinity, 0x1p90,
                           std::numeric_limits<double>::quiet_NaN()}) {
    expect_refused(read(scale(bad)), ErrorCode::kParse, "scale");
  }
  EXPECT_TRUE(read(scale(0x1p89)));
  EXPECT_TRUE(read(scale(0.5))) << "what a rescale of a small scale leaves, and write writes";
}

TEST_F(ContainerTest, AResidueAtItsPrimeIsRefusedUnderAValidChecksum) {
  // The first residue has 50 bits; all ones are above the prime just below 2^50.
  expect_refused(read(with(seeded_bytes_, kHeader + 12, (1ull << 50) - 1, 7)), ErrorCode::kCorrupt,
                 "residue 0");
  expect_refused(read_keys(with(key_bytes_, kHeader + 5 + 38, (1ull << 50) - 1, 7)),
                 ErrorCode::kCorrupt, "residue 0");
}

TEST_F(ContainerTest, EvaluationKeyFieldsOutOfRangeAreRefused) {
  const std::size_t first = kHeader + 5;  // element, level, seed of the relinearization key
  const std::size_t second = first + (key_bytes_.size() - 32 - first) / 3;

  expect_refused(read_keys(with(key_bytes_, kHeader, 2, 1)), ErrorCode::kParse, "flag");
  expect_refused(read_keys(with(key_bytes_, kHeader, 0, 1)), ErrorCode::kParse);
  expect_refused(read_keys(with(key_bytes_, first, 3, 4)), ErrorCode::kParse, "order");
  expect_refused(read_keys(with(key_bytes_, first + 4, 3, 2)), ErrorCode::kParse, "level 3");
  expect_refused(read_keys(with(key_bytes_, second, 0, 4)), ErrorCode::kParse, "order");
  expect_refused(read_keys(with(key_bytes_, second, 2047, 4)), ErrorCode::kParse, "order");
  expect_refused(read_keys(with(key_bytes_, second, 4, 4)), ErrorCode::kParse, "Galois element 4");
  expect_refused(read_keys(with(key_bytes_, second, 2049, 4)), ErrorCode::kParse, "2049");
  expect_refused(read_keys(with(key_bytes_, kHeader + 1, 1, 4)), ErrorCode::kParse,
                 "after the last");
}

TEST_F(ContainerTest, KeysForParametersWithoutSpecialPrimesAreRefused) {
  CkksFixture bare(literal_of({.log_n = 10, .levels = 1, .dnum = 1, .specials = 0}), 144);
  const Bytes empty = write(ckks::EvaluationKeys{bare.params, nullptr, {}}, id_);
  const std::size_t body = empty.size() - 32 - 5;

  EXPECT_TRUE(read_evaluation_keys(empty, bare.params));
  expect_refused(read_evaluation_keys(with(empty, body + 1, 1, 4), bare.params), ErrorCode::kParse,
                 "special primes");
}

// Objects written by version 1 stay readable, and are what is written today. SALUS_BLESS=1 rewrites
// the files, which are also the seeds of tests/fuzz/wire_container.cpp.
TEST(ContainerFiles, OfVersionOneStayReadable) {
  const Shape shape{.log_n = 10, .levels = 0, .dnum = 1, .q0_bits = 30, .p_bits = 30};
  CkksFixture f(literal_of(shape), 145);
  const auto seeded = must(keys::encrypt(
      f.secret, must(f.encoder.encode(std::vector<double>{1, 2}, 0, 0x1p20)), f.random));
  const auto keys = must(keys::make_evaluation_keys(f.secret, all_keys(0, {}), f.random));
  const std::string folder = SALUS_SOURCE_DIR "/tests/fuzz/corpus/wire_container/";
  for (const auto& [name, bytes] :
       {std::pair<std::string, Bytes>{"seeded.v1", write(seeded, f.secret.id())},
        {"ciphertext.v1", write(seeded.expand(), f.secret.id())},
        {"keys.v1", write(keys, f.secret.id())},
        {"key.v1",
         write(*f.params, 3, keys::make_galois_key(f.secret, 3, 0, f.random), f.secret.id())}}) {
    if (std::getenv("SALUS_BLESS") != nullptr) must(write_file(folder + name, bytes));
    EXPECT_EQ(must(read_file(folder + name, 1 << 20)), bytes) << name;
  }
  EXPECT_EQ(must(read_ciphertext(must(read_file(folder + "seeded.v1", 1 << 20)), f.params))
                .ciphertext.parts,
            seeded.expand().parts);
}

}  // namespace
}  // namespace salus::wire
