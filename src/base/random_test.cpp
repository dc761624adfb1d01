// Goal:   seeds expand to the same bytes everywhere, and derived secrets are RFC 5869's.
// Method: published ChaCha20 and HKDF vectors; reads in odd pieces; distinctness of streams.

#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

#include "base/testing/test_random.h"

namespace salus {
namespace {

using test::seed_of;

Bytes first_bytes(const Seed& seed, std::uint64_t stream, std::size_t count) {
  RandomStream random(seed, stream);
  Bytes out(count);
  random.fill(out);
  return out;
}

TEST(RandomStream, IsChaCha20OfTheZeroKey) {
  // draft-agl-tls-chacha20poly1305-04, section 7, first vector.
  EXPECT_EQ(to_hex(first_bytes(Seed{}, 0, 64)),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
}

TEST(RandomStream, IsChaCha20OfAKeyAndANonce) {
  // The same section, last vector: key 00 01 .. 1f, nonce 00 01 .. 07.
  Seed key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);

  EXPECT_EQ(to_hex(first_bytes(key, 0x0706050403020100, 128)),
            "f798a189f195e66982105ffb640bb7757f579da31602fc93ec01ac56f85ac3c1"
            "34a4547b733b46413042c9440049176905d3be59ea1c53f15916155c2be8241a"
            "38008b9a26bc35941e2444177c8ade6689de95264986d95889fb60e84629c9bd"
            "9a5acb1cc118be563eb9b3a4a472f82e09a7e778492b562ef7130e88dfe031c7");
}

TEST(RandomStream, PiecesOfAnySizeMakeTheSameStream) {
  const Bytes whole = first_bytes(seed_of(3), 9, 20'000);
  test::TestRandom sizes(5);

  RandomStream random(seed_of(3), 9);
  Bytes pieces;
  while (pieces.size() < whole.size()) {
    Bytes piece(std::min<std::size_t>(whole.size() - pieces.size(), sizes.below(5000)));
    random.fill(piece);
    append(pieces, piece);
  }

  EXPECT_EQ(pieces, whole);
}

TEST(RandomStream, WordsAreTheStreamsBytesLittleEndian) {
  const Bytes bytes = first_bytes(seed_of(4), 1, 16);
  RandomStream random(seed_of(4), 1);

  EXPECT_EQ(random.next_u64(), load_u64(bytes));
  EXPECT_EQ(random.next_u64(), load_u64(ByteView(bytes).subspan(8)));
}

TEST(RandomStream, OtherSeedsAndOtherStreamsAreOtherBytes) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    for (const std::uint64_t stream : {0ull, 1ull, 2ull, 1ull << 32, ~0ull}) {
      seen.insert(to_hex(first_bytes(seed_of(seed), stream, 16)));
    }
  }

  EXPECT_EQ(seen.size(), 8u * 5u);
}

TEST(RandomBytes, TwoSeedsFromTheSystemDiffer) {
  EXPECT_NE(random_seed(), random_seed());
  random_bytes({});
}

TEST(DeriveSecret, IsHkdfSha256WithAnEmptySalt) {
  // RFC 5869, appendix A.3: IKM 0b x 22, no salt, no info; the first block of the output.
  const Bytes root(22, std::byte{0x0b});

  EXPECT_EQ(to_hex(derive_secret(root, "").reveal()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(DeriveSecret, LabelsAndRootsSeparate) {
  const auto hex = [](std::uint64_t root, std::string_view label) {
    return to_hex(derive_secret(seed_of(root), label).reveal());
  };
  const std::set<std::string> seen = {hex(1, ""), hex(1, "a"), hex(1, "b"), hex(1, "ab"),
                                      hex(2, "a")};

  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(hex(1, "a"), hex(1, "a"));
}

}  // namespace
}  // namespace salus
