#include "wire/seal/layout.h"

#include <algorithm>
#include <string>

#include "wire/seal/blake2xb.h"

namespace salus::wire::seal {
namespace {

constexpr std::uint16_t kMagic = 0xA15E;
constexpr std::uint8_t kMajor = 4;
constexpr std::uint8_t kMinor = 1;
constexpr std::uint8_t kUncompressed = 0;
constexpr std::uint64_t kSchemeCkks = 2;

std::vector<std::uint64_t> key_primes(const ckks::Parameters& params) {
  std::vector<std::uint64_t> primes = params.literal().q;
  primes.insert(primes.end(), params.literal().p.begin(), params.literal().p.end());
  return primes;
}

}  // namespace

ParametersId parameters_id(std::size_t ring_degree, std::span<const std::uint64_t> primes) {
  Bytes words;
  append_u64(words, kSchemeCkks);
  append_u64(words, ring_degree);
  append_words(words, primes);
  append_u64(words, 0);
  ParametersId id;
  blake2b({.digest_bytes = static_cast<std::uint8_t>(id.size())}, {}, words, id);
  return id;
}

ParametersId key_id(const ckks::Parameters& params) {
  return parameters_id(params.ring_degree(), key_primes(params));
}

ParametersId level_id(const ckks::Parameters& params, int level) {
  check(level >= 0 && level <= params.max_level(), "level outside the chain");
  const std::span<const std::uint64_t> chain(params.literal().q);
  return parameters_id(params.ring_degree(), chain.first(static_cast<std::size_t>(level) + 1));
}

std::optional<int> level_of(const ckks::Parameters& params, const ParametersId& id) {
  for (int level = params.max_level(); level >= 0; --level) {
    if (level_id(params, level) == id) return level;
  }
  return std::nullopt;
}

Status require_seal_gadget(const ckks::Parameters& params) {
  if (params.special_count() == 1 && params.alpha() == 1) return {};
  return Error{ErrorCode::kMismatch,
               "SEAL's keys have one prime a digit and one special prime, these parameters " +
                   std::to_string(params.alpha()) + " a digit and " +
                   std::to_string(params.special_count()) + " special; set dnum to " +
                   std::to_string(params.max_level() + 1)};
}

Error malformed(std::string_view what, const std::string& why, ErrorCode code) {
  return {code, "SEAL " + std::string(what) + ": " + why};
}

void append_header(Bytes& out, std::uint64_t body_bytes) {
  append_u16(out, kMagic);
  append_u8(out, kHeaderBytes);
  append_u8(out, kMajor);
  append_u8(out, kMinor);
  append_u8(out, kUncompressed);
  append_u16(out, 0);
  append_u64(out, kHeaderBytes + body_bytes);
}

void append_wrapped(Bytes& out, ByteView body) {
  append_header(out, body.size());
  append(out, body);
}

Bytes wrap(ByteView body) {
  Bytes out;
  out.reserve(kHeaderBytes + body.size());
  append_wrapped(out, body);
  return out;
}

Result<ByteView> take_object(ByteReader& in, std::string_view what) {
  const std::uint16_t magic = in.u16();
  const std::uint8_t header_bytes = in.u8();
  const std::uint8_t major = in.u8();
  in.u8();  // minor: of the writer, all of major 4 are alike
  const std::uint8_t compression = in.u8();
  const std::uint16_t reserved = in.u16();
  const std::uint64_t total = in.u64();
  if (!in.ok()) return malformed(what, "ends inside a header");
  if (magic != kMagic || header_bytes != kHeaderBytes || reserved != 0) {
    return malformed(what, "not a SEAL object");
  }
  if (major != kMajor) {
    return malformed(what, "version " + std::to_string(major) + ", this reader knows 4",
                     ErrorCode::kVersion);
  }
  if (compression != kUncompressed) {
    return malformed(what, "compressed; save it with compression mode none", ErrorCode::kNotBuilt);
  }
  if (total < kHeaderBytes || total - kHeaderBytes > in.remaining()) {
    return malformed(what, "a size of " + std::to_string(total) + " bytes, " +
                               std::to_string(in.remaining() + kHeaderBytes) + " are there");
  }
  return in.bytes(static_cast<std::size_t>(total) - kHeaderBytes);
}

Result<ByteView> only_object(ByteView file, std::string_view what) {
  ByteReader in(file);
  const Result<ByteView> body = take_object(in, what);
  if (!body) return body;
  if (const Status end = require_end(in, what); !end) return end.error();
  return body;
}

Status require_end(const ByteReader& in, std::string_view what) {
  if (!in.ok()) return malformed(what, "ends after " + std::to_string(in.offset()) + " bytes");
  if (in.remaining() == 0) return {};
  return malformed(what, std::to_string(in.remaining()) + " bytes too many");
}

ParametersId take_id(ByteReader& in) {
  ParametersId id{};
  const ByteView bytes = in.bytes(id.size());
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

void append_array_header(Bytes& out, std::uint64_t count) {
  append_header(out, 8 + 8 * count);
  append_u64(out, count);
}

void append_words(Bytes& out, std::span<const std::uint64_t> words) {
  out.reserve(out.size() + 8 * words.size());
  for (const std::uint64_t word : words) append_u64(out, word);
}

Result<ByteView> take_array(ByteReader& in, std::string_view what) {
  const Result<ByteView> body = take_object(in, what);
  if (!body) return body;
  ByteReader words(*body);
  const std::uint64_t count = words.u64();
  if (!words.ok() || words.remaining() % 8 != 0 || count != words.remaining() / 8) {
    return malformed(what, "an array of " + std::to_string(count) + " words in " +
                               std::to_string(body->size()) + " bytes");
  }
  return words.bytes(words.remaining());
}

Result<ring::Poly> to_poly(ByteView words, std::size_t ring_degree, ring::BasisView basis,
                           std::string_view what) {
  check(words.size() == 8 * ring_degree * basis.size(), "words of another shape");
  ring::Poly poly(ring_degree, basis.size(), ring::Form::kNtt);
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const std::uint64_t q = basis[j]->modulus().value();
    const kernel::Words limb = poly.limb(j);
    for (std::size_t i = 0; i < ring_degree; ++i) {
      limb[i] = load_u64(words.subspan(8 * (j * ring_degree + i)));
      if (limb[i] >= q) {
        return malformed(what, "word " + std::to_string(i) + " of limb " + std::to_string(j) +
                                   " is not below its prime " + std::to_string(q));
      }
    }
  }
  return poly;
}

}  // namespace salus::wire::seal
