// Points in a model's box, the same on every run.
#pragma once

#include <cstdint>
#include <vector>

#include "model/model.h"

namespace salus::compiler {

/// xoshiro256** seeded by splitmix64: not for secrets, only for points in public boxes.
class Points {
 public:
  Points(const model::Model& model, std::uint64_t seed);

  /// All parameters in the model's order; public ones at their typical value.
  /// From the population measure: normal in the transformed parameters, cut off at the box.
  std::vector<double> population();
  /// Uniform in the transformed box.
  std::vector<double> box();
  /// Denser towards the faces of the transformed box (the Chebyshev measure), for fitting.
  std::vector<double> edge_heavy();
  /// All 2^d corners of the box (d <= 10; beyond, 1024 of them).
  std::vector<std::vector<double>> corners() const;

 private:
  double uniform();
  double normal();
  template <class Draw>
  std::vector<double> point(Draw draw);

  const model::Model* model_;
  std::uint64_t state_[4];
};

}  // namespace salus::compiler
