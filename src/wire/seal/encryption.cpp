#include "wire/seal/encryption.h"

#include <cmath>
#include <string>

#include "wire/seal/objects.h"

namespace salus::wire::seal {
namespace {

constexpr std::uint8_t kNttForm = 1;
constexpr std::uint64_t kCorrectionFactor = 1;  // of BGV; CKKS leaves it at 1
constexpr std::uint8_t kGeneratorBlake2xb = 1;

Result<Seed> take_seed(ByteReader& in, std::string_view what) {
  const Result<ByteView> body = take_object(in, what);
  if (!body) return body.error();
  ByteReader info(*body);
  const std::uint8_t generator = info.u8();
  const ByteView bytes = info.bytes(Seed{}.size());
  if (const Status end = require_end(info, what); !end) return end.error();
  if (generator != kGeneratorBlake2xb) {
    return malformed(
        what,
        "a seed of generator " + std::to_string(generator) + ", this reader knows Blake2xb (1)",
        ErrorCode::kNotBuilt);
  }
  Seed seed;
  std::copy(bytes.begin(), bytes.end(), seed.begin());
  return seed;
}

}  // namespace

Result<EncryptionHead> take_head(ByteReader& in, std::size_t ring_degree, std::string_view what) {
  EncryptionHead head;
  head.id = take_id(in);
  const std::uint8_t form = in.u8();
  head.parts = in.u64();
  const std::uint64_t n = in.u64();
  head.limbs = in.u64();
  head.scale = in.f64();
  const std::uint64_t correction = in.u64();
  if (!in.ok()) return malformed(what, "ends before its residues");
  if (form != kNttForm) return malformed(what, "not in NTT form");
  if (n != ring_degree) {
    return malformed(
        what, "ring degree " + std::to_string(n) + ", expected " + std::to_string(ring_degree));
  }
  if (head.parts > kMaxParts) {
    return malformed(what,
                     std::to_string(head.parts) + " parts, at most " + std::to_string(kMaxParts) +
                         " are read; relinearize first",
                     ErrorCode::kLimit);
  }
  if (head.parts < 2) return malformed(what, "fewer than two parts");
  if (!std::isfinite(head.scale) || !(head.scale > 0)) {
    return malformed(what, "a scale that is not positive and finite");
  }
  if (correction != kCorrectionFactor) return malformed(what, "a correction factor other than 1");
  return head;
}

Result<std::vector<ring::Poly>> take_parts(ByteReader& in, const EncryptionHead& head,
                                           std::size_t ring_degree, ring::BasisView basis,
                                           std::string_view what) {
  if (head.limbs != basis.size()) {
    return malformed(what, std::to_string(head.limbs) + " limbs, its parameters say " +
                               std::to_string(basis.size()));
  }
  const Result<ByteView> words = take_array(in, what);
  if (!words) return words.error();
  const std::size_t part_bytes = 8 * ring_degree * basis.size();
  const std::size_t stored = words->size() / part_bytes;
  const bool seeded = stored == 1 && head.parts == 2;
  if (words->size() % part_bytes != 0 || (stored != head.parts && !seeded)) {
    return malformed(what, std::to_string(words->size() / 8) + " words for " +
                               std::to_string(head.parts) + " parts of " +
                               std::to_string(part_bytes / 8));
  }

  std::vector<ring::Poly> parts;
  for (std::size_t i = 0; i < stored; ++i) {
    Result<ring::Poly> part =
        to_poly(words->subspan(i * part_bytes, part_bytes), ring_degree, basis, what);
    if (!part) return part.error();
    parts.push_back(*std::move(part));
  }
  if (seeded) {
    const Result<Seed> seed = take_seed(in, what);
    if (!seed) return seed.error();
    parts.push_back(expand_uniform(*seed, ring_degree, basis));
  }
  return parts;
}

void append_encryption(Bytes& out, const ParametersId& id, double scale,
                       std::span<const ring::Poly* const> parts, const Seed* seed) {
  const ring::Poly& first = *parts.front();
  const std::size_t stored = seed != nullptr ? 1 : parts.size();
  Bytes body;
  body.reserve(256 + 8 * stored * first.words().size());
  append(body, id);
  append_u8(body, kNttForm);
  append_u64(body, parts.size());
  append_u64(body, first.ring_degree());
  append_u64(body, first.limb_count());
  append_f64(body, scale);
  append_u64(body, kCorrectionFactor);
  append_array_header(body, stored * first.words().size());
  for (const ring::Poly* part : parts.first(stored)) append_words(body, part->words());
  if (seed != nullptr) {
    Bytes info;
    append_u8(info, kGeneratorBlake2xb);
    append(info, *seed);
    append_wrapped(body, info);
  }
  append_wrapped(out, body);
}

Result<ckks::KeySwitchKey::Digit> take_key_pair(ByteReader& in, const ckks::Parameters& params,
                                                std::string_view what) {
  const Result<ByteView> body = take_object(in, what);
  if (!body) return body.error();
  ByteReader reader(*body);
  const Result<EncryptionHead> head = take_head(reader, params.ring_degree(), what);
  if (!head) return head.error();
  if (head->id != key_id(params)) {
    return malformed(what, "of other parameters", ErrorCode::kMismatch);
  }
  if (head->parts != 2) return malformed(what, "more than two parts");
  Result<std::vector<ring::Poly>> parts = take_parts(
      reader, *head, params.ring_degree(), params.extended_basis(params.max_level()), what);
  if (!parts) return parts.error();
  if (const Status end = require_end(reader, what); !end) return end.error();
  return ckks::KeySwitchKey::Digit{std::move((*parts)[0]), std::move((*parts)[1])};
}

void append_key_pair(Bytes& out, const ckks::Parameters& params, const ring::Poly& b,
                     const ring::Poly& a) {
  const ring::Poly* const parts[] = {&b, &a};
  append_encryption(out, key_id(params), 1.0, parts);
}

}  // namespace salus::wire::seal
