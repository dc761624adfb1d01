// Goal:   a root comes back from paper and from enough guardians, and from nothing less.
// Method: the code against one that Python made; all subsets of five shares, and Lagrange
//         interpolation in GF(2^8) by hand as second implementation; every single typing error.
#include "keys/recovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "base/random.h"
#include "keys/identity.h"

namespace salus::keys {
namespace {

constexpr std::string_view kCode =
    "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFR-NAC2";

Bytes counting_root() {
  Bytes out;
  for (int i = 0; i < 32; ++i) out.push_back(static_cast<std::byte>(i));
  return out;
}

std::string text_of(const Secret<char>& secret) {
  return {secret.reveal().begin(), secret.reveal().end()};
}

bool is_root(const Result<Secret<std::byte>>& got) {
  return got && std::ranges::equal(got->reveal(), counting_root());
}

TEST(RecoveryCode, GivesTheRootBackHoweverItIsTyped) {
  EXPECT_EQ(text_of(recovery_code(counting_root())), kCode);
  EXPECT_TRUE(is_root(read_recovery_code(kCode)));
  std::string typed;
  for (const char c : kCode) {
    if (c != '-') typed += c == '0' ? 'o' : c == '1' ? 'l' : static_cast<char>(std::tolower(c));
  }
  EXPECT_TRUE(is_root(read_recovery_code(typed + "\n")));
}

TEST(RecoveryCode, SeesEveryTypingError) {
  EXPECT_EQ(read_recovery_code("").error().code, ErrorCode::kParse);
  EXPECT_EQ(read_recovery_code(std::string(kCode) + "0").error().code, ErrorCode::kParse);
  EXPECT_EQ(read_recovery_code(kCode.substr(1)).error().code, ErrorCode::kParse);
  for (std::size_t i = 0; i < kCode.size(); ++i) {
    if (kCode[i] == '-') continue;
    std::string wrong(kCode);
    wrong[i] = kCode[i] == '7' ? '8' : '7';
    EXPECT_EQ(read_recovery_code(wrong).error().code, ErrorCode::kCorrupt) << i;
    wrong[i] = 'U';
    EXPECT_EQ(read_recovery_code(wrong).error().code, ErrorCode::kParse) << i;
  }
}

std::vector<std::string> shares_of(int threshold, int count) {
  std::vector<std::string> out;
  for (const auto& share : must(split(counting_root(), threshold, count)))
    out.push_back(text_of(share));
  return out;
}

TEST(Shares, EnoughOfThemGiveTheRootAndFewerDoNot) {
  const auto all = shares_of(3, 5);
  EXPECT_TRUE(all[1].starts_with("salus-share 1 8d7cbf94a42bf8c2f12bc1df9bc8759f 3 2 "));
  for (unsigned subset = 0; subset < 32; ++subset) {
    std::vector<std::string> some = {"", "  "};
    for (std::size_t i = 0; i < 5; ++i) {
      if ((subset >> i & 1U) != 0) some.insert(some.begin(), all[i]);
    }
    const auto got = combine(some);
    if (std::popcount(subset) >= 3) {
      EXPECT_TRUE(is_root(got)) << subset;
    } else {
      EXPECT_EQ(got.error().code, ErrorCode::kInvalidArgument) << subset;
    }
  }
  EXPECT_NE(shares_of(3, 5)[0], all[0]) << "another polynomial each time";
  EXPECT_EQ(shares_of(2, 100).size(), 100u);
  for (const auto& [threshold, count] :
       std::vector<std::pair<int, int>>{{1, 3}, {4, 3}, {2, 101}, {-1, 2}}) {
    EXPECT_EQ(split(counting_root(), threshold, count).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(Shares, NameWhatIsWrongWithThem) {
  const auto all = shares_of(2, 3);
  const auto code = [](std::vector<std::string> shares) { return combine(shares).error().code; };
  EXPECT_EQ(code({all[0], all[0]}), ErrorCode::kMismatch) << "the same twice";
  EXPECT_EQ(code({all[0], shares_of(3, 3)[1]}), ErrorCode::kMismatch) << "another threshold";
  EXPECT_EQ(code({all[0], shares_of(2, 3)[1]}), ErrorCode::kCorrupt) << "another split";
  EXPECT_EQ(code({all[0], "salus-share 2 x 2 2 0"}), ErrorCode::kVersion);
  EXPECT_EQ(code({all[0], "hello"}), ErrorCode::kParse);
  EXPECT_EQ(code({all[0], "salus-share 1 8d7cbf94a42bf8c2f12bc1df9bc8759f 0 2 0"}),
            ErrorCode::kParse);
  for (std::size_t i = all[1].size() - 69; i < all[1].size(); ++i) {
    std::string wrong = all[1];
    if (wrong[i] == '-') continue;
    wrong[i] = wrong[i] == '7' ? '8' : '7';
    EXPECT_EQ(code({all[0], wrong}), ErrorCode::kCorrupt) << "letter " << i;
  }
  std::string moved = all[1];
  moved[49] = '3';  // another number: the checksum covers it
  EXPECT_EQ(code({all[0], moved}), ErrorCode::kCorrupt) << moved;
  EXPECT_EQ(code({}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(std::vector<std::string>(101, all[0])), ErrorCode::kLimit);
}

// GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1, which libgfshare uses.
unsigned product(unsigned a, unsigned b) {
  unsigned out = 0;
  for (; b != 0; b >>= 1, a = (a << 1) ^ ((a & 0x80U) != 0 ? 0x11dU : 0U))
    if ((b & 1U) != 0) out ^= a;
  return out;
}

unsigned quotient(unsigned a, unsigned b) {
  unsigned inverse = 1;
  for (int i = 0; i < 254; ++i) inverse = product(inverse, b);
  return product(a, inverse);
}

TEST(Shares, AreAPolynomialThroughTheRoot) {
  const auto all = shares_of(3, 5);
  // The bytes behind the letters, read by the recovery code's rules without its checksum.
  const std::string alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::vector<std::vector<unsigned>> bytes;
  for (const std::size_t which : {0, 2, 4}) {
    unsigned pending = 0, bits = 0;
    bytes.emplace_back();
    for (const char c : all[which].substr(all[which].size() - 69)) {
      if (c == '-') continue;
      pending = (pending << 5 | static_cast<unsigned>(alphabet.find(c))) & 0xfffU;
      bits += 5;
      if (bits < 8) continue;
      bits -= 8;
      bytes.back().push_back(pending >> bits & 255U);
    }
  }
  const std::vector<unsigned> x = {1, 3, 5};
  for (std::size_t b = 0; b < 32; ++b) {
    unsigned at_zero = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      unsigned weight = bytes[i][b];
      for (std::size_t j = 0; j < 3; ++j)
        if (j != i) weight = product(weight, quotient(x[j], x[j] ^ x[i]));
      at_zero ^= weight;
    }
    EXPECT_EQ(at_zero, b) << "byte " << b;
  }
}

}  // namespace
}  // namespace salus::keys
