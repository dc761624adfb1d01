// bench_ckks: the engine's operations on four parameter sets, one ciphertext at the top level.
// Arguments, threads and clocks: bench/program.h; --benchmark_filter=S15/rotate picks. Each
// operation's result is decrypted once and held against the plaintext before it is timed.
#include <sys/resource.h>

#include <cmath>
#include <iostream>
#include <map>
#include <numbers>

#include "arith/primes.h"
#include "ckks/encoder.h"
#include "ckks/evaluator.h"
#include "keys/reencryption.h"
#include "program.h"
#include "routine/polynomial.h"

namespace {

using namespace salus;

struct Set {
  const char* name;
  int log_n;
  int q0_bits;
  int scale_bits;
  int levels;
  int special;
  int special_bits;
  int dnum;
};

// The shapes of the public comparisons; sizes are the largest that the 128-bit table allows.
constexpr Set kSets[] = {
    {"S13", 13, 50, 40, 2, 1, 50, 3},
    {"S14", 14, 50, 40, 8, 1, 50, 9},
    {"S15", 15, 50, 42, 14, 5, 45, 3},
    {"S16", 16, 50, 50, 25, 7, 50, 4},
};

ckks::ParametersPtr parameters(const Set& set) {
  ckks::ParametersLiteral literal{.log_n = set.log_n, .q = {}, .p = {}, .dnum = set.dnum};
  std::vector<std::uint64_t> taken;
  const auto take = [&taken](int bits, int count, arith::Side side) {
    const auto primes = must(arith::find_primes(bits, count, side, taken));
    taken.insert(taken.end(), primes.begin(), primes.end());
    return primes;
  };
  literal.p = take(set.special_bits, set.special, arith::Side::kBelow);
  literal.q = take(set.q0_bits, 1, arith::Side::kBelow);
  const arith::Side side = set.scale_bits == 50 ? arith::Side::kBelow : arith::Side::kAlternating;
  for (const std::uint64_t q : take(set.scale_bits, set.levels, side)) literal.q.push_back(q);
  return must(ckks::Parameters::create(literal));
}

struct Fixture {
  explicit Fixture(const Set& set)
      : params(parameters(set)),
        scale(std::exp2(set.scale_bits)),
        secret(must(keys::SecretKey::derive(params, Bytes(keys::kRootSeedBytes), "bench"))),
        encoder(params),
        public_key(keys::make_public_key(secret, random)) {
    auto made = std::make_shared<ckks::EvaluationKeys>();
    made->params = params;
    const auto make = [&](std::uint32_t element) {
      made->put(element, std::make_shared<const ckks::KeySwitchKey>(
                             keys::make_evaluation_key(secret, element, level(), random)));
    };
    make(ckks::kRelinearization);
    for (int step = 1; step <= 8; ++step) {
      make(ckks::galois_element_of_rotation(params->log_n(), step));
    }
    evaluator = std::make_unique<ckks::Evaluator>(std::move(made));
    values.resize(params->slot_count());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::cos(static_cast<double>(i));
    plain = must(encoder.encode(std::span<const double>(values), level(), scale));
    a = must(keys::encrypt(public_key, plain, random));
    b = must(keys::encrypt(public_key, plain, random));
  }

  int level() const { return params->max_level(); }

  /// The largest error. Stops the program when slots are not `expected(i)`: a benchmark of wrong
  /// results is none.
  double require(const ckks::Ciphertext& c,
                 const std::function<double(std::size_t)>& expected) const {
    const std::vector<double> got = encoder.decode_real(must(keys::decrypt(secret, c)));
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      worst = std::max(worst, std::abs(got[i] - expected(i)));
    if (!(worst < 1e-4)) {
      std::cerr << "bench_ckks: wrong result, error " << worst << "\n";
      std::exit(1);
    }
    return worst;
  }

