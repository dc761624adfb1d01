#include "keys/recovery.h"

extern "C" {  // which its header leaves to us
#include <libgfshare.h>
}

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>

#include "base/random.h"
#include "keys/identity.h"

namespace salus::keys {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::string_view kCodeLabel = "salus recovery code 1";
constexpr std::string_view kShareMagic = "salus-share", kShareVersion = "1";
constexpr std::size_t kChecksumBytes = 3, kBitsPerLetter = 5, kLettersPerGroup = 4;
constexpr std::size_t kCodeBytes = kIdentityRootBytes + kChecksumBytes;
constexpr std::size_t kLetters = kCodeBytes * 8 / kBitsPerLetter;
static_assert(kLetters == 56);

// Of the content under what it is for, so that no code passes for another.
std::array<std::byte, kChecksumBytes> checksum(std::string_view label, ByteView content) {
  Secret<std::byte> all(label.size() + content.size());
  const auto behind = std::ranges::copy(as_bytes(label), all.reveal().begin()).out;
  std::ranges::copy(content, behind);
  const Digest digest = sha256(all.reveal());
  std::array<std::byte, kChecksumBytes> out;
  std::copy_n(digest.bytes.begin(), out.size(), out.begin());
  return out;
}

// 32 bytes and their checksum as letters in groups.
Secret<char> encode(std::string_view label, ByteView content) {
  Secret<std::byte> bytes(kCodeBytes);
  const auto behind = std::ranges::copy(content, bytes.reveal().begin()).out;
  std::ranges::copy(checksum(label, content), behind);
  Secret<char> out(kLetters + kLetters / kLettersPerGroup - 1);
  std::size_t at = 0;
  std::uint32_t pending = 0;
  std::size_t bits = 0, letters = 0;
  for (const std::byte b : bytes.reveal()) {
    pending = (pending << 8) | std::to_integer<std::uint32_t>(b);
    for (bits += 8; bits >= kBitsPerLetter; bits -= kBitsPerLetter) {
      if (letters > 0 && letters % kLettersPerGroup == 0) out.reveal()[at++] = '-';
      out.reveal()[at++] = kAlphabet[(pending >> (bits - kBitsPerLetter)) & 31U];
      ++letters;
    }
  }
  return out;
}

// 0 .. 31, or -1.
int value_of(char letter) {
  if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  if (letter == 'O') letter = '0';
  if (letter == 'I' || letter == 'L') letter = '1';
  const auto at = kAlphabet.find(letter);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

Result<Secret<std::byte>> decode(std::string_view label, std::string_view text,
                                 const std::string& what) {
  Secret<std::byte> bytes(kCodeBytes);
  std::uint32_t pending = 0;
  std::size_t bits = 0, letters = 0, at = 0;
  for (const char c : text) {
    if (c == '-' || c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const int value = value_of(c);
    ++letters;
    if (value < 0) {
      return Error{ErrorCode::kParse, what + ": character " + std::to_string(letters) +
                                          " is none of the letters and digits that codes have"};
    }
    if (letters > kLetters) continue;
    pending = (pending << kBitsPerLetter) | static_cast<std::uint32_t>(value);
    bits += kBitsPerLetter;
    if (bits < 8) continue;
    bits -= 8;
    bytes.reveal()[at++] = static_cast<std::byte>((pending >> bits) & 255U);
  }
  if (letters != kLetters) {
    return Error{ErrorCode::kParse, what + ": " + std::to_string(letters) +
                                        " letters and digits, expected " +
                                        std::to_string(kLetters)};
  }
  Secret<std::byte> out(kIdentityRootBytes);
  std::ranges::copy(bytes.reveal().first(kIdentityRootBytes), out.reveal().begin());
  if (!std::ranges::equal(checksum(label, out.reveal()), bytes.reveal().last(kChecksumBytes)))
    return Error{ErrorCode::kCorrupt,
                 what + ": its checksum does not match; compare it letter by letter"};
  return out;
}

std::string share_head(const std::string& identity, int threshold, int number) {
  std::ostringstream out;
  out << kShareMagic << ' ' << kShareVersion << ' ' << identity << ' ' << threshold << ' ' << number
      << ' ';
  return out.str();
}

void fill_random(unsigned char* out, unsigned int count) {
  random_bytes({reinterpret_cast<std::byte*>(out), count});
}

// libgfshare asks a global for random bytes, and overwrites what it frees with them.
std::mutex& gfshare_in_use() {
  static std::mutex lock;
  gfshare_fill_rand = fill_random;
  return lock;
}

struct FreeContext {
  void operator()(gfshare_ctx* context) const { gfshare_ctx_free(context); }
};
using Context = std::unique_ptr<gfshare_ctx, FreeContext>;

unsigned char* raw(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

struct Share {
  std::string identity;
  int threshold = 0;
  int number = 0;
  Secret<std::byte> content{kIdentityRootBytes};
};

bool in_range(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 1 && out <= kMostShares;
}

Result<Share> read_share(const std::string& line, std::size_t position) {
  const std::string what = "share " + std::to_string(position);
  std::istringstream words(line);
  std::string magic, version, identity, threshold, number, code, part;
  words >> magic >> version >> identity >> threshold >> number;
  while (words >> part) code += part;
  if (magic != kShareMagic)
    return Error{ErrorCode::kParse, what + ": does not begin with 'salus-share'"};
  if (version != kShareVersion)
    return Error{ErrorCode::kVersion, what + ": version " + version + ", this build reads 1"};
  Share out;
  out.identity = identity;
  if (!in_range(threshold, out.threshold) || !in_range(number, out.number))
    return Error{ErrorCode::kParse, what + ": its threshold or number is none"};
  auto content = decode(share_head(identity, out.threshold, out.number), code, what);
  secure_zero(std::as_writable_bytes(std::span(code)));
  if (!content) return content.error();
  std::ranges::copy(content->reveal(), out.content.reveal().begin());
  return out;
}

Status consistent(const std::vector<Share>& shares) {
  std::set<int> numbers;
  for (const Share& s : shares) {
    if (s.identity != shares[0].identity || s.threshold != shares[0].threshold)
      return Error{ErrorCode::kMismatch, "shares of different identities or splits: " +
                                             shares[0].identity + " and " + s.identity};
    if (!numbers.insert(s.number).second)
      return Error{ErrorCode::kMismatch,
                   "share number " + std::to_string(s.number) + " was given twice"};
  }
  const auto needed = static_cast<std::size_t>(shares[0].threshold);
  if (shares.size() >= needed) return {};
  return Error{ErrorCode::kInvalidArgument,
               std::to_string(shares.size()) + " of " + std::to_string(needed) + " shares: ask " +
                   std::to_string(needed - shares.size()) + " more guardians of identity " +
                   shares[0].identity};
}

}  // namespace

Secret<char> recovery_code(std::span<const std::byte> root) {
  check(root.size() == kIdentityRootBytes, "a root of 32 bytes");
  return encode(kCodeLabel, root);
}

Result<Secret<std::byte>> read_recovery_code(std::string_view text) {
  return decode(kCodeLabel, text, "recovery code");
}

Result<std::vector<Secret<char>>> split(std::span<const std::byte> root, int threshold, int count) {
  if (threshold < 2 || count < threshold || count > kMostShares) {
    return Error{ErrorCode::kInvalidArgument,
                 std::to_string(threshold) + " of " + std::to_string(count) +
                     " shares: at least 2 of at most " + std::to_string(kMostShares)};
  }
  const auto identity = Identity::derive(root);
  if (!identity) return identity.error();
  Secret<std::byte> secret(root.size());
  std::ranges::copy(root, secret.reveal().begin());
  std::vector<unsigned char> numbers(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<unsigned char>(i + 1);

  const std::scoped_lock lock(gfshare_in_use());
  const Context context(gfshare_ctx_init_enc(numbers.data(), static_cast<unsigned>(count),
                                             static_cast<unsigned char>(threshold),
                                             static_cast<unsigned>(root.size())));
  if (!context) return Error{ErrorCode::kLimit, "shares: no memory"};
  gfshare_ctx_enc_setsecret(context.get(), raw(secret.reveal()));
  std::vector<Secret<char>> out;
  for (int i = 0; i < count; ++i) {
    Secret<std::byte> content(root.size());
    gfshare_ctx_enc_getshare(context.get(), static_cast<unsigned char>(i), raw(content.reveal()));
    const std::string head = share_head(identity->public_identity().id(), threshold, i + 1);
    const Secret<char> code = encode(head, content.reveal());
    out.emplace_back(head.size() + code.reveal().size());
    const auto behind = std::ranges::copy(head, out.back().reveal().begin()).out;
    std::ranges::copy(code.reveal(), behind);
  }
  return out;
}

Result<Secret<std::byte>> combine(std::span<const std::string> lines) {
  std::vector<Share> shares;
  for (const std::string& line : lines) {
    if (line.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    if (shares.size() == static_cast<std::size_t>(kMostShares))
      return Error{ErrorCode::kLimit, "more than 100 shares"};
    auto share = read_share(line, shares.size() + 1);
    if (!share) return share.error();
    shares.push_back(std::move(*share));
  }
  if (shares.empty()) return Error{ErrorCode::kInvalidArgument, "no shares were given"};
  if (Status s = consistent(shares); !s) return s.error();

  std::vector<unsigned char> numbers;
  for (const Share& s : shares) numbers.push_back(static_cast<unsigned char>(s.number));
  Secret<std::byte> root(kIdentityRootBytes);
  {
    const std::scoped_lock lock(gfshare_in_use());
    const Context context(gfshare_ctx_init_dec(numbers.data(),
                                               static_cast<unsigned>(numbers.size()),
                                               static_cast<unsigned>(kIdentityRootBytes)));
    if (!context) return Error{ErrorCode::kLimit, "shares: no memory"};
    for (std::size_t i = 0; i < shares.size(); ++i)
      gfshare_ctx_dec_giveshare(context.get(), static_cast<unsigned char>(i),
                                raw(shares[i].content.reveal()));
    gfshare_ctx_dec_extract(context.get(), raw(root.reveal()));
  }
  const auto identity = Identity::derive(root.reveal());
  if (!identity) return identity.error();
  if (identity->public_identity().id() != shares[0].identity)
    return Error{ErrorCode::kCorrupt, "these shares do not give identity " + shares[0].identity +
                                          ": one of them is not from this split"};
  return root;
}

}  // namespace salus::keys
