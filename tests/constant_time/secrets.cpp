// One step of the client's work on secrets, the secrets being marked as undefined memory, for
// valgrind: it complains of every branch and every address that depends on them. A step fails on
// its own if no undefined bit reached its result: then nothing was looked at.
#include <valgrind/memcheck.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "arith/primes.h"
#include "keys/reencryption.h"
#include "keys/secret_key.h"
#include "ring/sampling.h"

namespace {

using namespace salus;

constexpr int kTop = 2;

ckks::ParametersPtr parameters() {
  ckks::ParametersLiteral literal{.log_n = 10, .q = {}, .p = {}, .dnum = 2};
  literal.security = ckks::SecurityProfile::kUnsafeNoSecurity;
  literal.q = must(arith::find_primes(45, kTop + 1, arith::Side::kAlternating));
  literal.p = must(arith::find_primes(50, 2, arith::Side::kBelow));
  return must(ckks::Parameters::create(literal));
}

void mark_secret(std::span<std::byte> bytes) {
  VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size());
}

/// Whether a bit of `bytes` depends on a secret.
bool depends_on_secret(ByteView bytes) {
  std::vector<unsigned char> undefined(bytes.size());
  (void)VALGRIND_GET_VBITS(bytes.data(), undefined.data(), undefined.size());
  VALGRIND_MAKE_MEM_DEFINED(undefined.data(), undefined.size());
  return std::any_of(undefined.begin(), undefined.end(), [](unsigned bits) { return bits != 0; });
}
template <class T>
bool depends_on_secret(const std::vector<T>& values) {
  return depends_on_secret(std::as_bytes(std::span(values)));
}
bool depends_on_secret(kernel::ConstWords words) { return depends_on_secret(std::as_bytes(words)); }

Seed secret_seed() {
  Seed seed{std::byte{7}};
  mark_secret(seed);
  return seed;
}

keys::SecretKey secret_key(const ckks::ParametersPtr& params) {
  return must(keys::SecretKey::derive(params, secret_seed(), "twin"));
}

/// Numbers of a patient, as a polynomial in NTT form.
ckks::Plaintext secret_plaintext(const ckks::ParametersPtr& params) {
  ckks::Plaintext plain{params, kTop, 0x1p40, {}};
  plain.poly = ring::Poly(params->ring_degree(), kTop + 1, ring::Form::kNtt);
  mark_secret(std::as_writable_bytes(plain.poly.words()));
  return plain;
}

bool sampling() {
  RandomStream random(secret_seed(), 0);
  std::vector<std::int64_t> ternary(1024), error(1024);
  ring::sample_ternary(random, ternary);
  ring::sample_error(random, error);
  return depends_on_secret(ternary) && depends_on_secret(error);
}

bool make_secret_key() {
  const ckks::ParametersPtr params = parameters();
  const keys::SecretKey secret = secret_key(params);
  return depends_on_secret(secret.reveal_limb(0)) && depends_on_secret(secret.reveal_limb(4));
}

bool make_evaluation_keys() {
  const ckks::ParametersPtr params = parameters();
  const keys::SecretKey secret = secret_key(params);
  RandomStream random(secret_seed(), 1);
  circuit::KeyRequirements wanted;
  wanted.relinearization_level = kTop;
  wanted.conjugation_level = 0;
  wanted.rotation_levels[3] = kTop - 1;
  const auto made = must(keys::make_evaluation_keys(secret, wanted, random));
  bool all = depends_on_secret(made.relinearization->digits[0].b.words());
  for (const auto& [element, key] : made.galois)
    all = all && depends_on_secret(key->digits[0].b.words());
  return all;
}

bool encryption() {
  const ckks::ParametersPtr params = parameters();
  const keys::SecretKey secret = secret_key(params);
  RandomStream random(secret_seed(), 2);
  return depends_on_secret(
      must(keys::encrypt(secret, secret_plaintext(params), random)).c0.words());
}

bool public_key_encryption() {
  const ckks::ParametersPtr params = parameters();
  const keys::SecretKey secret = secret_key(params);
  RandomStream random(secret_seed(), 3);
  const keys::PublicKey key = keys::make_public_key(secret, random);
  const auto ciphertext = must(keys::encrypt(key, secret_plaintext(params), random));
  return depends_on_secret(key.b.words()) && depends_on_secret(ciphertext.parts[1].words());
}

bool make_reencryption_key() {
  const ckks::ParametersPtr params = parameters();
  const keys::SecretKey secret = secret_key(params);
  RandomStream random(secret_seed(), 4);
  const keys::PublicKey open = keys::make_public_key(secret, random);
  keys::PublicKey other = open;
  other.key_id = Digest{};
  // A key's name is public: a hash of a one-way value.
  VALGRIND_MAKE_MEM_DEFINED(secret.id().bytes.data(), secret.id().bytes.size());
  const auto key = must(keys::make_reencryption_key(secret, other, 0, random));
  return depends_on_secret(key.key.digits[0].b.words()) &&
         depends_on_secret(key.key.digits[0].a.words());
}

bool decryption() {
  const ckks::ParametersPtr params = parameters();
  const keys::SecretKey secret = secret_key(params);
  const auto part = [&](std::uint64_t stream) {
    return ring::expand_uniform(Seed{}, stream, params->ring_degree(), params->basis(kTop));
  };
  const ckks::Ciphertext ciphertext{params, kTop, 0x1p40, {part(0), part(64), part(128)}};
  return depends_on_secret(must(keys::decrypt(secret, ciphertext)).poly.words());
}

bool control_branch() {
  const keys::SecretKey secret = secret_key(parameters());
  if (secret.reveal_limb(0)[5] % 2 == 0) std::puts("even");
  return true;
}

bool control_lookup() {
  const keys::SecretKey secret = secret_key(parameters());
  std::array<volatile int, 256> table{};
  return table[secret.reveal_limb(0)[5] % table.size()] == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<bool()>> steps = {
      {"sampling", sampling},
      {"secret_key", make_secret_key},
      {"evaluation_keys", make_evaluation_keys},
      {"encryption", encryption},
      {"public_key_encryption", public_key_encryption},
      {"reencryption_key", make_reencryption_key},
      {"decryption", decryption},
      {"control_branch", control_branch},
      {"control_lookup", control_lookup},
  };
  const auto step = steps.find(argc == 2 ? argv[1] : "");
  if (step == steps.end() || RUNNING_ON_VALGRIND == 0) {
    std::fprintf(stderr, "usage: valgrind constant_time_secrets <step>\n");
    return 2;
  }
  const char* wanted = std::getenv("SALUS_KERNEL");
  const auto all = kernel::available();
  const auto names = [wanted](const kernel::KernelTable* t) { return wanted && t->name == wanted; };
  if (std::none_of(all.begin(), all.end(), names)) {
    std::printf("SKIPPED: this processor runs no kernel %s\n", wanted == nullptr ? "" : wanted);
    return 77;
  }
  if (step->second()) return 0;
  std::fprintf(stderr, "constant_time_secrets %s: no secret reached the result\n", argv[1]);
  return 1;
}
