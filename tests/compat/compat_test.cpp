// Goal:   what any release wrote is read today, means the same and is written the same.
// Method: the same questions to the files of every release and to what today's code writes.
//         SALUS_BLESS=1 adds the files of this release; a file that exists is never written again.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>

#include "base/file.h"
#include "base/random.h"
#include "circuit/noise.h"
#include "ckks/encoder.h"
#include "ckks/evaluator.h"
#include "client/key_file.h"
#include "objects.h"
#include "program/program.h"
#include "wire/container.h"
#include "wire/reencryption.h"

namespace salus::compat {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = 1u << 20;
const fs::path kFolder = fs::path(SALUS_SOURCE_DIR) / "tests" / "compat";

/// Hashes by file name, as sha256sum writes them.
std::map<std::string, std::string> sums_of(const std::string& release) {
  std::istringstream lines(must(read_text_file(kFolder / release / "SHA256SUMS", kMaxFileBytes)));
  std::map<std::string, std::string> out;
  for (std::string hash, name; lines >> hash >> name;) out[name] = hash;
  return out;
}

Objects files_of(const std::string& release) {
  Objects out;
  for (const auto& [name, hash] : sums_of(release)) {
    out[name] = must(read_file(kFolder / release / name, kMaxFileBytes));
  }
  return out;
}

double x_at(std::size_t slot) { return x()[slot % 16]; }
double y_at(std::size_t slot) { return y()[slot % 8]; }

constexpr const char* kKeys[] = {"evaluation_key_relinearization", "evaluation_key_rotation",
                                 "evaluation_key_conjugation"};

/// The parameter is a release that left its files, or "today".
class Compat : public testing::TestWithParam<std::string> {
 protected:
  const Objects objects_ = GetParam() == "today" ? objects_of_today() : files_of(GetParam());
  const ckks::ParametersPtr params_ =
      must(wire::parameters_of(must(wire::read_header(objects_.at("evaluation_keys")))));
  const keys::SecretKey secret_ = must(keys::SecretKey::derive(params_, root(), kLabel));
  const ckks::Encoder encoder_{params_};
  const circuit::NoiseLedger ledger_{
      {params_->log_n(), params_->literal().q, params_->literal().p, params_->literal().dnum}};

  wire::ReadCiphertext ciphertext(const std::string& name) const {
    return must(wire::read_ciphertext(objects_.at(name), params_));
  }

  void expect_slots(const ckks::Ciphertext& c, const std::function<double(std::size_t)>& expected,
                    double bound) const {
    const std::vector<double> slots = encoder_.decode_real(must(keys::decrypt(secret_, c)));
    for (std::size_t i = 0; i < slots.size(); ++i) {
      ASSERT_NEAR(slots[i], expected(i), bound) << "slot " << i;
    }
  }

  /// Product, rotation by 1 and conjugation.
  void expect_computes(std::shared_ptr<const ckks::EvaluationKeys> keys) const {
    const ckks::Evaluator evaluator(std::move(keys));
    const auto product = must(evaluator.multiply_rescale(ciphertext("ciphertext_seeded").ciphertext,
                                                         ciphertext("ciphertext").ciphertext));
    const double bound = 2 * fresh() + ledger_.key_switch(1, kScale * kScale) +
                         ledger_.rescale(product.scale) + ledger_.key_switch(0, product.scale);
    expect_slots(
        must(evaluator.rotate(product, 1)), [](std::size_t i) { return x_at(i + 1) * y_at(i + 1); },
        bound);
    expect_slots(
        must(evaluator.conjugate(product)), [](std::size_t i) { return x_at(i) * y_at(i); }, bound);
  }

