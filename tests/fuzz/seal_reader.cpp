// links: salus_wire
// Readers of Microsoft SEAL's files: no crash, and what is accepted is written and read again
// alike. The first byte picks the kind of object.

#include <cstddef>
#include <cstdint>

#include "wire/seal/objects.h"

namespace {

using namespace salus;

const ckks::ParametersPtr& toy_parameters() {
  static const ckks::ParametersPtr params =
      must(ckks::Parameters::create({.log_n = 10,
                                     .q = {0x3fff7801, 0x3fff5801},
                                     .p = {0x3fff4001},
                                     .dnum = 2,
                                     .security = ckks::SecurityProfile::kUnsafeNoSecurity}));
  return params;
}

void read(std::uint8_t kind, ByteView file) {
  const ckks::ParametersPtr& params = toy_parameters();
  switch (kind % 6) {
    case 0:
      if (const auto literal =
              wire::seal::read_parameters(file, ckks::SecurityProfile::kUnsafeNoSecurity)) {
        check(literal->q.size() + literal->p.size() <= ckks::kMaxPrimes, "too many primes");
      }
      return;
    case 1:
      if (const auto plain = wire::seal::read_plaintext(file, params)) {
        check(bool(wire::seal::read_plaintext(wire::seal::write(*plain), params)), "plaintext");
      }
      return;
    case 2:
      if (const auto ciphertext = wire::seal::read_ciphertext(file, params)) {
        const auto again = wire::seal::read_ciphertext(wire::seal::write(*ciphertext), params);
        check(again && again->parts == ciphertext->parts, "ciphertext");
      }
      return;
    case 3:
      if (const auto key = wire::seal::read_public_key(file, params)) {
        check(bool(wire::seal::read_public_key(
                  wire::seal::write_public_key(*params, key->b, key->a), params)),
              "public key");
      }
      return;
    case 4:
      if (const auto key = wire::seal::read_relinearization_key(file, params)) {
        check(bool(wire::seal::read_relinearization_key(
                  wire::seal::write_relinearization_key(*params, *key), params)),
              "relinearization key");
      }
      return;
    default:
      if (const auto keys = wire::seal::read_galois_keys(file, params)) {
        check(bool(wire::seal::read_galois_keys(wire::seal::write_galois_keys(*params, *keys),
                                                params)),
              "Galois keys");
      }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  read(data[0], std::as_bytes(std::span(data + 1, size - 1)));
  return 0;
}
