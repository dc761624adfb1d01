// Jobs 1 and 2: Salus evaluates what SEAL encrypted, and the other way round.

#include <cmath>
#include <cstdio>
#include <numbers>

#include "ckks/encoder.h"
#include "files.h"
#include "keys/seal_secret_key.h"
#include "wire/seal/objects.h"

namespace salus::oracle {
namespace {

constexpr int kRotations[] = {1, -3, 64};
constexpr double kScale = 0x1p40;

// Eight standard deviations of a public-key encryption's noise in a slot: coefficients have
// sigma sqrt(4 N / 3 + 1) (keys/secret_key.h), a slot sqrt(N) times that, over the scale.
double fresh_bound(const ckks::Parameters& params) {
  const auto n = static_cast<double>(params.ring_degree());
  return 8 * 3.24 * std::sqrt(4 * n / 3 + 1) * std::sqrt(n) / kScale;
}

// And of a key switch: digits in [0, q_0) have mean q_0 / 2, and 1 + X + ... + X^(N-1) is up to
// 2 N / pi in a slot; times the key's error there, over P = q_0 and the scale.
double switch_bound(const ckks::Parameters& params) {
  const auto n = static_cast<double>(params.ring_degree());
  return fresh_bound(params) + 8 * 3.24 * std::sqrt(n) * (n / std::numbers::pi) / kScale;
}

// x y, rescaled.
ckks::Ciphertext product(const ckks::Evaluator& evaluator, const ckks::Ciphertext& x,
                         const ckks::Ciphertext& y) {
  const int level = std::min(x.level, y.level);
  const ckks::Ciphertext a = x.level > level ? must(evaluator.drop_level(x, level)) : x;
  const ckks::Ciphertext b = y.level > level ? must(evaluator.drop_level(y, level)) : y;
  return must(evaluator.rescale(must(evaluator.multiply(a, b))));
}

// x^3 - 0.5 x + 0.25 = x (x^2 - 0.5) + 0.25
ckks::Ciphertext cubic(const ckks::Evaluator& evaluator, const ckks::Ciphertext& x) {
  const ckks::Ciphertext square = product(evaluator, x, x);
  const ckks::Ciphertext inner = must(evaluator.add_scalar(square, -0.5));
  return must(evaluator.add_scalar(product(evaluator, x, inner), 0.25));
}

// T_16(x) by T_2n = 2 T_n^2 - 1.
ckks::Ciphertext chebyshev16(const ckks::Evaluator& evaluator, const ckks::Ciphertext& x) {
  ckks::Ciphertext t = x;
  for (int i = 0; i < 4; ++i) {
    const ckks::Ciphertext square = product(evaluator, t, t);
    t = must(evaluator.add_scalar(must(evaluator.add(square, square)), -1.0));
  }
  return t;
}

std::vector<double> uniform(RandomStream& random, std::size_t count) {
  std::vector<double> values;
  while (values.size() < count) {
    values.push_back(static_cast<double>(random.next_u64() >> 11) * 0x1p-52 - 1);
  }
  return values;
}

ckks::Plaintext decrypted(const Folder& folder, const keys::SecretKey& secret,
                          const std::string& name) {
  return must(keys::decrypt(secret, folder.ciphertext(name, secret.params())));
}

}  // namespace

bool evaluate(const Folder& folder) {
  const ckks::ParametersPtr params = folder.parameters();
  const ckks::Evaluator evaluator = folder.evaluator(params);
  const ckks::Ciphertext x = folder.ciphertext("x.ct", params);
  const ckks::Ciphertext y = folder.ciphertext("y.ct", params);

  folder.save("product.ct", wire::seal::write(product(evaluator, x, y)));
  const ckks::Ciphertext low = cubic(evaluator, x);
  folder.save("cubic.ct", wire::seal::write(low));
  folder.save("cubic_rotated.ct", wire::seal::write(must(evaluator.rotate(low, kRotations[0]))));
  folder.save("conjugate.ct", wire::seal::write(must(evaluator.conjugate(x))));
  for (const int steps : kRotations) {
    folder.save("rotated_" + std::to_string(steps) + ".ct",
                wire::seal::write(must(evaluator.rotate(x, steps))));
  }
  if (params->max_level() >= 4) {
    folder.save("chebyshev16.ct", wire::seal::write(chebyshev16(evaluator, x)));
  }
  return true;
}

bool make_keys(const Folder& folder, std::uint64_t seed) {
  const ckks::ParametersPtr params = folder.parameters();
  RandomStream random = numbered_stream(seed);
  std::array<std::byte, keys::kRootSeedBytes> root;
  random.fill(root);
  const keys::SecretKey secret = must(keys::SecretKey::derive(params, root, "oracle"));
  const keys::PublicKey open = keys::make_public_key(secret, random);
  const ckks::KeySwitchKey relinearization =
      keys::make_relinearization_key(secret, params->max_level(), random);
  wire::seal::GaloisKeys galois;
  std::vector<std::uint32_t> elements = {ckks::galois_element_of_conjugation(params->log_n())};
  for (const int steps : kRotations) {
    elements.push_back(ckks::galois_element_of_rotation(params->log_n(), steps));
  }
  for (const std::uint32_t element : elements) {
    galois.emplace(element, keys::make_galois_key(secret, element, params->max_level(), random));
  }
  folder.save("root.bin", root);
  folder.save("sk.bin", keys::write_seal_secret_key(secret).reveal());
  folder.save("pk.bin", wire::seal::write_public_key(*params, open.b, open.a));
  folder.save("rk.bin", wire::seal::write_relinearization_key(*params, relinearization));
  folder.save("gk.bin", wire::seal::write_galois_keys(*params, galois));

  const ckks::Encoder encoder(params);
  const std::vector<double> x = uniform(random, params->slot_count());
  const std::vector<double> y = uniform(random, params->slot_count());
  const ckks::Plaintext px = must(encoder.encode(x, params->max_level(), kScale));
  const ckks::Plaintext py = must(encoder.encode(y, params->max_level(), kScale));
  folder.save_numbers("x.f64", x);
  folder.save_numbers("y.f64", y);
  folder.save("x.ct", wire::seal::write(must(keys::encrypt(open, px, random))));
  folder.save("y.ct", wire::seal::write(must(keys::encrypt(secret, py, random)).expand()));
  folder.save("y.pt", wire::seal::write(py));
  return true;
}

bool check_results(const Folder& folder) {
  const ckks::ParametersPtr params = folder.parameters();
  const keys::SecretKey secret =
      must(keys::SecretKey::derive(params, folder.load("root.bin"), "oracle"));
  // SEAL saved our key again: the same key, so the same public name.
  const keys::SecretKey again =
      must(keys::read_seal_secret_key(folder.load("sk_seal.bin"), params));
  bool good = again.id() == secret.id();
  std::printf("  salus: secret key through SEAL: %s\n", good ? "the same" : "ANOTHER");

  const ckks::Encoder encoder(params);
  const double fresh = fresh_bound(*params);
  const double switched = switch_bound(*params);
  const std::pair<const char*, double> results[] = {
      {"encrypted", fresh},  {"product", 4 * fresh},  {"cubic", 8 * fresh},
      {"rotated", switched}, {"conjugate", switched}, {"cubic_rotated", 8 * fresh + switched}};
  for (const auto& [name, bound] : results) {
    const std::vector<double> wanted = folder.load_numbers(std::string(name) + ".f64");
    const std::vector<double> got =
        encoder.decode_real(decrypted(folder, secret, std::string(name) + ".ct"));
    good &= report(name, max_error(got, wanted), bound);
  }
  return good;
}

}  // namespace salus::oracle
