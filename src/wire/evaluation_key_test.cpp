// Goal:   one evaluation key is an object of its own that survives the wire, has the predicted size
//         and says what it is for; whatever is not one is refused by every function that looks.
// Method: round trips at every level and for every purpose; every truncation and flipped bit of the
//         fields; well-sealed objects with one field wrong.
#include <gtest/gtest.h>

#include "keys/testing/fixture.h"
#include "wire/container.h"
#include "wire/testing/forge.h"

namespace salus::wire {
namespace {

using keys::test::CkksFixture;
using keys::test::literal_of;
using test::sealed;
using test::with;

const keys::test::Shape kShape{.log_n = 10, .levels = 2, .dnum = 2, .specials = 2};

class EvaluationKeyObject : public ::testing::Test {
 protected:
  Bytes bytes_of(std::uint32_t element, int level) {
    return write(*f_.params, element,
                 keys::make_evaluation_key(f_.secret, element, level, f_.random), id_);
  }
  Result<ReadEvaluationKey> read(ByteView bytes) const {
    return read_evaluation_key(bytes, f_.params);
  }
  /// By the reader, the verifier and, where the residues are not the reason, the lister.
  void expect_refused(ByteView bytes, ErrorCode code, const std::string& part = "",
                      bool by_its_fields = true) const {
    std::vector<Error> errors;
    if (const auto whole = read(bytes); !whole) errors.push_back(whole.error());
    if (const Status fine = verify_evaluation_key(bytes, f_.params->literal()); !fine) {
      errors.push_back(fine.error());
    }
    if (const auto list = list_evaluation_keys(bytes); !list) errors.push_back(list.error());
    ASSERT_EQ(errors.size(), by_its_fields ? 3u : 2u) << part;
    for (const Error& error : errors) {
      EXPECT_EQ(error.code, code) << error.message;
      EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
    }
  }

  CkksFixture f_{literal_of(kShape), 146};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};
  const Digest id_ = f_.secret.id();
  const Bytes key_ = bytes_of(3, 1);

