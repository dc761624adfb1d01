// The points at which a box is looked at. Private to this folder.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/box.h"

namespace salus::model {

/// All parameters of one patient, in the model's order.
using Point = std::vector<double>;

struct Points {
  std::vector<Point> all;  ///< the typical patient, corners, samples
  std::size_t corners = 0;
};

/// Up to ten private parameters: every corner; more: kMaxCorners drawn ones.
Points points_of(const Model& model, const BoxOptions& options);

/// Between `a` (at 0) and `b` (at 1), geometrically where the transform is a logarithm.
Point between(const Model& model, const Point& a, const Point& b, double share);

/// "CL = 2.5 L/h, V = 20 L": the parameters that `formula` depends on, also by way of derived
/// quantities and variables; all parameters if it names none.
std::string point_text(const Model& model, const Expression& formula, std::span<const double> at);

}  // namespace salus::model
