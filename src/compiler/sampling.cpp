#include "compiler/sampling.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace salus::compiler {

using model::Parameter;

namespace {

double forward(const Parameter& p, double x) {
  return p.transform == model::Transform::kLog ? std::log(x) : x;
}

// u in [-1, 1] over the transformed box.
double at(const Parameter& p, double u) {
  const double low = forward(p, p.low), high = forward(p, p.high);
  const double x = (low + high) / 2 + u * (high - low) / 2;
  return std::clamp(p.transform == model::Transform::kLog ? std::exp(x) : x, p.low, p.high);
}

}  // namespace

Points::Points(const model::Model& model, std::uint64_t seed) : model_(&model) {
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

double Points::uniform() {
  const std::uint64_t out = std::rotl(state_[1] * 5, 7) * 9, shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return static_cast<double>(out >> 11) * 0x1p-53;
}

double Points::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

template <class Draw>
std::vector<double> Points::point(Draw draw) {
  std::vector<double> out;
  for (const Parameter& p : model_->parameters) out.push_back(p.is_private ? draw(p) : p.typical);
  return out;
}

std::vector<double> Points::population() {
  return point([this](const Parameter& p) {
    while (true) {
      const double x = forward(p, p.typical) + p.sd * normal();
      const double value = p.transform == model::Transform::kLog ? std::exp(x) : x;
      if (value >= p.low && value <= p.high) return value;
    }
  });
}

std::vector<double> Points::box() {
  return point([this](const Parameter& p) { return at(p, 2 * uniform() - 1); });
}

std::vector<double> Points::edge_heavy() {
  return point(
      [this](const Parameter& p) { return at(p, std::cos(std::numbers::pi * uniform())); });
}

std::vector<std::vector<double>> Points::corners() const {
  constexpr std::size_t kMaxDimensions = 10;
  const std::size_t count = std::min(model_->private_parameters().size(), kMaxDimensions);
  std::vector<std::vector<double>> out;
  for (std::size_t corner = 0; corner < (std::size_t{1} << count); ++corner) {
    std::vector<double> values;
    std::size_t index = 0;
    for (const Parameter& p : model_->parameters) {
      const bool high = (corner >> (index % kMaxDimensions) & 1) != 0;
      values.push_back(!p.is_private ? p.typical : high ? p.high : p.low);
      index += p.is_private;
    }
    out.push_back(std::move(values));
  }
  return out;
}

}  // namespace salus::compiler
