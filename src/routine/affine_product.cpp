#include "routine/affine_product.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <string>

#include "routine/power_basis.h"

namespace salus::routine {
namespace {

using ckks::Ciphertext;

double largest_of(std::span<const double> values) {
  double out = 0;
  for (const double v : values) out = std::max(out, std::abs(v));
  return out;
}

Status require_forms(std::span<const AffineForm> forms, std::size_t input_count) {
  const auto bad = [](const std::string& why) {
    return Error{ErrorCode::kInvalidArgument, "affine product: " + why};
  };
  if (forms.empty()) return bad("no forms");
  for (std::size_t j = 0; j < forms.size(); ++j) {
    const std::string which = "form " + std::to_string(j);
    if (forms[j].slopes.empty()) return bad(which + " has no slopes: multiply it into another one");
    for (const AffineForm::Slope& slope : forms[j].slopes) {
      if (slope.input < input_count) continue;
      return bad(which + " refers to input " + std::to_string(slope.input) + " of " +
                 std::to_string(input_count));
    }
  }
  return {};
}

/// Each input at each level where it is read, dropped there once.
class DroppedInputs {
 public:
  DroppedInputs(const ckks::Evaluator& evaluator, std::span<const Ciphertext> inputs)
      : evaluator_(evaluator), inputs_(inputs) {}

  Result<const Ciphertext*> at(std::size_t input, int level) {
    if (inputs_[input].level == level) return &inputs_[input];
    const auto found = dropped_.find({input, level});
    if (found != dropped_.end()) return &found->second;
    Result<Ciphertext> made = evaluator_.drop_level(inputs_[input], level);
    if (!made) return made.error();
    return &dropped_.emplace(std::pair{input, level}, std::move(*made)).first->second;
  }

