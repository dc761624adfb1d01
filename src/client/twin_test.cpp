// Goal:   what a twin uploads is as small as was promised, and as large as was printed before.
// Method: the program that ships for theophylline, compiled; every key of it made and written.
#include "client/twin.h"

#include <gtest/gtest.h>

#include <chrono>
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
  const ckks::ParametersPtr params = must(parameters_of(program.basis.circuit.chain));
  KeyPlan plan = must(plan_keys(*params, needed));
  must(estimate(plan, params));
  const InputSizes inputs = input_sizes(program, *params);
  RandomStream random(test::seed_of(seed), 0);
  const auto secret = must(keys::SecretKey::derive(params, test::seed_of(seed), "twin"));
  std::uint64_t bytes = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (const PlannedKey& key : plan.keys) {
    const Bytes object =
        wire::write(*params, key.element,
                    keys::make_evaluation_key(secret, key.element, key.level, random), secret.id());
    (void)sha256(object);
    EXPECT_EQ(object.size(), key.bytes) << key.name;
    bytes += object.size();
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;

  std::cout << "  " << plan.keys.size() << " keys, " << bytes << " bytes, " << taken.count()
            << " s, planned " << plan.made_seconds() << " s; " << inputs.count << " inputs, "
            << inputs.bytes << " bytes\n";
  EXPECT_EQ(bytes, plan.bytes());
  EXPECT_LE(bytes, 40'000'000u);
  EXPECT_GT(plan.made_seconds(), 0);
}

}  // namespace
}  // namespace salus::client
