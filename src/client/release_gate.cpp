#include "client/release_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ckks/encoder.h"
#include "client/result.h"
#include "wire/container.h"

namespace salus::client {
namespace {

constexpr std::string_view kIdLabel = "salus release 1\n";
constexpr std::string_view kNoiseLabel = "salus release noise 1 ";
// Encoding and decoding in doubles, of the largest value (encoder.h), with room for their sum.
constexpr double kDoubles = 0x1p-45;

Status require_policy(const ReleasePolicy& policy) {
  const bool grid = policy.mode == ReleaseMode::kGrid;
  if (grid ? std::isnormal(policy.grid) && policy.grid > 0 : policy.tolerance > 0) return {};
  return Error{ErrorCode::kInvalidArgument,
               grid ? "release: a grid is a positive number"
                    : "release: a tolerance is a positive part of the peak"};
}

// Decimal places do not change what is known of the key, only what is shown.
double rounded(double x, int decimals) {
  const double unit = std::pow(10.0, decimals);
  return std::round(x * unit) / unit;
}

// Everything that the noise follows from: a plan of another width must not meet the same noise.
Digest id_of(ByteView result, const program::Program& program, const ReleasePolicy& policy,
             const ReleasePlan& plan) {
  Bytes all = to_bytes(as_bytes(kIdLabel));
  append(all, sha256(result).bytes);
  append(all, sha256(program::serialize(program)).bytes);
  append_u8(all, policy.mode == ReleaseMode::kGrid ? 1 : 0);
  append_f64(all, policy.mode == ReleaseMode::kGrid ? policy.grid : 0);
  append_f64(all, plan.flooding.step);
  append_u64(all, plan.flooding.sigma);
  append_u32(all, static_cast<std::uint32_t>(plan.bounds.noise.size()));
  return sha256(all);
}

Status require_result(const wire::ReadCiphertext& read, const keys::SecretKey& secret,
                      const program::SlotBounds& bounds, const program::Program& program) {
  if (read.key_id != secret.id()) {
    return Error{ErrorCode::kMismatch, "release: a result under key " + read.key_id.hex() +
                                           ", the gate is that of key " + secret.id().hex()};
  }
  const ckks::Ciphertext& c = read.ciphertext;
  if (c.level == bounds.level && std::abs(c.scale / bounds.scale - 1) < 0x1p-40) return {};
  return Error{ErrorCode::kMismatch,
               fmt::format("release: a result at level {} and scale 2^{:.3f}; program {} ends at "
                           "level {} and 2^{:.3f}, and its noise is known there alone",
                           c.level, std::log2(c.scale), program.name, bounds.level,
                           std::log2(bounds.scale))};
}

}  // namespace

Bytes Release::bytes() const {
  Bytes out = to_bytes(as_bytes(kIdLabel));
  append(out, id.bytes);
  append_u64(out, place);
  append_f64(out, error);
  append_u32(out, static_cast<std::uint32_t>(slots.size()));
  for (const double slot : slots) append_f64(out, slot);
  return out;
}

Result<ReleasePlan> plan_release(const program::Program& program, const ReleasePolicy& policy,
                                 const ckks::FloodingTarget& target) {
  if (const Status fine = require_policy(policy); !fine) return fine.error();
  Result<program::SlotBounds> bounds = program::slot_bounds(program);
  if (!bounds) return bounds.error();
  ReleasePlan plan{std::move(*bounds), {}, 0, 0};
  plan.peak = plan.bounds.largest / program::kBoundMargin;
  for (double& noise : plan.bounds.noise) noise += kDoubles * plan.bounds.largest;
  const double noise = std::ranges::max(plan.bounds.noise);
  if (policy.mode == ReleaseMode::kGrid) {
    if (2 * noise < policy.grid) return plan;
    return Error{ErrorCode::kLevelExhausted,
                 fmt::format("release: results of program {} may be off by {:.3g}, which is not "
                             "below half of the grid of {:.3g}",
                             program.name, noise, policy.grid)};
  }
  const auto flooding = ckks::plan_slot_flooding(plan.bounds.noise, target);
  if (!flooding) return flooding.error();
  plan.flooding = *flooding;
  plan.error = noise + flooding->error;
  plan.error += 0.5 * std::pow(10.0, -declared_decimals(plan.error));
  const Status fine = ckks::require_accuracy(plan.error, plan.peak, policy.tolerance, target);
  if (!fine) return fine.error();
  return plan;
}

ReleaseGate::ReleaseGate(const KeyFile& key, keys::SecretKey secret, ReleaseLedger ledger)
    : key_(key), secret_(std::move(secret)), ledger_(std::move(ledger)) {}

Result<ReleaseGate> ReleaseGate::open(const KeyFile& key, ReleaseLedger ledger) {
  if (ledger.key_id() != key.id) {
    return Error{ErrorCode::kMismatch,
                 "release gate: key " + key.id + " and the ledger of key " + ledger.key_id()};
  }
  Result<keys::SecretKey> secret = expand_key(key);
  if (!secret) return secret.error();
  return ReleaseGate(key, std::move(*secret), std::move(ledger));
}

Result<Release> ReleaseGate::release(ByteView result, const program::Program& program,
                                     const ReleasePolicy& policy) {
  const Result<ReleasePlan> plan = plan_release(program, policy, ledger_.target());
  if (!plan) return plan.error();
  const Result<wire::ReadCiphertext> read = wire::read_ciphertext(result, secret_.params());
  if (!read) return read.error();
  if (const Status fine = require_result(*read, secret_, plan->bounds, program); !fine)
    return fine.error();

  Release out{id_of(result, program, policy, *plan), 0, {}, {}, plan->error};
  const Result<std::uint64_t> place = ledger_.count(out.id);
  if (!place) return place.error();
  out.place = *place;

  const Result<ckks::Plaintext> plain = keys::decrypt(secret_, read->ciphertext);
  if (!plain) return plain.error();
  std::vector<double> exact = ckks::Encoder(secret_.params()).decode_real(*plain);
  exact.resize(plan->bounds.noise.size());
  if (policy.mode == ReleaseMode::kGrid) {
    for (const double slot : exact)
      out.slots.push_back(policy.grid * std::round(slot / policy.grid));
  } else {
    const Secret<std::byte> derived =
        derive_secret(key_.seed.reveal(), std::string(kNoiseLabel) + out.id.hex());
    Seed seed;
    std::ranges::copy(derived.reveal(), seed.begin());
    RandomStream random(seed, 0);
    secure_zero(seed);
    Result<std::vector<double>> flooded = ckks::flood_slots(exact, plan->flooding, random);
    if (!flooded) return flooded.error();
    for (const double slot : *flooded)
      out.slots.push_back(rounded(slot, declared_decimals(plan->error)));
  }
  secure_zero(std::as_writable_bytes(std::span(exact)));
  Result<std::vector<std::vector<double>>> curves = curves_of(program, out.slots);
  if (!curves) return curves.error();
  out.curves = std::move(*curves);
  return out;
}

}  // namespace salus::client
