#include "objects.h"

#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "ckks/encoder.h"
#include "ckks/evaluator.h"
#include "client/key_file.h"
#include "client/secret_file.h"
#include "keys/reencryption.h"
#include "support/tiny_world.h"
#include "wire/container.h"
#include "wire/reencryption.h"

namespace salus::compat {
namespace {

/// The smallest ring with room for one product at 128 bits: 102 of 106 bits.
circuit::Chain chain() {
  return {.log_n = 12, .q = {68718428161, 1073479681}, .p = {68712923137}, .dnum = 2};
}

Bytes key_file(const keys::SecretKey& secret) {
  client::KeyFile key{.id = secret.id().hex(),
                      .label = "compat",
                      .created_at = "2025-01-01T00:00:00Z",
                      .chain = chain()};
  std::ranges::copy(root(), key.seed.reveal().begin());
  const Seed random = random_seed();
  const auto path = std::filesystem::temp_directory_path() /
                    ("salus-compat-" + to_hex(ByteView(random).first(8)));
  must(client::save_key(path, key));
  Bytes bytes = must(read_file(path, client::kMaxSecretFileBytes));
  std::filesystem::remove(path);
  return bytes;
}

std::vector<double> sixteenths(std::size_t period) {
  std::vector<double> out(period);
  for (std::size_t i = 0; i < period; ++i) out[i] = static_cast<double>(i) / 16 - 0.25;
  return out;
}

}  // namespace

std::vector<std::byte> root() {
  std::vector<std::byte> out(keys::kRootSeedBytes);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i);
  return out;
}

std::vector<double> x() { return sixteenths(16); }
std::vector<double> y() { return sixteenths(8); }

Objects objects_of_today() {
  const ckks::ParametersPtr params = must(client::parameters_of(chain()));
  const keys::SecretKey secret = must(keys::SecretKey::derive(params, root(), kLabel));
  RandomStream random(Seed{}, 1);
  const ckks::Encoder encoder(params);
  const auto seeded =
      must(keys::encrypt(secret, must(encoder.encode_repeated(x(), 1, kScale)), random));
  const auto plain = must(keys::encrypt(keys::make_public_key(secret, random),
                                        must(encoder.encode_repeated(y(), 1, kScale)), random));
  circuit::KeyRequirements wanted;
  wanted.relinearization_level = 1;
  wanted.rotation_levels[1] = 0;
  wanted.conjugation_level = 0;
  const auto keys = must(keys::make_evaluation_keys(secret, wanted, random));
  const ckks::Evaluator evaluator(std::make_shared<const ckks::EvaluationKeys>(keys));
  const auto product = must(evaluator.multiply_unrelinearized(seeded.expand(), plain));
  const auto one = [&](std::uint32_t element) {
    return wire::write(*params, element, *keys.find(element), secret.id());
  };
  const keys::SecretKey reader = must(keys::SecretKey::derive(params, root(), kReaderLabel));
  const ckks::PublicKey open = must(keys::make_public_key(reader, 1, random));
  const auto to_reader = must(keys::make_reencryption_key(secret, open, 1, random));
  return {
      {"ciphertext", wire::write(plain, secret.id())},
      {"ciphertext_seeded", wire::write(seeded, secret.id())},
      {"ciphertext_three_parts", wire::write(product, secret.id())},
      {"evaluation_key_conjugation", one(ckks::galois_element_of_conjugation(params->log_n()))},
      {"evaluation_key_relinearization", one(ckks::kRelinearization)},
      {"evaluation_key_rotation", one(ckks::galois_element_of_rotation(params->log_n(), 1))},
      {"evaluation_keys", wire::write(keys, secret.id())},
      {"public_key", wire::write(open)},
      {"reencryption_key", wire::write(to_reader)},
      {"program", program::serialize(e2e::tiny_program())},
      {"secret_key_of_tests", key_file(secret)},
  };
}

}  // namespace salus::compat