  double fresh() const { return ledger_.fresh(circuit::Encryption::kPublicKey, kScale); }
};

TEST_P(Compat, CiphertextsOpenUnderTheKeyThatTheyName) {
  const auto seeded = ciphertext("ciphertext_seeded");
  const auto plain = ciphertext("ciphertext");
  const auto product = ciphertext("ciphertext_three_parts");

  expect_slots(seeded.ciphertext, x_at, fresh());
  expect_slots(plain.ciphertext, y_at, fresh());
  expect_slots(
      product.ciphertext, [](std::size_t i) { return x_at(i) * y_at(i); }, 2 * fresh());
  for (const auto& read : {seeded, plain, product}) EXPECT_EQ(read.key_id, secret_.id());
}

TEST_P(Compat, EvaluationKeysStillComputeOnTheCiphertexts) {
  auto read = must(wire::read_evaluation_keys(objects_.at("evaluation_keys"), params_));
  EXPECT_EQ(read.key_id, secret_.id());
  expect_computes(std::make_shared<const ckks::EvaluationKeys>(std::move(read.keys)));
}

TEST_P(Compat, KeysInObjectsOfTheirOwnStillComputeOnTheCiphertexts) {
  auto keys = std::make_shared<ckks::EvaluationKeys>();
  keys->params = params_;
  for (const std::string name : kKeys) {
    auto read = must(wire::read_evaluation_key(objects_.at(name), params_));
    EXPECT_EQ(read.key_id, secret_.id());
    keys->put(read.element, std::make_shared<const ckks::KeySwitchKey>(std::move(read.key)));
  }
  expect_computes(keys);
}

TEST_P(Compat, ReencryptionKeysStillOpenResultsToTheirReader) {
  const auto key = must(wire::read_reencryption_key(objects_.at("reencryption_key"), params_));
  const auto open = must(wire::read_public_key(objects_.at("public_key"), params_));
  const keys::SecretKey reader = must(keys::SecretKey::derive(params_, root(), kReaderLabel));
  EXPECT_EQ(wire::write(key), objects_.at("reencryption_key"));
  EXPECT_EQ(wire::write(open), objects_.at("public_key"));
  EXPECT_EQ(open.key_id, reader.id());
  EXPECT_EQ(key.to, reader.id());

  const auto evaluator = ckks::Evaluator(
      std::make_shared<ckks::EvaluationKeys>(ckks::EvaluationKeys{params_, nullptr, {}}));
  const auto given = ciphertext("ciphertext");
  const auto lower = must(evaluator.drop_level(given.ciphertext, 0));
  const auto c = must(ckks::reencrypt_unflooded(lower, given.key_id, key));
  const std::vector<double> slots = encoder_.decode_real(must(keys::decrypt(reader, c)));
  const double bound = fresh() + ledger_.reencrypt(0, kScale, /*spare=*/true);
  for (std::size_t i = 0; i < slots.size(); ++i) ASSERT_NEAR(slots[i], y_at(i), bound);
}

TEST_P(Compat, ContainersAreWrittenAsTheyWere) {
  for (const std::string name : {"ciphertext", "ciphertext_three_parts"}) {
    const auto read = ciphertext(name);
    EXPECT_EQ(wire::write(read.ciphertext, read.key_id), objects_.at(name)) << name;
  }
  const auto keys = must(wire::read_evaluation_keys(objects_.at("evaluation_keys"), params_));
  EXPECT_EQ(wire::write(keys.keys, keys.key_id), objects_.at("evaluation_keys"));
  for (const std::string name : kKeys) {
    const auto read = must(wire::read_evaluation_key(objects_.at(name), params_));
    EXPECT_EQ(wire::write(*params_, read.element, read.key, read.key_id), objects_.at(name));
  }

  // Reading expands the seed, which lies before the checksum.
  const Bytes& bytes = objects_.at("ciphertext_seeded");
  const auto read = ciphertext("ciphertext_seeded");
  ckks::SeededCiphertext seeded{
      params_, read.ciphertext.level, read.ciphertext.scale, {}, read.ciphertext.parts[0]};
  std::ranges::copy(ByteView(bytes).last(64).first(32), seeded.seed.begin());
  EXPECT_EQ(wire::write(seeded, read.key_id), bytes);
  EXPECT_EQ(seeded.expand().parts, read.ciphertext.parts);
}

TEST_P(Compat, ProgramsAreWrittenAsTheyWere) {
  const Bytes& bytes = objects_.at("program");
  EXPECT_EQ(program::serialize(must(program::parse(bytes))), bytes);
}

TEST_P(Compat, ASecretKeyFileGivesTheKeyOfTheCiphertexts) {
  const Seed random = random_seed();
  const fs::path folder =
      fs::temp_directory_path() / ("salus-compat-" + to_hex(ByteView(random).first(8)));
  fs::create_directories(folder);
  must(write_file(folder / "key", objects_.at("secret_key_of_tests"), FileMode::kOwnerOnly));
  const client::KeyFile key = must(client::load_key(folder / "key"));
  must(client::save_key(folder / "again", key));

  EXPECT_EQ(must(client::expand_key(key)).id(), secret_.id());
  EXPECT_EQ(must(read_file(folder / "again", kMaxFileBytes)), objects_.at("secret_key_of_tests"));
  fs::remove_all(folder);
}

std::string without_dots(const testing::TestParamInfo<std::string>& release) {
  std::string name = release.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(OfRelease, Compat, testing::Values("0.1.0", "today"), without_dots);

// What SALUS_BLESS=1 does: files that are there stay as they are.
void add_missing_files(const fs::path& folder) {
  fs::create_directories(folder);
  std::string sums;
  for (const auto& [name, bytes] : objects_of_today()) {
    if (!fs::exists(folder / name)) must(write_file(folder / name, bytes));
    sums += sha256(bytes).hex() + "  " + name + "\n";
  }
  if (!fs::exists(folder / "SHA256SUMS")) must(write_file(folder / "SHA256SUMS", as_bytes(sums)));
}

TEST(CompatFiles, AreThoseThatTheirReleaseWrote) {
  if (std::getenv("SALUS_BLESS") != nullptr) add_missing_files(kFolder / kRelease);
  std::size_t releases = 0;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (!entry.is_directory()) continue;
    ++releases;
    const std::string release = entry.path().filename().string();
    const auto sums = sums_of(release);
    EXPECT_GE(sums.size(), 11u);
    for (const auto& [name, bytes] : files_of(release)) {
      EXPECT_EQ(sha256(bytes).hex(), sums.at(name)) << release << "/" << name;
      EXPECT_LE(bytes.size(), 250'000u) << release << "/" << name;
    }
  }
  EXPECT_EQ(releases, 1u) << "one for each release in the list above";
}

}  // namespace
}  // namespace salus::compat
