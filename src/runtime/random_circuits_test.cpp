// Goal:   the noise ledger holds, and does not exaggerate: over 1,000 random circuits every slot of
//         every encrypted run stays within its bound, which in the median circuit is less than 2^12
//         times the largest error that is seen.
// Method: circuits of up to six levels over every operation, at 128 bits of security, on chains
//         with each kind of key-switching gadget; encrypted against clear, slot by slot. A circuit
//         is its seed; SALUS_SEED moves all of them.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>

#include "arith/primes.h"
#include "keys/secret_key.h"
#include "runtime/encrypted.h"
#include "runtime/memory.h"
#include "runtime/simulated.h"
#include "runtime/testing/random_circuit.h"

namespace salus::runtime {
namespace {

using test::random_circuit;
using test::RandomCircuit;

/// A parameter set and how many circuits run on it.
struct Set {
  const char* name;
  int log_n;
  int q0_bits;
  int log_scale;  ///< also the bits of the level primes
  int levels;
  int specials;
  int special_bits;
  int dnum;
  int circuits;
};

constexpr Set kSets[] = {
    // One prime a digit and one special prime: digits in [0, q_j), as Microsoft SEAL's.
    {"2^13, a prime a digit", 13, 44, 38, 3, 1, 46, 4, 200},
    // A small scale, where the products of errors count.
    {"2^13, two primes a digit", 13, 40, 30, 3, 2, 36, 2, 200},
    {"2^14, two primes a digit", 14, 50, 45, 6, 2, 50, 4, 300},
    {"2^14, three primes a digit", 14, 50, 40, 6, 3, 45, 3, 300},
};

circuit::Chain chain_of(const Set& set) {
  circuit::Chain chain{.log_n = set.log_n, .q = {}, .p = {}, .dnum = set.dnum};
  std::vector<std::uint64_t> taken;
  const auto take = [&taken](int bits, int count, arith::Side side) {
    const auto primes = must(arith::find_primes(bits, count, side, taken));
    taken.insert(taken.end(), primes.begin(), primes.end());
    return primes;
  };
  chain.q = take(set.q0_bits, 1, arith::Side::kBelow);
  const auto levels = take(set.log_scale, set.levels, arith::Side::kAlternating);
  chain.q.insert(chain.q.end(), levels.begin(), levels.end());
  chain.p = take(set.special_bits, set.specials, arith::Side::kBelow);
  return chain;
}

std::uint64_t first_seed() {
  const char* wanted = std::getenv("SALUS_SEED");
  return wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 10);
}

/// Keys for every circuit of one set.
class World {
 public:
  World(const Set& set, std::uint64_t seed)
      : set_(set),
        seed_(seed),
        chain_(chain_of(set)),
        params_(must(ckks::Parameters::create(literal_of(chain_)))),
        random_(salus::test::seed_of(seed), 0),
        secret_(must(keys::SecretKey::derive(params_, salus::test::seed_of(seed), "ledger"))),
        public_key_(keys::make_public_key(secret_, random_)),
        encoder_(params_),
        evaluator_(std::make_shared<const ckks::EvaluationKeys>(
            must(keys::make_evaluation_keys(secret_, needed(), random_)))) {}

  RandomCircuit circuit(int i) const {
    const int depth = 1 + i % set_.levels;
    return random_circuit(chain_, set_.log_scale, depth, seed_ + static_cast<std::uint64_t>(i));
  }

