#include "client/key_plan.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/random.h"
#include "wire/container.h"

namespace salus::client {
namespace {

constexpr int kMeasurements = 2;  // the first also pays for memory that the next finds

/// relinearization < rotation 2 < rotation 16 < conjugation
auto place_of(const PlannedKey& key, int log_n) {
  int rank = 1;
  if (key.element == ckks::kRelinearization) rank = 0;
  if (key.element == ckks::galois_element_of_conjugation(log_n)) rank = 2;
  return std::tuple(rank, key.name.size(), key.name);
}

double seconds_to_make(const keys::SecretKey& secret, const PlannedKey& key) {
  RandomStream random(random_seed(), 0);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kMeasurements; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    const auto made = keys::make_evaluation_key(secret, key.element, key.level, random);
    (void)sha256(wire::write(*secret.params(), key.element, made, secret.id()));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    best = std::min(best, taken.count());
  }
  return best;
}

}  // namespace

std::size_t KeyPlan::made_count() const {
  return static_cast<std::size_t>(std::ranges::count(keys, false, &PlannedKey::reused));
}

std::uint64_t KeyPlan::made_bytes() const {
  std::uint64_t sum = 0;
  for (const PlannedKey& key : keys) sum += key.reused ? 0 : key.bytes;
  return sum;
}

double KeyPlan::made_seconds() const {
  double sum = 0;
  for (const PlannedKey& key : keys) sum += key.reused ? 0 : key.seconds;
  return sum;
}

std::uint64_t KeyPlan::bytes() const {
  std::uint64_t sum = 0;
  for (const PlannedKey& key : keys) sum += key.bytes;
  return sum;
}

void KeyPlan::reuse(const KeyRecords& known) {
  for (PlannedKey& key : keys) {
    const auto found = known.find(key.name);
    key.reused = found != known.end() && found->second.level >= key.level;
  }
}

Result<KeyPlan> plan_keys(const ckks::Parameters& params, const circuit::KeyRequirements& needed) {
  KeyPlan plan;
  const auto levels = ckks::key_levels(params.log_n(), needed.relinearization_level,
                                       needed.rotation_levels, needed.conjugation_level);
  for (const auto& [element, level] : levels) {
    if (const Status fine = keys::require_key_level(params, level); !fine) return fine.error();
    plan.keys.push_back({.name = ckks::key_name(params.log_n(), element),
                         .element = element,
                         .level = level,
                         .bytes = wire::evaluation_key_bytes(params, level)});
  }
  std::ranges::sort(plan.keys, {},
                    [&](const PlannedKey& key) { return place_of(key, params.log_n()); });
  return plan;
}

Status estimate(KeyPlan& plan, const ckks::ParametersPtr& params) {
  const PlannedKey* smallest = nullptr;
  for (const PlannedKey& key : plan.keys) {
    if (!key.reused && (smallest == nullptr || key.bytes < smallest->bytes)) smallest = &key;
  }
  if (smallest == nullptr) return {};
  const Seed root = random_seed();
  const auto secret = keys::SecretKey::derive(params, root, "thrown away");
  if (!secret) return secret.error();
  const double rate = seconds_to_make(*secret, *smallest) / static_cast<double>(smallest->bytes);
  for (PlannedKey& key : plan.keys) {
    key.seconds = key.reused ? 0 : rate * static_cast<double>(key.bytes);
  }
  return {};
}

}  // namespace salus::client