  ckks::ParametersPtr params;
  double scale;
  RandomStream random{Seed{}, 1};
  keys::SecretKey secret;
  ckks::Encoder encoder;
  keys::PublicKey public_key;
  std::unique_ptr<ckks::Evaluator> evaluator;
  std::vector<double> values;
  ckks::Plaintext plain;
  ckks::Ciphertext a;
  ckks::Ciphertext b;
};

// One set at a time is alive: the keys of the largest take gigabytes.
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

void sizes(benchmark::State& state, const Fixture& f) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_memory_bytes"] = static_cast<double>(usage.ru_maxrss) * 1024;
  state.counters["log_qp"] = f.params->log_qp();
  state.counters["key_bytes_wire"] =
      static_cast<double>(ckks::KeySwitchKey::byte_count(*f.params, f.level(), true));
}

using Body = void (*)(benchmark::State&, Fixture&);

template <class Work>
void repeat(benchmark::State& state, const Work& work) {
  for (auto _ : state) benchmark::DoNotOptimize(work());
}

// All limbs of a polynomial in turn, per limb.
template <auto kTransform>
void transform(benchmark::State& state, Fixture& f) {
  ring::Poly poly = f.plain.poly;
  const ring::BasisView basis = f.params->basis(f.level());
  std::size_t j = 0;
  for (auto _ : state) {
    (kernel::active().*kTransform)(poly.limb(j), *basis[j]);
    j = (j + 1) % basis.size();
  }
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

constexpr int kPolynomialDepth = 6;

// The logistic function on [-8, 8] by a Chebyshev series of degree 59, six levels.
void poly59(benchmark::State& state, Fixture& f) {
  const auto series = must(routine::chebyshev_fit(logistic, 59, {-8, 8}));
  const double prime = static_cast<double>(f.params->q(f.level()).value());
  const double result_scale = f.level() > kPolynomialDepth ? 16 * prime : prime;
  const routine::Plan plan = must(routine::plan_series(
      f.params, series,
      {f.level(), routine::folding_scale(*f.params, f.level(), series.interval), result_scale}));
  std::vector<double> x(f.values.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = 16 * static_cast<double>(i) / static_cast<double>(x.size() - 1) - 8;
  const double scale = routine::folding_scale(*f.params, f.level(), series.interval);
  const ckks::Plaintext points =
      must(f.encoder.encode(std::span<const double>(x), f.level(), scale));
  const ckks::Ciphertext input = must(keys::encrypt(f.secret, points, f.random)).expand();
  const auto work = [&] { return plan.evaluate(*f.evaluator, input); };
  state.counters["error"] = f.require(must(work()), [&](std::size_t i) { return logistic(x[i]); });
  repeat(state, work);
}

// A result at level 0, by a key that lends it a spare prime; flooded for 1,024 releases at 30 bits.
template <bool kFlooded>
void reencrypt(benchmark::State& state, Fixture& f) {
  const keys::SecretKey reader =
      must(keys::SecretKey::derive(f.params, Bytes(keys::kRootSeedBytes), "reader"));
  const auto open = must(keys::make_public_key(reader, 1, f.random));
  const auto key = must(keys::make_reencryption_key(f.secret, open, 1, f.random));
  const ckks::Ciphertext result = must(f.evaluator->drop_level(f.a, 0));
  const ckks::Flooding flooding{{30, 1024}, std::uint64_t{1} << 40, 0, 0};
  const auto work = [&] {
    return kFlooded ? ckks::reencrypt(result, f.secret.id(), key, flooding, f.random)
                    : ckks::reencrypt_unflooded(result, f.secret.id(), key);
  };
  if (!kFlooded) {
    const auto slots = f.encoder.decode_real(must(keys::decrypt(reader, must(work()))));
    if (!(std::abs(slots[7] - f.values[7]) < 1e-4)) std::exit(1);
  }
  state.counters["key_bytes"] =
      static_cast<double>(ckks::ReencryptionKey::byte_count(*f.params, 1));
  repeat(state, work);
}

const std::pair<const char*, Body> kOperations[] = {
    {"ntt_forward", transform<&kernel::KernelTable::ntt_forward>},
    {"ntt_inverse", transform<&kernel::KernelTable::ntt_inverse>},
    {"encode",
     [](benchmark::State& s, Fixture& f) {
       repeat(s, [&] {
         return f.encoder.encode(std::span<const double>(f.values), f.level(), f.scale);
       });
     }},
    {"encrypt",
     [](benchmark::State& s, Fixture& f) {
       repeat(s, [&] { return keys::encrypt(f.public_key, f.plain, f.random); });
     }},
    {"encrypt_seeded",
     [](benchmark::State& s, Fixture& f) {
       repeat(s, [&] { return keys::encrypt(f.secret, f.plain, f.random); });
     }},
    {"decrypt", [](benchmark::State& s,
                   Fixture& f) { repeat(s, [&] { return keys::decrypt(f.secret, f.a); }); }},
    {"decode",
     [](benchmark::State& s, Fixture& f) {
       const ckks::Plaintext plain = must(keys::decrypt(f.secret, f.a));
       repeat(s, [&] { return f.encoder.decode_real(plain); });
     }},
    {"decrypt_decode",
     [](benchmark::State& s, Fixture& f) {
       repeat(s, [&] { return f.encoder.decode_real(must(keys::decrypt(f.secret, f.a))); });
     }},
    {"add", [](benchmark::State& s,
               Fixture& f) { repeat(s, [&] { return f.evaluator->add(f.a, f.b); }); }},
    {"multiply_plain",
     [](benchmark::State& s, Fixture& f) {
       repeat(s, [&] { return f.evaluator->multiply_plain(f.a, f.plain); });
     }},
    {"multiply_scalar",
     [](benchmark::State& s, Fixture& f) {
       repeat(s, [&] { return f.evaluator->multiply_scalar(f.a, 0.7, f.scale); });
     }},
    {"rescale",
     [](benchmark::State& s, Fixture& f) { repeat(s, [&] { return f.evaluator->rescale(f.a); }); }},
    {"multiply_relinearize_rescale",
     [](benchmark::State& s, Fixture& f) {
       const auto work = [&] { return f.evaluator->multiply_rescale(f.a, f.b); };
       f.require(must(work()), [&](std::size_t i) { return f.values[i] * f.values[i]; });
       repeat(s, work);
     }},
    {"rotate",
     [](benchmark::State& s, Fixture& f) {
       const auto work = [&] { return f.evaluator->rotate(f.a, 1); };
       f.require(must(work()), [&](std::size_t i) { return f.values[(i + 1) % f.values.size()]; });
       repeat(s, work);
     }},
    {"rotate_hoisted_8",
     [](benchmark::State& s, Fixture& f) {
       const std::vector<int> steps = {1, 2, 3, 4, 5, 6, 7, 8};
       const auto work = [&] { return f.evaluator->rotate_hoisted(f.a, steps); };
       const auto rotated = must(work());
       for (std::size_t k = 0; k < steps.size(); ++k) {
         f.require(rotated[k],
                   [&](std::size_t i) { return f.values[(i + k + 1) % f.values.size()]; });
       }
       repeat(s, work);
     }},
    {"poly59", poly59},
    {"reencrypt", reencrypt<true>},
    {"reencrypt_unflooded", reencrypt<false>},
    {"keygen_relin",
     [](benchmark::State& s, Fixture& f) {
       repeat(s, [&] { return keys::make_relinearization_key(f.secret, f.level(), f.random); });
     }},
};

void add_operations() {
  for (const Set& set : kSets) {
    for (const auto& [name, body] : kOperations) {
      if (body == poly59 && set.levels < kPolynomialDepth) continue;
      bench::add_operation(std::string(set.name) + "/" + name,
                           [&set, body = body](benchmark::State& state) {
                             Fixture& f = fixture(set);
                             body(state, f);
                             sizes(state, f);
                           });
    }
  }
}

}  // namespace

int main(int argc, char** argv) { return bench::run_program(argc, argv, add_operations); }
