// Goal:   BLAKE2b and BLAKE2Xb are the published functions.
// Method: the vector of RFC 7693, libsodium as independent implementation over lengths around the
//         block size, and vectors of the BLAKE2 authors (github.com/BLAKE2/BLAKE2,
//         testvectors/blake2-kat.json, CC0).

#include "wire/seal/blake2xb.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <string>

namespace salus::wire::seal {
namespace {

Bytes counting(std::size_t count) {
  Bytes bytes;
  for (std::size_t i = 0; i < count; ++i) append_u8(bytes, static_cast<std::uint8_t>(i));
  return bytes;
}

TEST(Blake2b, GivesTheDigestOfRfc7693) {
  Bytes digest(64);
  blake2b({}, {}, as_bytes("abc"), digest);
  EXPECT_EQ(to_hex(digest),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST(Blake2b, EqualsLibsodiumForEveryLengthAroundTheBlocks) {
  for (const std::size_t length : {0U, 1U, 63U, 64U, 127U, 128U, 129U, 255U, 256U, 257U, 1000U}) {
    for (const std::size_t key_bytes : {0U, 16U, 64U}) {
      for (const std::size_t digest_bytes : {16U, 32U, 64U}) {
        const Bytes input = counting(length);
        const Bytes key = counting(key_bytes);
        Bytes ours(digest_bytes);
        Bytes theirs(digest_bytes);
        blake2b({.digest_bytes = static_cast<std::uint8_t>(digest_bytes)}, key, input, ours);
        ASSERT_EQ(crypto_generichash(reinterpret_cast<unsigned char*>(theirs.data()), theirs.size(),
                                     reinterpret_cast<const unsigned char*>(input.data()), length,
                                     reinterpret_cast<const unsigned char*>(key.data()), key_bytes),
                  0);
        EXPECT_EQ(ours, theirs) << length << " bytes, key of " << key_bytes;
      }
    }
  }
}

struct Known {
  bool keyed;
  std::string output;
};

// Input 00 .. ff; key 00 .. 3f or none.
const Known kKnown[] = {
    {false, "f0"},
    {false,
     "c6f0b1b66f22726cef3e4fca2325d2bb4e922b39f9df5ef548d321419c07391fc3119044"
     "07f98db7d7462db1e8576138baeac2a76400b2a2f72b4497c19e239430"},
    {false,
     "afc3dc4a953e845bc367f2930acf37a902e0b2fc61563119f41260c5d50bfed64951b127"
     "611789bab0e9679325a24c4642e0e80ff392c42c340e2bbb6d208c7e28e833a0d8adee30"
     "f907afca672835acb7b41063d804cef1e8df7e2688d9803d4d34b31200a4e2ef25280bac"
     "e4e11266a1250653e89b2e9b350616dcc09bda9241"},
    {true, "64"},
    {true,
     "78f0ed6e220b3da3cc9381563b2f72c8dc830cb0f39a48c6ae479a6a78dcfa94002631de"
     "c467e9e9b47cc8f0887eb680e340aec3ec009d4a33d241533c76c8ca8c"},
    {true,
     "77dff4c7ad30c954338c4b23639dae4b275086cbe654d401a2343528065e4c9f1f2eca22"
     "aa025d49ca823e76fdbb35df78b1e5075ff2c82b680bca385c6d57f7ea7d1030bb392527"
     "b25dd73e9eeff97bea397cf3b9dda0c817a9c870ed12c006cc054968c64000e0da874e9b"
     "7d7d621b0679866912243ea096c7b38a1344e98f74"},
};

TEST(Blake2xb, GivesTheAuthorsVectors) {
  for (const Known& known : kKnown) {
    Bytes out(known.output.size() / 2);
    blake2xb(known.keyed ? counting(64) : Bytes{}, counting(256), out);
    EXPECT_EQ(to_hex(out), known.output);
  }
}

TEST(Blake2b, RefusesAKeyOrDigestOfAnImpossibleSize) {
  Bytes digest(64);
  EXPECT_THROW(blake2b({}, counting(65), {}, digest), Defect);
  EXPECT_THROW(blake2b({.digest_bytes = 32}, {}, {}, digest), Defect);
  EXPECT_THROW(blake2xb({}, {}, {}), Defect);
}

}  // namespace
}  // namespace salus::wire::seal
