// How far a model's rates of change lie apart. Private to this folder.
#pragma once

#include "model/box_points.h"

namespace salus::model {

/// Sizes of the eigenvalues of the rates' Jacobian; the slowest is not slower than 1 / horizon.
struct RateSpread {
  double slowest_per_h = 0;
  double fastest_per_h = 0;
  double ratio() const { return slowest_per_h > 0 ? fastest_per_h / slowest_per_h : 0; }
};

/// At time 0, `dose` given, by finite differences.
RateSpread rate_spread(const Model& model, const Point& point, double dose);

}  // namespace salus::model
