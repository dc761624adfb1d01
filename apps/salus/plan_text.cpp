#include "plan_text.h"

#include <fmt/format.h>

#include "terminal.h"

namespace salus::cli {
namespace {

/// Small rings take milliseconds, and "0.0 s" is no estimate.
std::string duration(double seconds) {
  return seconds < 1 ? fmt::format("{:.0f} ms", 1e3 * seconds) : human_seconds(seconds);
}

}  // namespace

std::string plan_table(const client::KeyPlan& plan) {
  std::string text = fmt::format("{:<18} {:>5} {:>12} {:>9}\n", "key", "level", "bytes", "seconds");
  for (const client::PlannedKey& key : plan.keys) {
    text += fmt::format("{:<18} {:>5} {:>12} {:>9}\n", key.name, key.level, key.bytes,
                        key.reused ? "there" : fmt::format("{:.3f}", key.seconds));
  }
  return text + plan_summary(plan) + "\n";
}

std::string plan_summary(const client::KeyPlan& plan) {
  const std::size_t reused = plan.keys.size() - plan.made_count();
  std::string text =
      fmt::format("{} of evaluation keys ({}), about {} to make", human_bytes(plan.made_bytes()),
                  plan.made_count(), duration(plan.made_seconds()));
  if (reused > 0) {
    text += fmt::format("; {} more ({}) were made before and serve again",
                        human_bytes(plan.bytes() - plan.made_bytes()), reused);
  }
  return text;
}

nlohmann::json plan_json(const client::KeyPlan& plan) {
  nlohmann::json keys = nlohmann::json::array();
  for (const client::PlannedKey& key : plan.keys) {
    keys.push_back({{"name", key.name},
                    {"level", key.level},
                    {"bytes", key.bytes},
                    {"seconds", key.seconds},
                    {"reused", key.reused}});
  }
  return {{"keys", std::move(keys)},
          {"evaluation_key_count", plan.keys.size()},
          {"evaluation_key_bytes", plan.bytes()},
          {"made_count", plan.made_count()},
          {"made_bytes", plan.made_bytes()},
          {"made_seconds", plan.made_seconds()}};
}

}  // namespace salus::cli
