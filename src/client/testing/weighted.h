// A program that is small enough to be followed by hand, and its results, for the tests of what
// leaves a key holder.
#pragma once

#include <string>
#include <vector>

#include "ckks/encoder.h"
#include "ckks/evaluator.h"
#include "client/key_file.h"
#include "compiler/chain.h"
#include "program/program.h"
#include "wire/container.h"

namespace salus::client::test {

/// slot[i] = x weight[i], `slots` of them, N = 2^14 at 128 bits: two products with vectors, each
/// rescaled. It ends at level 1 with a scale of 2^`log_scale`, or at level 0 with 2^45.
inline program::Program weighted(std::size_t slots, double log_scale, int last_level) {
  const circuit::Chain chain = must(compiler::chain_for(4));
  const auto stage = [&](const char* name, const char* constant, int level, std::size_t period) {
    program::Stage out;
    const double prime = static_cast<double>(chain.q[static_cast<std::size_t>(level)]);
    const double scale = std::exp2(log_scale);
    out.circuit = {name, chain, {}, {2}};
    out.circuit.nodes = {{.op = circuit::Op::kInput,
                          .name = "x",
                          .level = level,
                          .scale = scale,
                          .bound = 2,
                          .period = period},
                         {.op = circuit::Op::kMultiplyPlain,
                          .name = "m",
                          .operands = {0},
                          .constant = constant,
                          .level = level,
                          .scale = scale * prime},
                         {.op = circuit::Op::kRescale,
                          .name = "out",
                          .operands = {1},
                          .level = level - 1,
                          .scale = scale * prime / prime}};
    std::vector<double> weights;
    for (std::size_t i = 0; i < 8192; ++i) weights.push_back(static_cast<double>(i % 5 + 1) / 5);
    out.constants[constant] = {1, weights.size(), std::move(weights)};
    return out;
  };
  program::Program p;
  p.name = "weighted";
  p.inputs = {{.name = "x", .low = -1, .high = 1}};
  p.output.outputs = {{"C", "mg/L", "concentration", {}, ""}};
  p.output.regimens = {{.id = "once", .label = "once", .dose = 1}};
  for (std::size_t t = 0; t < slots; ++t) p.output.times_h.push_back(static_cast<double>(t));
  p.output.peak = {1};
  p.basis = stage("basis", "a", last_level + 2, 1);
  p.basis.constants["a"] = {1, 1, {1}};
  p.readout = stage("readout", "b", last_level + 1, 1);
  return p;
}

/// What an honest server gives for input x, under a key.
inline Bytes result_of(const program::Program& p, const KeyFile& key, double x,
                       RandomStream& random) {
  const keys::SecretKey secret = must(expand_key(key));
  const ckks::Encoder encoder(secret.params());
  auto none = std::make_shared<ckks::EvaluationKeys>();
  none->params = secret.params();
  const ckks::Evaluator evaluator(none);
  const auto encode = [&](const std::vector<double>& values, int level, double scale) {
    return must(encoder.encode_repeated(values, level, scale));
  };
  const circuit::Node& input = p.basis.circuit.nodes[0];
  ckks::Ciphertext c =
      must(keys::encrypt(secret, encode({x}, input.level, input.scale), random)).expand();
  for (const program::Stage* stage : {&p.basis, &p.readout}) {
    const auto& weights = stage->constants.begin()->second.values;
    const double prime =
        static_cast<double>(stage->circuit.chain.q[static_cast<std::size_t>(c.level)]);
    c = must(evaluator.rescale(must(evaluator.multiply_plain(c, encode(weights, c.level, prime)))));
  }
  return wire::write(c, secret.id());
}

}  // namespace salus::client::test
