// Goal:   what a twin uploads is as small as was promised, and as large as was printed before.
// Method: the program that ships for theophylline, compiled; every key of it made and written.
#include "client/twin.h"

#include <gtest/gtest.h>

#include <iostream>

#include "analysis/simulate.h"
#include "base/testing/test_random.h"
#include "wire/container.h"

namespace salus::client {
namespace {

program::Program theophylline() {
  const std::string models = std::string(SALUS_SOURCE_DIR) + "/models/";
  const auto model = must(model::load_model(models + "theophylline.toml"));
  const auto question = must(analysis::load_question(models + "questions/theophylline.toml"));
  return must(analysis::simulate(model, question));
}

TEST(TwinSizesSlow, AllKeysOfADefaultTwinFitFortyMegabytes) {
  const std::uint64_t seed = 161;
  const program::Program program = theophylline();
  const circuit::KeyRequirements needed = must(key_requirements({program}));
  const TwinSizes sizes = must(sizes_of(program, needed));

  const ckks::ParametersPtr params = must(parameters_of(program.basis.circuit.chain));
  RandomStream random(test::seed_of(seed), 0);
  const auto secret = must(keys::SecretKey::derive(params, test::seed_of(seed), "twin"));
  const auto keys = must(keys::make_evaluation_keys(secret, needed, random));
  const Bytes bytes = wire::write(keys, secret.id());

  std::cout << "  " << sizes.evaluation_key_count << " keys, " << bytes.size() << " bytes; "
            << sizes.ciphertext_count << " inputs, " << sizes.ciphertext_bytes << " bytes\n";
  EXPECT_EQ(bytes.size(), sizes.evaluation_key_bytes);
  EXPECT_LE(bytes.size(), 40'000'000u);
}

}  // namespace
}  // namespace salus::client
