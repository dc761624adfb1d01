// Job 3: what Salus computes is what SEAL computes, byte for byte, on random residues; and the two
// encoders agree.

#include <cmath>
#include <cstdio>

#include "ckks/encoder.h"
#include "files.h"
#include "keys/seal_secret_key.h"
#include "wire/seal/objects.h"

namespace salus::oracle {
namespace {

constexpr int kRotations[] = {1, -3, 64};

// "a_2_0.ct": input a of level 2, trial 0
std::string name_of(std::string_view what, int level, std::size_t trial, std::string_view kind) {
  return std::string(what) + "_" + std::to_string(level) + "_" + std::to_string(trial) + "." +
         std::string(kind);
}

std::uint64_t uniform_below(std::uint64_t q, RandomStream& random) {
  return arith::multiply_high(random.next_u64(), q);
}

enum class Kind { kUniform, kExtremeValues, kExtremeCoefficients };

// Uniform residues. Extreme ones: many are 0, 1, q - 1 or next to q / 2, where rounding turns.
ring::Poly random_poly(ring::BasisView basis, std::size_t ring_degree, RandomStream& random) {
  constexpr Kind kKinds[] = {Kind::kUniform, Kind::kUniform, Kind::kExtremeValues,
                             Kind::kExtremeCoefficients};
  const Kind kind = kKinds[random.next_u64() % 4];
  ring::Poly poly(ring_degree, basis.size(),
                  kind == Kind::kExtremeCoefficients ? ring::Form::kCoefficient : ring::Form::kNtt);
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const std::uint64_t q = basis[j]->modulus().value();
    const std::uint64_t ends[] = {0, 1, q - 1, q / 2 - 1, q / 2, q / 2 + 1, q / 2 + 2};
    for (std::uint64_t& word : poly.limb(j)) {
      const std::uint64_t choice = random.next_u64() % 16;
      const bool end = kind != Kind::kUniform && choice < std::size(ends);
      word = end ? ends[choice] : uniform_below(q, random);
    }
  }
  if (poly.form() == ring::Form::kCoefficient) ring::to_ntt(poly, basis);
  return poly;
}

struct Inputs {
  ckks::Ciphertext a;
  ckks::Ciphertext b;
  ckks::Plaintext p;
  wire::seal::Seed seed;
};

// The same for equal arguments: compare() need not read back what make_inputs() wrote.
Inputs inputs_of(const ckks::ParametersPtr& params, int level, std::size_t trial,
                 std::uint64_t seed) {
  RandomStream random = numbered_stream((seed << 16) + (trial << 8) + static_cast<unsigned>(level));
  const ring::BasisView basis = params->basis(level);
  const std::size_t n = params->ring_degree();
  // Odd scales, so that equal ones mean equal arithmetic; products still fit one prime.
  const double scale = 1024 + static_cast<double>(random.next_u64() >> 11) * 0x1p-43;
  Inputs in{{params, level, scale, {}}, {params, level, scale, {}}, {params, level, scale, {}}, {}};
  for (ckks::Ciphertext* c : {&in.a, &in.b}) {
    for (int i = 0; i < 2; ++i) c->parts.push_back(random_poly(basis, n, random));
  }
  in.p.poly = random_poly(basis, n, random);
  random.fill(in.seed);
  return in;
}

// Counts files of SEAL that are, or are not, the bytes that Salus has.
class Tally {
 public:
  explicit Tally(const Folder& folder) : folder_(folder) {}
  void expect(const std::string& name, const Bytes& ours) {
    const bool equal = folder_.load(name) == ours;
    ++(equal ? equal_ : different_);
    bytes_ += equal ? ours.size() : 0;
    if (!equal) std::printf("  salus: %s DIFFERS from SEAL's\n", name.c_str());
  }
  bool finish() const {
    std::printf("  salus: %zu files equal SEAL's byte for byte (%.1f MB), %zu differ\n", equal_,
                static_cast<double>(bytes_) / 1e6, different_);
    return different_ == 0 && equal_ > 0;
  }

