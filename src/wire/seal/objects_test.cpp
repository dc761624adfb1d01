// Goal:   what is written in SEAL's format is read back alike, and a file that is not as it should
// be
//         is refused with the right error. That SEAL agrees is what tests/oracle shows.
// Method: random residues on a toy ring; one field of a file changed at a time.

#include "wire/seal/objects.h"

#include <gtest/gtest.h>

#include "wire/seal/layout.h"

namespace salus::wire::seal {
namespace {

constexpr auto kToy = ckks::SecurityProfile::kUnsafeNoSecurity;
const ckks::ParametersLiteral kLiteral{
    .log_n = 10, .q = {0x3fff7801, 0x3fff5801}, .p = {0x3fff4001}, .dnum = 2, .security = kToy};

// Offsets in a ciphertext's file.
constexpr std::size_t kCompression = 5;
constexpr std::size_t kSize = 8;
constexpr std::size_t kId = 16;
constexpr std::size_t kForm = 48;
constexpr std::size_t kParts = 49;
constexpr std::size_t kRingDegree = 57;
constexpr std::size_t kLimbs = 65;
constexpr std::size_t kScale = 73;
constexpr std::size_t kCorrection = 81;
constexpr std::size_t kCount = 105;
constexpr std::size_t kResidues = 113;

class SealObjects : public testing::Test {
 protected:
  ring::Poly random_poly(ring::BasisView basis) {
    Seed seed{};
    random.fill(seed);
    return expand_uniform(seed, params->ring_degree(), basis);
  }
  ckks::Ciphertext random_ciphertext(int level, int parts) {
    ckks::Ciphertext c{params, level, 1234.5, {}};
    for (int i = 0; i < parts; ++i) c.parts.push_back(random_poly(params->basis(level)));
    return c;
  }
  ckks::KeySwitchKey random_key() {
    ckks::KeySwitchKey key{params->max_level(), std::nullopt, {}};
    const ring::BasisView basis = params->extended_basis(params->max_level());
    for (int d = 0; d < 2; ++d) key.digits.push_back({random_poly(basis), random_poly(basis)});
    return key;
  }
  ErrorCode refusal(const Bytes& file) const {
    const Result<ckks::Ciphertext> read = read_ciphertext(file, params);
    EXPECT_FALSE(read.has_value());
    return read ? ErrorCode::kIo : read.error().code;
  }
  // The code with which a ciphertext is refused whose bytes at `at` are `word`.
  ErrorCode refusal_with(std::size_t at, ByteView word) {
    Bytes file = write(random_ciphertext(1, 2));
    std::copy(word.begin(), word.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
    return refusal(file);
  }
  ErrorCode refusal_with(std::size_t at, std::uint64_t word) {
    Bytes bytes;
    append_u64(bytes, word);
    return refusal_with(at, bytes);
  }

  ckks::ParametersPtr params = must(ckks::Parameters::create(kLiteral));
  RandomStream random{salus::Seed{}, 7};
};

bool same(const ckks::KeySwitchKey& a, const ckks::KeySwitchKey& b) {
  bool equal = a.level == b.level && a.digits.size() == b.digits.size();
  for (std::size_t d = 0; equal && d < a.digits.size(); ++d) {
    equal = a.digits[d].b == b.digits[d].b && a.digits[d].a == b.digits[d].a;
  }
  return equal;
}

TEST_F(SealObjects, ParametersComeBack) {
  EXPECT_EQ(must(read_parameters(write_parameters(*params), kToy)), kLiteral);
}

TEST_F(SealObjects, OnePrimeAloneIsNotSpecial) {
  ckks::ParametersLiteral literal{.log_n = 10, .q = {0x3fff7801}, .p = {}, .security = kToy};
  const ckks::ParametersPtr one = must(ckks::Parameters::create(literal));
  EXPECT_EQ(must(read_parameters(write_parameters(*one), kToy)), literal);
  EXPECT_EQ(key_id(*one), level_id(*one, 0));
}

TEST_F(SealObjects, CiphertextsOfEveryLevelAndSizeComeBack) {
  for (const int level : {0, 1}) {
    for (const int parts : {2, 3}) {
      const ckks::Ciphertext c = random_ciphertext(level, parts);
      const ckks::Ciphertext read = must(read_ciphertext(write(c), params));
      EXPECT_EQ(read.level, level);
      EXPECT_EQ(read.scale, c.scale);
      EXPECT_EQ(read.parts, c.parts);
    }
  }
}

TEST_F(SealObjects, SeededCiphertextsAreExpandedAndHalfTheSize) {
  ckks::Ciphertext c = random_ciphertext(1, 2);
  Seed seed{};
  random.fill(seed);
  c.parts[1] = expand_uniform(seed, params->ring_degree(), params->basis(1));

  const Bytes file = write_seeded(c, seed);

  EXPECT_EQ(must(read_ciphertext(file, params)).parts, c.parts);
  EXPECT_LT(file.size(), write(c).size() / 2 + 200);
}

TEST_F(SealObjects, PlaintextsComeBack) {
  const ckks::Plaintext plain{params, 0, 99.5, random_poly(params->basis(0))};
  const ckks::Plaintext read = must(read_plaintext(write(plain), params));
  EXPECT_EQ(read.level, 0);
  EXPECT_EQ(read.scale, 99.5);
  EXPECT_EQ(read.poly, plain.poly);
}

TEST_F(SealObjects, KeysComeBack) {
  const ckks::KeySwitchKey key = random_key();
  const ckks::KeySwitchKey::Digit& pair = key.digits[0];
  const auto open = must(read_public_key(write_public_key(*params, pair.b, pair.a), params));
  EXPECT_TRUE(open.b == pair.b && open.a == pair.a);
  EXPECT_TRUE(
      same(must(read_relinearization_key(write_relinearization_key(*params, key), params)), key));

  const GaloisKeys keys = {{3, key}, {2047, random_key()}};
  const GaloisKeys read = must(read_galois_keys(write_galois_keys(*params, keys), params));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_TRUE(same(read.at(3), keys.at(3)) && same(read.at(2047), keys.at(2047)));
}

TEST_F(SealObjects, FilesCutAnywhereAreRefused) {
  const Bytes file = write(random_ciphertext(0, 2));
  for (std::size_t size = 0; size < file.size(); size += size < 256 ? 1 : 97) {
    EXPECT_EQ(refusal(to_bytes(ByteView(file).first(size))), ErrorCode::kParse) << size;
  }
  Bytes longer = file;
  longer.push_back(std::byte{0});
  EXPECT_EQ(refusal(longer), ErrorCode::kParse);
}

TEST_F(SealObjects, EveryFieldOfACiphertextIsChecked) {
  EXPECT_EQ(refusal_with(0, Bytes{std::byte{0}}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(3, Bytes{std::byte{3}}), ErrorCode::kVersion);
  EXPECT_EQ(refusal_with(kCompression, Bytes{std::byte{2}}), ErrorCode::kNotBuilt);
  EXPECT_EQ(refusal_with(kSize, ~std::uint64_t{0}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kSize, std::uint64_t{15}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kId, std::uint64_t{0}), ErrorCode::kMismatch);
  EXPECT_EQ(refusal_with(kForm, Bytes{std::byte{0}}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kParts, std::uint64_t{4}), ErrorCode::kLimit);
  EXPECT_EQ(refusal_with(kParts, std::uint64_t{1}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kParts, std::uint64_t{3}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kRingDegree, std::uint64_t{2048}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kLimbs, std::uint64_t{1}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kScale, std::uint64_t{0}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kScale, ~std::uint64_t{0}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kCorrection, std::uint64_t{2}), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kCount, std::uint64_t{1} << 61), ErrorCode::kParse);
  EXPECT_EQ(refusal_with(kResidues, std::uint64_t{0x3fff7801}), ErrorCode::kParse);
}

TEST_F(SealObjects, SeedsOfAnotherGeneratorAreRefused) {
  Bytes file = write_seeded(random_ciphertext(0, 2), Seed{});
  file[file.size() - 65] = std::byte{2};  // SHAKE-256
  EXPECT_EQ(refusal(file), ErrorCode::kNotBuilt);
}

TEST_F(SealObjects, ParametersOutsideTheLimitsAreRefused) {
  const Bytes file = write_parameters(*params);
  const auto code_with = [&](std::size_t at, std::uint64_t word) {
    Bytes changed = file;
    Bytes bytes;
    append_u64(bytes, word);
    std::copy(bytes.begin(), bytes.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
    const auto read = read_parameters(changed, kToy);
    return read ? ErrorCode::kIo : read.error().code;
  };
  EXPECT_EQ(code_with(17, 1 << 18), ErrorCode::kMismatch);
  EXPECT_EQ(code_with(17, 0), ErrorCode::kMismatch);
  EXPECT_EQ(code_with(17, 1025), ErrorCode::kMismatch);
  EXPECT_EQ(code_with(25, ckks::kMaxPrimes + 1), ErrorCode::kLimit);
  EXPECT_EQ(code_with(25, ckks::kMaxPrimes), ErrorCode::kParse);
  EXPECT_EQ(code_with(25, 0), ErrorCode::kParse);
  EXPECT_EQ(code_with(file.size() - 8, 65537), ErrorCode::kParse);
}

TEST_F(SealObjects, KeysOfAnotherGadgetOrTableAreRefused) {
  const Bytes relinearization = write_relinearization_key(*params, random_key());
  ckks::ParametersLiteral one_digit = kLiteral;
  one_digit.dnum = 1;
  one_digit.p = {0xc00000000640001};  // large enough for a digit of both primes
  const ckks::ParametersPtr other = must(ckks::Parameters::create(one_digit));
  EXPECT_EQ(read_relinearization_key(relinearization, other).error().code, ErrorCode::kMismatch);

  Bytes changed = relinearization;
  changed[48] = std::byte{2};  // entries
  EXPECT_EQ(read_relinearization_key(changed, params).error().code, ErrorCode::kLimit);
  changed[48] = std::byte{0};
  EXPECT_EQ(read_relinearization_key(changed, params).error().code, ErrorCode::kParse);
  changed = relinearization;
  changed[56] = std::byte{3};  // digits
  EXPECT_EQ(read_relinearization_key(changed, params).error().code, ErrorCode::kParse);
  changed = relinearization;
  changed[20] ^= std::byte{1};  // identity
  EXPECT_EQ(read_relinearization_key(changed, params).error().code, ErrorCode::kMismatch);
}

TEST_F(SealObjects, HugeTablesOfGaloisKeysAreRefused) {
  Bytes file = write_galois_keys(*params, {{3, random_key()}});
  file[51] = std::byte{0xff};  // entries
  EXPECT_EQ(read_galois_keys(file, params).error().code, ErrorCode::kLimit);
}

// Goal: the words that a seed gives when some are refused. Method: primes with a large remainder of
// 2^64, so that one word in 64 is drawn again; every residue is below its prime, and the limb
// before the first refusal is the stream itself.
TEST_F(SealObjects, RefusedWordsAreReplacedByLaterOnesOfTheStream) {
  const std::uint64_t q = 0xc00000000640001;
  const ring::Basis basis = {
      std::make_shared<const arith::NttTables>(must(arith::NttTables::create(10, q)))};
  const Seed seed{};
  const ring::Poly poly = expand_uniform(seed, 1024, basis);

  Blake2xbStream stream(seed);
  Bytes bytes(8 * 2048);
  stream.fill(bytes);
  const auto word = [&](std::size_t i) { return load_u64(ByteView(bytes).subspan(8 * i)); };
  std::size_t later = 1024;
  const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % q - 1;
  for (std::size_t i = 0; i < 1024; ++i) {
    std::uint64_t expected = word(i);
    while (expected >= limit) expected = word(later++);
    ASSERT_EQ(poly.limb(0)[i], expected % q) << i;
  }
  EXPECT_GT(later, 1024U) << "no word was refused: the test shows nothing";
}

}  // namespace
}  // namespace salus::wire::seal