  /// log2 of (largest bound / largest error) of one circuit, after holding each slot against its
  /// bound.
  double compare(const RandomCircuit& random) {
    const circuit::Circuit& circuit = random.circuit;
    std::vector<SimulatedInput> simulated;
    std::vector<ckks::Ciphertext> inputs;
    for (std::size_t i = 0; i < random.inputs.size(); ++i) {
      simulated.push_back(must(fresh_input(circuit, i, random.inputs[i], random.encryptions[i])));
      inputs.push_back(encrypt(random.inputs[i], random.encryptions[i], circuit.nodes[i]));
    }
    const SimulatedRun expected = must(run_simulated(circuit, random.constants, simulated));
    const auto prepared = must(PreparedCircuit::create(circuit, random.constants, params_));
    ring::restart_limbs_peak();
    const std::size_t before = ring::limbs_use().bytes;
    const auto outputs = must(run_encrypted(*prepared, evaluator_, inputs));
    const MemoryEstimate memory =
        estimate_memory(circuit, random.constants, *params_, thread_count());
    EXPECT_LE(ring::limbs_use().peak - before, memory.values) << circuit.name;
    EXPECT_EQ(prepared->byte_count(), memory.tables) << circuit.name;

    double largest_error = 0;
    double largest_bound = 0;
    for (std::size_t o = 0; o < outputs.size(); ++o) {
      const auto slots = encoder_.decode(must(keys::decrypt(secret_, outputs[o])));
      for (std::size_t s = 0; s < slots.size(); ++s) {
        if (!random.meaningful[o][s]) continue;
        const double error = std::abs(slots[s] - expected.outputs[o][s]);
        const double bound = expected.noise[o][s];
        EXPECT_LE(error, bound) << circuit.name << ", output " << o << ", slot " << s;
        largest_error = std::max(largest_error, error);
        largest_bound = std::max(largest_bound, bound);
      }
    }
    return std::log2(largest_bound / largest_error);
  }

 private:
  circuit::KeyRequirements needed() const {
    circuit::KeyRequirements all;
    for (int i = 0; i < set_.circuits; ++i) {
      const RandomCircuit one = circuit(i);
      const auto need = circuit::required_keys(one.circuit, one.constants);
      if (need.relinearization_level >= 0) all.relinearization_level = set_.levels;
      if (need.conjugation_level >= 0) all.conjugation_level = set_.levels;
      for (const auto& [steps, level] : need.rotation_levels)
        all.rotation_levels[steps] = set_.levels;
    }
    return all;
  }

  ckks::Ciphertext encrypt(const circuit::Slots& slots, circuit::Encryption encryption,
                           const circuit::Node& node) {
    const auto plain = must(encoder_.encode_repeated(slots, node.level, node.scale));
    if (encryption == circuit::Encryption::kPublicKey) {
      return must(keys::encrypt(public_key_, plain, random_));
    }
    return must(keys::encrypt(secret_, plain, random_)).expand();
  }

  const Set& set_;
  std::uint64_t seed_;
  circuit::Chain chain_;
  ckks::ParametersPtr params_;
  RandomStream random_;
  keys::SecretKey secret_;
  keys::PublicKey public_key_;
  ckks::Encoder encoder_;
  ckks::Evaluator evaluator_;
};

void print(const std::string& name, std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  const auto exact = std::count(ratios.begin(), ratios.end(), INFINITY);
  std::cout << "  " << name << ": " << ratios.size() << " circuits, log2(bound / error) least "
            << ratios.front() << ", median " << ratios[ratios.size() / 2] << ", largest "
            << ratios[ratios.size() - 1 - static_cast<std::size_t>(exact)] << "; " << exact
            << " without an error\n";
}

TEST(RandomCircuits, StayWithinTheirBounds) {
  const std::uint64_t seed = first_seed();
  Set few = kSets[0];
  few.circuits = 12;
  World world(few, seed);
  for (int i = 0; i < few.circuits; ++i) {
    world.compare(world.circuit(i));
    ASSERT_FALSE(HasFailure()) << "seed " << seed << ", circuit " << i;
  }
}

TEST(RandomCircuitsSlow, AThousandStayWithinBoundsThatAreCloseInTheMedian) {
  const std::uint64_t seed = first_seed();
  std::cout << "  seeds from " << seed << "\n";
  std::vector<double> all;
  std::map<int, std::vector<double>> by_depth;
  for (const Set& set : kSets) {
    World world(set, seed + 1000 * all.size());
    std::vector<double> ratios;
    for (int i = 0; i < set.circuits; ++i) {
      const RandomCircuit random = world.circuit(i);
      ratios.push_back(world.compare(random));
      by_depth[random.circuit.nodes[0].level].push_back(ratios.back());
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", " << set.name << ", circuit " << i;
    }
    print(set.name, ratios);
    all.insert(all.end(), ratios.begin(), ratios.end());
  }
  for (const auto& [depth, ratios] : by_depth) print("depth " + std::to_string(depth), ratios);
  print("all", all);

  EXPECT_EQ(all.size(), 1000u);
  std::nth_element(all.begin(), all.begin() + 500, all.end());
  EXPECT_LE(all[500], 12);
}

}  // namespace
}  // namespace salus::runtime
