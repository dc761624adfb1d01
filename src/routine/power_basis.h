// The Chebyshev basis T_1(u), T_2(u), .. of a ciphertext, each power made when it is asked for.
#pragma once

#include <map>

#include "routine/chebyshev.h"
#include "routine/schedule.h"

namespace salus::routine {

/// ceil(log2 n), n >= 1: the depth of T_n, and of a polynomial of degree n - 1.
int ceil_log2(int n);

/// The largest scale of an input at `level` whose interval map costs no level: 4 q_level / (high -
/// low), where u's scale is twice its prime. Encrypt at this scale.
double folding_scale(const ckks::Parameters& params, int level, Interval interval);
/// 1 if mapping an input of this scale takes a level, 0 if not.
int map_depth(const ckks::Parameters& params, int level, double scale, Interval interval);

/// u = (2 x - low - high) / (high - low) of value x. Since scales are exact, the factor is a
/// reinterpretation: x's words times an integer f stand for u at scale f S_x (high - low) / 2; then
/// a constant is added. No level, one exact scalar product. An input above folding_scale() would
/// make the powers' scales run away: it is rescaled first, by one level.
/// Errors: kLevelExhausted.
Result<int> append_interval_map(Schedule& schedule, int x, Interval interval);

/// Appends T_n(u) to a schedule on demand, |u| <= 1.
///
/// T_{a+b} = 2 T_a T_b - T_{|a-b|} with a, b <= 2^(ceil(log2 n) - 1): depth ceil(log2 n), and of
/// these splits one that needs the fewest further powers (Bossuat, Mouchet, Troncoso-Pastoriza,
/// Hubaux, eprint 2020/1203). One product, relinearization and rescale a power; one scalar
/// product where a != b.
///
/// Scales: the 2 is taken as a reinterpretation too, so that twice the prime, 2 q, is a fixed
/// point: (2 q)^2 / 2 / q. Smaller scales are led back below it by integer factors, which are
/// exact. Error: first order e(T_{a+b}) <= 2 e(T_a) + 2 e(T_b) + e(T_{|a-b|}) + key switch and
/// rescale at scale 2 q; at most n^2 times that of u, and on average far less.
///
/// Refers to the schedule, which must outlive it.
class PowerBasis {
 public:
  PowerBasis(Schedule& schedule, int u);

  /// The value that holds T_n, n >= 1. Errors: kLevelExhausted.
  Result<int> power(int n);
  /// Where T_n is or would be.
  int level(int n) const { return schedule_.level(u_) - ceil_log2(n); }

 private:
  struct Split {
    int a;
    int b;
  };
  Split split(int n) const;

  Schedule& schedule_;
  int u_;
  std::map<int, int> powers_;
};

/// T_n(u) of x for each n of `degrees`, as a schedule of its own.
class ChebyshevBasis {
 public:
  /// Errors: kInvalidArgument (degrees outside 1 .. kMaxDegree, interval, placement),
  /// kLevelExhausted. `at.result_scale` is not used: see scale().
  static Result<ChebyshevBasis> create(const ckks::ParametersPtr& params,
                                       std::span<const int> degrees, Interval interval,
                                       const Placement& at);

  /// In the order of the degrees. Errors: those of Schedule::run.
  Result<std::vector<ckks::Ciphertext>> evaluate(const ckks::Evaluator& evaluator,
                                                 const ckks::Ciphertext& x,
                                                 OperationCounts* done = nullptr) const;

  OperationCounts counts() const { return schedule_.counts(); }
  int relinearization_level() const { return schedule_.relinearization_level(); }
  /// Of the power `degrees[i]`.
  int level(std::size_t i) const { return schedule_.level(outputs_[i]); }
  double scale(std::size_t i) const { return schedule_.scale(outputs_[i]); }
  double error_bound(std::size_t i, const NoiseModel& noise, double input_error) const;

 private:
  ChebyshevBasis(Schedule schedule, std::vector<int> outputs)
      : schedule_(std::move(schedule)), outputs_(std::move(outputs)) {}
  Schedule schedule_;
  std::vector<int> outputs_;
};

}  // namespace salus::routine
