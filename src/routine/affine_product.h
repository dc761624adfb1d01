// Products of affine forms of several ciphertexts: what bases of products of polynomials are made
// of.
#pragma once

#include <span>
#include <vector>

#include "ckks/encoder.h"
#include "routine/schedule.h"

namespace salus::routine {

/// offset + sum_i slope_i x_i, slot by slot. Vectors are a power of two long and repeat over the
/// slots.
struct AffineForm {
  struct Slope {
    std::size_t input;
    std::vector<double> values;
  };
  std::vector<double> offset;
  std::vector<Slope> slopes;  ///< at least one
};

/// Bounds that no form shows by itself: |x_i| <= input, and every partial product of neighbouring
/// forms <= product. Chebyshev roots dealt in bit-reversed order keep the latter below 2.
struct AffineBounds {
  double input = 1;
  double product = 2;
};

/// prod_j (a_j + sum_i b_ji x_i) of k forms with their vectors encoded once; immutable, shared
/// between threads.
///
/// Method: every form is a sum of plaintext products, rescaled once; a balanced tree multiplies
/// them, each product relinearized and rescaled in one division. The smaller half of a split starts
/// at a lower level, so that nothing is dropped. Since T_n(u) = 2^(n-1) prod_j (u - cos((2j+1) pi /
/// 2n)), k forms give products of Chebyshev polynomials of total degree k in all slots at once.
/// Depth: 1 + ceil(log2 k). Level and scale: exactly result_scale, that depth below the inputs.
/// Cost: k - 1 products and relinearizations, 2 k - 1 rescales, a plaintext product for each slope.
/// Error: first order sum_j e_j prod_{i != j} |form_i|, e_j = sum_i |b_ji| e_x + (roundings of the
/// encoded slopes and offset) + rescale; and key switch and rescale for every product.
class AffineProduct {
 public:
  /// Forms refer to inputs 0 .. input_count - 1, all at `at.level` and `at.scale`.
  /// Errors: kInvalidArgument (no forms, a form without slopes, an input out of range, placement),
  /// kLevelExhausted, those of Encoder::encode_repeated.
  static Result<AffineProduct> create(const ckks::Encoder& encoder,
                                      const ckks::ParametersPtr& params,
                                      std::span<const AffineForm> forms, std::size_t input_count,
                                      const Placement& at, const AffineBounds& bounds = {});

  /// Inputs may be at higher levels than planned. `done`, where given, is increased by what was
  /// executed. Errors: kInvalidArgument (count), kMismatch, kScaleMismatch, kMissingKey.
  Result<ckks::Ciphertext> apply(const ckks::Evaluator& evaluator,
                                 std::span<const ckks::Ciphertext> inputs,
                                 OperationCounts* done = nullptr) const;

  int depth() const { return at_.level - tree_.level(output_); }
  OperationCounts counts() const;
  int relinearization_level() const { return tree_.relinearization_level(); }
  /// Of a slot, for inputs that are wrong by at most `input_error`.
  double error_bound(const NoiseModel& noise, double input_error) const;
  std::size_t byte_count() const;

 private:
  struct Leaf {
    struct Slope {
      std::size_t input;
      ckks::Plaintext values;
      double largest;
    };
    std::vector<Slope> slopes;
    ckks::Plaintext offset;
  };
  struct Span {
    std::size_t first;
    std::size_t count;
  };
  AffineProduct(Schedule tree, std::size_t input_count, const Placement& at,
                const AffineBounds& bounds)
      : tree_(std::move(tree)), input_count_(input_count), at_(at), bounds_(bounds) {}
  Result<int> build(const ckks::Encoder& encoder, std::span<const AffineForm> forms, Span span,
                    int level, double scale);
  Result<int> encode(const ckks::Encoder& encoder, const AffineForm& form, int level, double scale);
  Status require_inputs(std::span<const ckks::Ciphertext> inputs) const;

  Schedule tree_;  // its inputs are the leaves
  int output_ = 0;
  std::size_t input_count_;
  Placement at_;
  AffineBounds bounds_;
  std::vector<Leaf> leaves_;
};

}  // namespace salus::routine