 private:
  const Folder& folder_;
  std::size_t equal_ = 0;
  std::size_t different_ = 0;
  std::size_t bytes_ = 0;
};

void compare_operations(const ckks::Evaluator& evaluator, int level, std::size_t trial,
                        const Inputs& in, Tally& tally) {
  const auto expect = [&](std::string_view what, const Result<ckks::Ciphertext>& ours) {
    tally.expect(name_of(what, level, trial, "ct"), wire::seal::write(must(ours)));
  };
  const ckks::Ciphertext three = must(evaluator.multiply_unrelinearized(in.a, in.b));
  const ckks::Ciphertext two = must(evaluator.relinearize(three));
  expect("add", evaluator.add(in.a, in.b));
  expect("subtract", evaluator.subtract(in.a, in.b));
  expect("negate", evaluator.negate(in.a));
  expect("addplain", evaluator.add_plain(in.a, in.p));
  expect("multiplyplain", evaluator.multiply_plain(in.a, in.p));
  expect("multiply", three);
  expect("relinearize", two);
  expect("conjugate", evaluator.conjugate(in.a));
  for (const int steps : kRotations) {
    expect("rotate" + std::to_string(steps), evaluator.rotate(in.a, steps));
  }
  if (level > 0) {
    expect("rescale", evaluator.rescale(in.a));
    expect("rescaleproduct", evaluator.rescale(two));
    expect("drop", evaluator.drop_level(in.a, level - 1));
  }
  ckks::Ciphertext seeded = in.a;
  seeded.parts[1] = wire::seal::expand_uniform(in.seed, in.a.parts[0].ring_degree(),
                                               evaluator.params()->basis(level));
  expect("expand", seeded);
}

// Largest difference of two plaintexts' coefficients modulo q_0 (they are the same modulo the
// others).
double coefficient_difference(const ckks::Plaintext& a, const ckks::Plaintext& b) {
  ring::Poly difference = ring::subtract(a.poly, b.poly, a.params->basis(a.level));
  ring::to_coefficients(difference, a.params->basis(a.level));
  double worst = 0;
  for (int j = 0; j <= a.level; ++j) {
    for (const std::uint64_t word : difference.limb(static_cast<std::size_t>(j))) {
      worst = std::max(worst, std::abs(static_cast<double>(a.params->q(j).to_signed(word))));
    }
  }
  return worst;
}

}  // namespace

bool make_inputs(const Folder& folder, std::uint64_t seed, std::size_t trials) {
  const ckks::ParametersPtr params = folder.parameters();
  for (int level = 0; level <= params->max_level(); ++level) {
    for (std::size_t trial = 0; trial < trials; ++trial) {
      const Inputs in = inputs_of(params, level, trial, seed);
      folder.save(name_of("a", level, trial, "ct"), wire::seal::write(in.a));
      folder.save(name_of("b", level, trial, "ct"), wire::seal::write(in.b));
      folder.save(name_of("p", level, trial, "pt"), wire::seal::write(in.p));
      folder.save(name_of("seeded", level, trial, "ct"), wire::seal::write_seeded(in.a, in.seed));
    }
  }
  return true;
}

bool compare(const Folder& folder, std::uint64_t seed, std::size_t trials) {
  const ckks::ParametersPtr params = folder.parameters();
  const ckks::Evaluator evaluator = folder.evaluator(params);
  Tally tally(folder);

  // What SEAL wrote, read and written again.
  tally.expect("parms.bin", wire::seal::write_parameters(*params));
  const auto open = must(wire::seal::read_public_key(folder.load("pk.bin"), params));
  tally.expect("pk.bin", wire::seal::write_public_key(*params, open.b, open.a));
  tally.expect(
      "rk.bin",
      wire::seal::write_relinearization_key(
          *params, must(wire::seal::read_relinearization_key(folder.load("rk.bin"), params))));
  tally.expect("gk.bin",
               wire::seal::write_galois_keys(
                   *params, must(wire::seal::read_galois_keys(folder.load("gk.bin"), params))));
  const Secret<std::byte> secret =
      keys::write_seal_secret_key(must(keys::read_seal_secret_key(folder.load("sk.bin"), params)));
  tally.expect("sk.bin", to_bytes(secret.reveal()));

  for (int level = 0; level <= params->max_level(); ++level) {
    for (std::size_t trial = 0; trial < trials; ++trial) {
      compare_operations(evaluator, level, trial, inputs_of(params, level, trial, seed), tally);
    }
  }
  return tally.finish();
}

bool compare_encodings(const Folder& folder, std::size_t count) {
  const ckks::ParametersPtr params = folder.parameters();
  const ckks::Encoder encoder(params);
  double coefficients = 0;
  double slots = 0;
  std::size_t equal = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string stem = "encode_" + std::to_string(i);
    const std::vector<double> values = folder.load_numbers(stem + ".f64");
    const ckks::Plaintext theirs =
        must(wire::seal::read_plaintext(folder.load(stem + ".pt"), params));
    const ckks::Plaintext ours = must(encoder.encode(values, theirs.level, theirs.scale));
    equal += ours.poly == theirs.poly ? 1 : 0;
    coefficients = std::max(coefficients, coefficient_difference(ours, theirs));
    slots = std::max(slots, max_error(encoder.decode_real(theirs), values) * theirs.scale);
    folder.save(stem + "_salus.pt", wire::seal::write(ours));
  }
  std::printf("  salus: %zu of %zu encodings equal SEAL's word for word\n", equal, count);
  // N coefficients rounded by up to 1/2.
  const auto most = static_cast<double>(params->slot_count());
  const bool near = report("encoded coefficients", coefficients, 1);
  return report("SEAL's encoding decoded, x scale", slots, most) && near;
}

}  // namespace salus::oracle
