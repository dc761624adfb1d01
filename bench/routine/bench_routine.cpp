// bench_routine: polynomials, comparisons and reciprocals of one ciphertext.
// Arguments, threads and clocks: bench/program.h; --benchmark_filter=S15/logistic59 picks. Each
// result is decrypted once and held against the exact function before it is timed; counters hold
// its largest error and what the plan counts.
#include <cmath>
#include <functional>
#include <iostream>
#include <set>

#include "arith/primes.h"
#include "ckks/encoder.h"
#include "keys/secret_key.h"
#include "program.h"
#include "routine/comparison.h"
#include "routine/reciprocal.h"

namespace {

using namespace salus;

struct Set {
  const char* name;
  int log_n;
  int q_bits;
  int levels;
  int special;
  int dnum;
};

// S14: the compiler's chain. S15: that of bench_ckks, and the same ring with larger primes.
constexpr Set kSets[] = {
    {"S14", 14, 45, 6, 2, 4},
    {"S15", 15, 40, 14, 5, 3},
    {"S15_45", 15, 45, 12, 5, 3},
};

struct Fixture {
  explicit Fixture(const Set& set) {
    ckks::ParametersLiteral literal{.log_n = set.log_n, .q = {}, .p = {}, .dnum = set.dnum};
    literal.p = must(arith::find_primes(50, set.special, arith::Side::kBelow));
    literal.q = must(arith::find_primes(50, 1, arith::Side::kBelow, literal.p));
    for (const std::uint64_t q :
         must(arith::find_primes(set.q_bits, set.levels, arith::Side::kAlternating))) {
      literal.q.push_back(q);
    }
    params = must(ckks::Parameters::create(literal));
    secret = std::make_unique<keys::SecretKey>(
        must(keys::SecretKey::derive(params, Bytes(keys::kRootSeedBytes), "bench")));
    encoder = std::make_unique<ckks::Encoder>(params);
    auto made = std::make_shared<ckks::EvaluationKeys>();
    made->params = params;
    made->relinearization = std::make_shared<const ckks::KeySwitchKey>(
        keys::make_relinearization_key(*secret, params->max_level(), random));
    evaluator = std::make_unique<ckks::Evaluator>(std::move(made));
  }

  ckks::ParametersPtr params;
  RandomStream random{Seed{}, 1};
  std::unique_ptr<keys::SecretKey> secret;
  std::unique_ptr<ckks::Encoder> encoder;
  std::unique_ptr<ckks::Evaluator> evaluator;
};

// One set at a time is alive.
Fixture& fixture(const Set& set) {
  static const Set* current = nullptr;
  static std::unique_ptr<Fixture> alive;
  if (current != &set) {
    alive.reset();
    alive = std::make_unique<Fixture>(set);
    current = &set;
  }
  return *alive;
}

/// A plan for inputs spread over an interval, with what it should give.
struct Work {
  routine::Plan plan;
  routine::Interval interval;
  std::function<double(double)> exact;
  double tolerance;
  int level;
  double scale;
};

using Maker = Work (*)(const ckks::ParametersPtr& params, int level);

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// Inputs at the folding scale; the largest result scale that level 0 or above has room for.
routine::Placement placement(const ckks::Parameters& params, int level, routine::Interval interval,
                             int depth) {
  const double prime = static_cast<double>(params.q(level).value());
  return {level, routine::folding_scale(params, level, interval),
          level > depth ? prime * 16 : prime};
}

Work logistic59(const ckks::ParametersPtr& params, int level) {
  const auto series = must(routine::chebyshev_fit(logistic, 59, {-8, 8}));
  const routine::Placement at = placement(*params, level, series.interval, 6);
  return {must(routine::plan_series(params, series, at)),
          series.interval,
          logistic,
          1e-6,
          level,
          at.scale};
}

Work reciprocal16(const ckks::ParametersPtr& params, int level) {
  const routine::Interval interval{0.5, 8};
  const routine::Placement at = placement(*params, level, interval, 6);
  const auto chosen = must(routine::choose_reciprocal(params, {interval, 1e-6}, at));
  return {must(routine::plan_reciprocal(params, chosen, at)),
          interval,
          [](double x) { return 1 / x; },
          1e-5,
          level,
          at.scale};
}

Work step256(const ckks::ParametersPtr& params, int level) {
  const routine::SignOptions options{.output = routine::SignOutput::kStep};
  const auto step = must(routine::approximate_sign(options));
  const routine::Placement at = placement(*params, level, {-1, 1}, 11);
  // Of the inputs, those above the threshold.
  return {must(routine::plan_sign(params, step, at)),
          {0x1p-8, 1},
          [](double) { return 1.0; },
          step.error + 1e-5,
          level,
          at.scale};
}

struct Operation {
  const char* name;
  Maker make;
  int least_level;
};
constexpr Operation kOperations[] = {
    {"logistic59", logistic59, 6}, {"reciprocal16", reciprocal16, 5}, {"step256", step256, 11}};

void run(benchmark::State& state, const Set& set, const Operation& operation, int level) {
  Fixture& f = fixture(set);
  const Work work = operation.make(f.params, level);
  std::vector<double> x(f.params->slot_count());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(x.size() - 1);
    x[i] = work.interval.low * (1 - t) + work.interval.high * t;
  }
  const auto plain = must(f.encoder->encode(std::span<const double>(x), level, work.scale));
  const ckks::Ciphertext input = must(keys::encrypt(*f.secret, plain, f.random)).expand();

  const auto y = must(work.plan.evaluate(*f.evaluator, input));
  const std::vector<double> out = f.encoder->decode_real(must(keys::decrypt(*f.secret, y)));
  double worst = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    worst = std::max(worst, std::abs(out[i] - work.exact(x[i])));
  }
  if (!(worst < work.tolerance)) {
    std::cerr << "bench_routine: wrong result, error " << worst << "\n";
    std::exit(1);
  }
  for (auto _ : state) benchmark::DoNotOptimize(work.plan.evaluate(*f.evaluator, input));
  const routine::OperationCounts counts = work.plan.counts();
  state.counters["error"] = worst;
  state.counters["depth"] = work.plan.depth();
  state.counters["products"] = counts.products;
  state.counters["relinearizations"] = counts.relinearizations;
  state.counters["rescales"] = counts.rescales;
  state.counters["scalar_products"] = counts.scalar_products;
}

void add_operations() {
  for (const Set& set : kSets) {
    for (const Operation& operation : kOperations) {
      // From the top, and from as low as it goes.
      for (const int level : std::set{set.levels, operation.least_level}) {
        if (level < operation.least_level || level > set.levels) continue;
        bench::add_operation(
            std::string(set.name) + "/" + operation.name + "/level" + std::to_string(level),
            [&set, &operation, level](benchmark::State& state) {
              run(state, set, operation, level);
            });
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) { return bench::run_program(argc, argv, add_operations); }
