#include "wire/seal/blake2xb.h"

#include <algorithm>
#include <array>
#include <bit>

namespace salus::wire::seal {
namespace {

constexpr std::size_t kBlockBytes = 128;
constexpr int kRounds = 12;

using State = std::array<std::uint64_t, 8>;

constexpr State kInitial = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                            0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                            0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

// Message schedule, RFC 7693 section 2.7; rounds 10 and 11 repeat rows 0 and 1.
constexpr std::uint8_t kSigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

// Columns, then diagonals.
constexpr std::uint8_t kMix[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14}, {3, 7, 11, 15},
                                     {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13},  {3, 4, 9, 14}};

// The compression function F, RFC 7693 section 3.2; `counter` bytes have been hashed.
void compress(State& h, std::span<const std::byte, kBlockBytes> block, std::uint64_t counter,
              bool last) {
  std::array<std::uint64_t, 16> m;
  for (std::size_t i = 0; i < m.size(); ++i) m[i] = load_u64(block.subspan(8 * i));
  std::array<std::uint64_t, 16> v;
  std::copy(h.begin(), h.end(), v.begin());
  std::copy(kInitial.begin(), kInitial.end(), v.begin() + 8);
  v[12] ^= counter;  // inputs stay below 2^64 bytes
  if (last) v[14] = ~v[14];

  for (int round = 0; round < kRounds; ++round) {
    const auto& sigma = kSigma[round % 10];
    for (std::size_t i = 0; i < 8; ++i) {
      const auto [a, b, c, d] = std::to_array(kMix[i]);
      v[a] += v[b] + m[sigma[2 * i]];
      v[d] = std::rotr(v[d] ^ v[a], 32);
      v[c] += v[d];
      v[b] = std::rotr(v[b] ^ v[c], 24);
      v[a] += v[b] + m[sigma[2 * i + 1]];
      v[d] = std::rotr(v[d] ^ v[a], 16);
      v[c] += v[d];
      v[b] = std::rotr(v[b] ^ v[c], 63);
    }
  }
  for (std::size_t i = 0; i < h.size(); ++i) h[i] ^= v[i] ^ v[i + 8];
}

State start(const Blake2bParameters& parameters, std::size_t key_bytes) {
  Bytes block;
  append_u8(block, parameters.digest_bytes);
  append_u8(block, static_cast<std::uint8_t>(key_bytes));
  append_u8(block, parameters.fanout);
  append_u8(block, parameters.depth);
  append_u32(block, parameters.leaf_bytes);
  append_u32(block, parameters.node_offset);
  append_u32(block, parameters.output_bytes);
  append_u8(block, parameters.node_depth);
  append_u8(block, parameters.inner_bytes);
  block.resize(kBlake2bBytes);  // reserved, salt and personalisation are zero
  State h = kInitial;
  for (std::size_t i = 0; i < h.size(); ++i) h[i] ^= load_u64(ByteView(block).subspan(8 * i));
  return h;
}

}  // namespace

void blake2b(const Blake2bParameters& parameters, ByteView key, ByteView input,
             std::span<std::byte> out) {
  check(key.size() <= kBlake2bBytes, "BLAKE2b keys have at most 64 bytes");
  check(out.size() == parameters.digest_bytes && !out.empty() && out.size() <= kBlake2bBytes,
        "BLAKE2b digest of another size than its parameters");

  // A key is a block of its own before the input.
  Bytes data;
  if (!key.empty()) {
    append(data, key);
    data.resize(kBlockBytes);
  }
  append(data, input);
  const std::uint64_t total = data.size();
  data.resize(std::max<std::size_t>(1, (total + kBlockBytes - 1) / kBlockBytes) * kBlockBytes);

  State h = start(parameters, key.size());
  for (std::size_t at = 0; at < data.size(); at += kBlockBytes) {
    const bool last = at + kBlockBytes == data.size();
    const std::span<const std::byte, kBlockBytes> block(data.data() + at, kBlockBytes);
    compress(h, block, last ? total : at + kBlockBytes, last);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::byte>(h[i / 8] >> (8 * (i % 8)));
  }
}

void blake2xb(ByteView key, ByteView input, std::span<std::byte> out) {
  check(!out.empty() && out.size() < 0xffffffff, "BLAKE2Xb output of an impossible size");
  const auto output_bytes = static_cast<std::uint32_t>(out.size());
  std::array<std::byte, kBlake2bBytes> root;
  blake2b({.output_bytes = output_bytes}, key, input, root);

  std::uint32_t node = 0;
  for (std::size_t at = 0; at < out.size(); at += kBlake2bBytes) {
    const std::span<std::byte> piece = out.subspan(at, std::min(kBlake2bBytes, out.size() - at));
    blake2b({.digest_bytes = static_cast<std::uint8_t>(piece.size()),
             .fanout = 0,
             .depth = 0,
             .leaf_bytes = kBlake2bBytes,
             .node_offset = node++,
             .output_bytes = output_bytes,
             .inner_bytes = kBlake2bBytes},
            {}, root, piece);
  }
}

}  // namespace salus::wire::seal
