// links: salus_wire
// Whatever reads writes to the same bytes; nothing crashes. Each input is also tried with the right
// checksum, so that flips reach what lies behind it.
#include <algorithm>
#include <cstdint>

#include "arith/primes.h"
#include "wire/ciphertexts.h"
#include "wire/container.h"
#include "wire/reencryption.h"

namespace {

using namespace salus;

// The parameters of the files in corpus/wire_container (src/wire/container_test.cpp).
ckks::ParametersPtr parameters() {
  ckks::ParametersLiteral literal;
  literal.log_n = 10;
  literal.q = must(arith::find_primes(30, 1, arith::Side::kBelow));
  literal.p = must(arith::find_primes(30, 1, arith::Side::kBelow, literal.q));
  literal.security = ckks::SecurityProfile::kUnsafeNoSecurity;
  return must(ckks::Parameters::create(literal));
}

void read_reader_keys(ByteView bytes, const ckks::ParametersPtr& params) {
  const auto open = wire::read_public_key(bytes, params);
  check(open.has_value() == wire::verify_public_key(bytes, params->literal()).has_value(),
        "what reads is verified, and nothing else");
  if (open) check(std::ranges::equal(wire::write(*open), bytes), "a key has one encoding");
  const auto key = wire::read_reencryption_key(bytes, params);
  check(key.has_value() == wire::verify_reencryption_key(bytes, params->literal()).has_value(),
        "what reads is verified, and nothing else");
  if (key) {
    check(std::ranges::equal(wire::write(*key), bytes), "a key has one encoding");
    check(key->from != key->to, "a key from one to another");
  }
  if (open || key) check(wire::require_announced_size(bytes).has_value(), "the announced size");
}

void read_all(ByteView bytes) {
  static const ckks::ParametersPtr kParams = parameters();
  if (const auto header = wire::read_header(bytes); !header) {
    check(!header.error().message.empty(), "an error says why");
  }
  const Status whole = wire::require_announced_size(bytes);
  if (const auto read = wire::read_ciphertext(bytes, kParams)) {
    check(whole.has_value(), "what reads has the announced size");
    check(must(wire::read_ciphertext(wire::write(read->ciphertext, read->key_id), kParams))
                  .ciphertext.parts == read->ciphertext.parts,
          "a ciphertext survives the wire");
  }
  if (const auto read = wire::read_ciphertexts(bytes, kParams)) {
    check(read->values.size() <= wire::kMaxCiphertexts, "a list keeps its limit");
  }
  if (const auto read = wire::read_evaluation_keys(bytes, kParams)) {
    check(whole.has_value(), "what reads has the announced size");
    const Bytes again = wire::write(read->keys, read->key_id);
    check(std::ranges::equal(again, bytes), "keys have one encoding");
    check(must(wire::list_evaluation_keys(bytes)).levels == read->keys.levels(), "a set is listed");
  }
  const auto one = wire::read_evaluation_key(bytes, kParams);
  check(one.has_value() == wire::verify_evaluation_key(bytes, kParams->literal()).has_value(),
        "what reads is verified, and nothing else");
  if (one) {
    check(whole.has_value(), "what reads has the announced size");
    check(std::ranges::equal(wire::write(*kParams, one->element, one->key, one->key_id), bytes),
          "a key has one encoding");
    const auto levels = must(wire::list_evaluation_keys(bytes)).levels;
    check(levels.size() == 1 && levels.at(one->element) == one->key.level, "a key is listed");
  }
  read_reader_keys(bytes, kParams);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  read_all(bytes);
  if (size > 32) {
    Bytes sealed = to_bytes(bytes);
    const Digest checksum = sha256(bytes.first(size - 32));
    std::ranges::copy(checksum.bytes, sealed.end() - 32);
    read_all(sealed);
  }
  return 0;
}