 private:
  const ckks::Evaluator& evaluator_;
  std::span<const Ciphertext> inputs_;
  std::map<std::pair<std::size_t, int>, Ciphertext> dropped_;
};

}  // namespace

Result<AffineProduct> AffineProduct::create(const ckks::Encoder& encoder,
                                            const ckks::ParametersPtr& params,
                                            std::span<const AffineForm> forms,
                                            std::size_t input_count, const Placement& at,
                                            const AffineBounds& bounds) {
  const std::string what = "affine product";
  if (const Status ok = require_placement(what, *params, at); !ok) return ok.error();
  if (const Status ok = require_forms(forms, input_count); !ok) return ok.error();
  const int depth = 1 + ceil_log2(static_cast<int>(forms.size()));
  const Status enough =
      require_levels(what + " of " + std::to_string(forms.size()) + " forms", depth, at.level);
  if (!enough) return enough.error();
  AffineProduct out(Schedule(params), input_count, at, bounds);
  const Result<int> output =
      out.build(encoder, forms, {0, forms.size()}, at.level - depth, at.result_scale);
  if (!output) return output.error();
  out.output_ = *output;
  return out;
}

Result<int> AffineProduct::build(const ckks::Encoder& encoder, std::span<const AffineForm> forms,
                                 Span span, int level, double scale) {
  if (span.count == 1) return encode(encoder, forms[span.first], level, scale);
  const std::size_t left = std::bit_ceil(span.count) / 2;
  Sum sum{.level = level + 1, .bound = bounds_.product};
  sum.scale = scale * static_cast<double>(tree_.params().q(level + 1).value());
  const double half = std::sqrt(sum.scale);
  const Result<int> a = build(encoder, forms, {span.first, left}, level + 1, half);
  if (!a) return a;
  const Result<int> b =
      build(encoder, forms, {span.first + left, span.count - left}, level + 1, half);
  if (!b) return b;
  sum.products = {{*a, *b}};
  return tree_.append(std::move(sum));
}

Result<int> AffineProduct::encode(const ckks::Encoder& encoder, const AffineForm& form, int level,
                                  double scale) {
  const double prime = static_cast<double>(tree_.params().q(level + 1).value());
  Leaf leaf;
  double bound = largest_of(form.offset);
  for (const AffineForm::Slope& slope : form.slopes) {
    Result<ckks::Plaintext> plain =
        encoder.encode_repeated(slope.values, level + 1, scale * prime / at_.scale);
    if (!plain) return plain.error();
    const double largest = largest_of(slope.values);
    bound += largest * bounds_.input;
    leaf.slopes.push_back({slope.input, std::move(*plain), largest});
  }
  Result<ckks::Plaintext> offset = encoder.encode_repeated(form.offset, level, scale);
  if (!offset) return offset.error();
  leaf.offset = std::move(*offset);
  leaves_.push_back(std::move(leaf));
  return tree_.input(level, scale, bound);
}

Status AffineProduct::require_inputs(std::span<const Ciphertext> inputs) const {
  if (inputs.size() != input_count_) {
    return Error{ErrorCode::kInvalidArgument, "affine product of " + std::to_string(input_count_) +
                                                  " inputs, " + std::to_string(inputs.size()) +
                                                  " were given"};
  }
  for (const Ciphertext& x : inputs) {
    if (const Status ok = require_scale("affine product", x.scale, at_.scale); !ok) return ok;
  }
  return {};
}

Result<Ciphertext> AffineProduct::apply(const ckks::Evaluator& evaluator,
                                        std::span<const Ciphertext> inputs,
                                        OperationCounts* done) const {
  if (const Status ok = require_inputs(inputs); !ok) return ok.error();
  DroppedInputs dropped(evaluator, inputs);
  OperationCounts counts;
  std::vector<Ciphertext> forms;
  for (const Leaf& leaf : leaves_) {
    Ciphertext sum;
    for (const Leaf::Slope& slope : leaf.slopes) {
      const Result<const Ciphertext*> x = dropped.at(slope.input, slope.values.level);
      if (!x) return x.error();
      if (sum.parts.empty()) {
        Result<Ciphertext> first = evaluator.multiply_plain(**x, slope.values);
        if (!first) return first.error();
        sum = std::move(*first);
      } else {
        evaluator.multiply_plain_add(**x, slope.values, sum);
      }
      ++counts.plain_products;
    }
    Result<Ciphertext> form = evaluator.rescale(sum);
    ++counts.rescales;
    if (form) form = evaluator.add_plain(*form, leaf.offset);
    if (!form) return form.error();
    forms.push_back(std::move(*form));
  }
  Result<std::vector<Ciphertext>> out =
      tree_.run(evaluator, forms, std::span(&output_, 1), &counts);
  if (!out) return out.error();
  if (done != nullptr) *done += counts;
  return std::move(out->front());
}

OperationCounts AffineProduct::counts() const {
  OperationCounts out = tree_.counts();
  for (const Leaf& leaf : leaves_) out.plain_products += static_cast<int>(leaf.slopes.size());
  out.rescales += static_cast<int>(leaves_.size());
  return out;
}

double AffineProduct::error_bound(const NoiseModel& noise, double input_error) const {
  std::vector<double> errors;
  for (const Leaf& leaf : leaves_) {
    double error = noise.encoding(leaf.offset.scale) + noise.rescale(leaf.offset.scale);
    for (const Leaf::Slope& slope : leaf.slopes) {
      error += slope.largest * input_error;
      error += (bounds_.input + input_error) * noise.encoding(slope.values.scale);
    }
    errors.push_back(error);
  }
  return tree_.error_bounds(noise, errors)[static_cast<std::size_t>(output_)];
}

std::size_t AffineProduct::byte_count() const {
  std::size_t sum = 0;
  for (const Leaf& leaf : leaves_) {
    sum += leaf.offset.poly.words().size_bytes();
    for (const Leaf::Slope& slope : leaf.slopes) sum += slope.values.poly.words().size_bytes();
  }
  return sum;
}

}  // namespace salus::routine