  /// Magic, version, kind, log_n, dnum, three and two primes, key id; behind it element and level.
  static constexpr std::size_t kHeader = 8 + 8 + (2 + 3 * 8) + (2 + 2 * 8) + 32;
};

TEST_F(EvaluationKeyObject, RoundTripsForEveryPurposeAtEveryLevel) {
  for (const std::uint32_t element :
       {ckks::kRelinearization, ckks::galois_element_of_rotation(10, 16),
        ckks::galois_element_of_conjugation(10)}) {
    for (int level = 0; level <= 2; ++level) {
      const Bytes bytes = bytes_of(element, level);
      const ReadEvaluationKey back = must(read(bytes));
      const KeyListing listing = must(list_evaluation_keys(bytes));

      EXPECT_EQ(bytes.size(), evaluation_key_bytes(*f_.params, level));
      EXPECT_EQ(back.element, element);
      EXPECT_EQ(back.key.level, level);
      EXPECT_EQ(back.key_id, id_);
      EXPECT_EQ(write(*f_.params, element, back.key, id_), bytes) << "one encoding";
      EXPECT_TRUE(verify_evaluation_key(bytes, f_.params->literal()));
      EXPECT_EQ(listing.levels, (std::map<std::uint32_t, int>{{element, level}}));
      EXPECT_EQ(listing.header.key_id, id_);
    }
  }
}

TEST_F(EvaluationKeyObject, HoldsTheResiduesOfTheKeyThatWasMade) {
  const auto made = keys::make_galois_key(f_.secret, 3, 2, f_.random);
  const ReadEvaluationKey back = must(read(write(*f_.params, 3, made, id_)));

  EXPECT_EQ(back.key.seed, made.seed);
  ASSERT_EQ(back.key.digits.size(), made.digits.size());
  for (std::size_t d = 0; d < made.digits.size(); ++d) {
    EXPECT_EQ(back.key.digits[d].a, made.digits[d].a);
    EXPECT_EQ(back.key.digits[d].b, made.digits[d].b);
  }
}

TEST_F(EvaluationKeyObject, WithoutASeedIsNotWritten) {
  auto key = keys::make_galois_key(f_.secret, 3, 0, f_.random);
  key.seed.reset();
  EXPECT_THROW(write(*f_.params, 3, key, id_), Defect);
}

TEST_F(EvaluationKeyObject, IsNoSetAndASetIsNoKey) {
  const auto set =
      must(keys::make_evaluation_keys(f_.secret, keys::test::all_keys(1, {1}), f_.random));
  const Bytes bytes = write(set, id_);

  EXPECT_EQ(read(bytes).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(read_evaluation_keys(key_, f_.params).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(must(list_evaluation_keys(bytes)).levels, set.levels());
  const Bytes ciphertext = write(f_.encrypt(f_.values(), 1), id_);
  expect_refused(ciphertext, ErrorCode::kMismatch, "kind 1");
}

TEST_F(EvaluationKeyObject, CutShortOrTooLongIsRefused) {
  for (std::size_t size = 0; size < key_.size(); size += size < 400 ? 1 : 997) {
    const ByteView cut = ByteView(key_).first(size);
    expect_refused(cut, ErrorCode::kParse);
    if (size > kHeader + 38 + 32) expect_refused(sealed(to_bytes(cut)), ErrorCode::kParse, "bytes");
  }
  Bytes longer = key_;
  longer.push_back(std::byte{0});
  expect_refused(sealed(longer), ErrorCode::kParse, std::to_string(key_.size()));
}

TEST_F(EvaluationKeyObject, WithAnyFlippedBitIsRefused) {
  for (std::size_t bit = 0; bit < 8 * (kHeader + 50); ++bit) {
    Bytes bytes = key_;
    bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    ASSERT_FALSE(read(bytes)) << "bit " << bit;
    ASSERT_FALSE(verify_evaluation_key(bytes, f_.params->literal())) << "bit " << bit;
  }
}

TEST_F(EvaluationKeyObject, FieldsOutOfRangeAreRefused) {
  expect_refused(with(key_, kHeader, 4, 4), ErrorCode::kParse, "Galois element 4");
  expect_refused(with(key_, kHeader, 2049, 4), ErrorCode::kParse, "2049");
  expect_refused(with(key_, kHeader + 4, 3, 2), ErrorCode::kParse, "level 3");
  expect_refused(with(key_, kHeader + 4, 0, 2), ErrorCode::kParse, "announces");
  expect_refused(with(key_, kHeader + 38, (1ull << 50) - 1, 7), ErrorCode::kCorrupt, "residue 0",
                 false);
  Bytes changed = key_;
  changed[changed.size() / 2] ^= std::byte{1};
  expect_refused(changed, ErrorCode::kCorrupt, "send it again", false);
}

TEST_F(EvaluationKeyObject, OfAnotherSetIsNamedByBothHashes) {
  CkksFixture other(literal_of({.log_n = 10, .levels = 2, .dnum = 3, .specials = 2}), 147);
  const Bytes theirs =
      write(*other.params, 3, keys::make_galois_key(other.secret, 3, 1, other.random), id_);
  for (const auto& params : {f_.params, other.params}) {
    expect_refused(theirs, ErrorCode::kMismatch, params->hash().hex().substr(0, 16), false);
  }
}

TEST_F(EvaluationKeyObject, OfParametersWithoutSpecialPrimesIsRefused) {
  CkksFixture bare(literal_of({.log_n = 10, .levels = 1, .dnum = 1, .specials = 0}), 148);
  const Bytes forged = write(*bare.params, 3, ckks::KeySwitchKey{0, Seed{}, {}}, id_);

  const auto refused = read_evaluation_key(forged, bare.params);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("special primes"), std::string::npos);
}

}  // namespace
}  // namespace salus::wire
