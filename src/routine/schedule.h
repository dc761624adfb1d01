// Straight-line programs of sums of products: what to compute in which order, with the level and
// the scale of every value. Planned once; then run, counted and bounded.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "ckks/evaluator.h"

namespace salus::routine {

/// What an algorithm asks of the evaluator.
struct OperationCounts {
  int products = 0;          ///< ciphertext times ciphertext, not yet relinearized
  int relinearizations = 0;  ///< hybrid key switches: nearly all of the time
  int rescales = 0;          ///< alone, or in one division with a relinearization
  int scalar_products = 0;   ///< ciphertext times one number
  int plain_products = 0;    ///< ciphertext times an encoded vector
  int rotations = 0;         ///< hybrid key switches

  OperationCounts& operator+=(const OperationCounts& other);
  bool operator==(const OperationCounts&) const = default;
};

/// Tail bounds, in slots, on the errors that single operations add. circuit::NoiseLedger has them.
struct NoiseModel {
  std::function<double(int level, double scale)> key_switch;
  std::function<double(double scale)> rescale;   ///< to a ciphertext of this scale
  std::function<double(double scale)> encoding;  ///< of a vector at this scale
};

/// Where a routine takes its input, and the exact scale at which it leaves its result.
struct Placement {
  int level = 0;
  double scale = 0;
  double result_scale = 0;
};

/// c sum_i a_i b_i + sum_j c_j x_j + c_0 of earlier values, formed at one level and scale. Operands
/// may be at higher levels: their further limbs are not read. One relinearization for all products.
///
/// A product of ciphertexts has scale s_a s_b and meets S exactly only if c S / (s_a s_b) is an
/// integer; c_j is rounded at scale S / s_j.
struct Sum {
  struct Product {
    int a;
    int b;
  };
  struct Term {
    int x;
    double coefficient;
  };
  std::vector<Product> products;
  double product_coefficient = 1;  ///< c
  std::vector<Term> terms;
  double constant = 0;  ///< c_0
  int level = 0;        ///< where the sum is formed
  double scale = 1;     ///< S
  bool rescale = true;  ///< then the value is at level - 1, scale S / q_level
  double bound = 1;     ///< of the value in any slot
};

/// Values are numbered in the order in which they are made. Immutable once planned; runs may be
/// concurrent.
class Schedule {
 public:
  explicit Schedule(ckks::ParametersPtr params) : params_(std::move(params)) {}

  /// |slot| <= bound.
  int input(int level, double scale, double bound);
  /// Errors: kLevelExhausted (rescaling below level 0, a value that does not fit the modulus).
  /// Errors (Defect): operands that are not earlier values or are at a lower level, nothing to add,
  /// more than kMaxProducts, products that cannot meet the scale.
  Result<int> append(Sum sum);
  /// The values after `input` up to `output` compute a function of `input` alone whose derivative
  /// is at most `lipschitz`: its error then passes through that function, not through each value.
  void mark_function(int input, int output, double lipschitz);

  const ckks::Parameters& params() const { return *params_; }
  int level(int value) const { return at(value).level; }
  double scale(int value) const { return at(value).scale; }
  double bound(int value) const { return at(value).bound; }

  OperationCounts counts() const;
  /// The level of the relinearization key; -1: none is needed.
  int relinearization_level() const;
  /// Estimated time in transforms of one limb: what plans are compared by. Fitted to bench_ckks at
  /// N = 2^13 .. 2^15 within 10 %, memory traffic included.
  double cost() const;
  /// The share of one relinearization at `level`.
  double key_switch_cost(int level) const;

  /// |computed - exact| of every value: first order along the bounds, errors adding up in the worst
  /// way, from the errors of the inputs.
  std::vector<double> error_bounds(const NoiseModel& noise,
                                   std::span<const double> input_errors) const;

  /// The values `outputs`. Inputs may be at higher levels than planned. `done`, where given, is
  /// increased by what was executed.
  /// Errors: kInvalidArgument (count), kMismatch (parameters, level, parts), kScaleMismatch,
  /// kMissingKey.
  Result<std::vector<ckks::Ciphertext>> run(const ckks::Evaluator& evaluator,
                                            std::span<const ckks::Ciphertext> inputs,
                                            std::span<const int> outputs,
                                            OperationCounts* done = nullptr) const;

  /// Two key-switching parts of two products each must fit one lazy sum (kernel::kMaxTerms).
  static constexpr std::size_t kMaxProducts = kernel::kMaxTerms / 2;

 private:
  struct Value {
    std::optional<Sum> sum;  // none: an input
    int level;
    double scale;
    double bound;
  };
  struct Function {
    int input;
    int output;
    double lipschitz;
  };

  const Value& at(int value) const;
  double factor(const Sum& sum, const Sum::Product& product) const;
  double sum_error(const Sum& sum, const NoiseModel& noise, std::span<const double> errors,
                   int exact) const;
  Status require_input(const ckks::Ciphertext& given, const Value& declared) const;
  Result<ckks::Ciphertext> compute(const ckks::Evaluator& evaluator, const Sum& sum,
                                   std::span<const ckks::Ciphertext* const> values,
                                   OperationCounts& done) const;
  ckks::Ciphertext form(const Sum& sum, std::span<const ckks::Ciphertext* const> values) const;
  std::vector<int> last_uses(std::span<const int> outputs) const;

  ckks::ParametersPtr params_;
  std::vector<Value> values_;
  std::vector<Function> functions_;
};

/// Whether a takes less time than b; of two within 5 %, the one with fewer key switches, which also
/// read less memory.
bool is_cheaper(const Schedule& a, const Schedule& b);

/// A schedule of one input and one output.
class Plan {
 public:
  Plan(Schedule schedule, int output) : schedule_(std::move(schedule)), output_(output) {}

  /// Takes x at the planned scale, at the planned level or above. Errors: those of Schedule::run.
  Result<ckks::Ciphertext> evaluate(const ckks::Evaluator& evaluator, const ckks::Ciphertext& x,
                                    OperationCounts* done = nullptr) const;

  int depth() const { return schedule_.level(0) - result_level(); }
  int result_level() const { return schedule_.level(output_); }
  double result_scale() const { return schedule_.scale(output_); }
  OperationCounts counts() const { return schedule_.counts(); }
  int relinearization_level() const { return schedule_.relinearization_level(); }
  const Schedule& schedule() const { return schedule_; }
  /// Of a slot, for inputs within their bounds and wrong by at most `input_error`.
  double error_bound(const NoiseModel& noise, double input_error) const;

 private:
  Schedule schedule_;
  int output_;
};

/// Says how many levels `what` needs and how many there are. Errors: kLevelExhausted.
Status require_levels(const std::string& what, int needed, int available);
/// Errors: kScaleMismatch.
Status require_scale(const std::string& what, double given, double planned);
/// Errors: kInvalidArgument (scales not positive and finite, level outside the chain).
Status require_placement(const std::string& what, const ckks::Parameters& params,
                         const Placement& at);

}  // namespace salus::routine
