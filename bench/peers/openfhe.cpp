// peer_openfhe: the operations of bench_ckks on OpenFHE, through its public interface only.
//   --set S13|S14|S15|S16  --operation NAME[,NAME]|all  --threads 1|2  --seconds S
// One JSON object per line. One thread: CPU time of the process. Two: OpenFHE splits the operation
// over the limbs itself, and the wall time is given.
// Each result is decrypted and held against the plaintext before it is timed.
#include <math/chebyshev.h>
#include <openfhe.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

using lbcrypto::DCRTPoly;
using Ciphertext = lbcrypto::Ciphertext<DCRTPoly>;

struct Set {
  const char* name;
  int log_n;
  int scale_bits;
  int levels;
  int digits;
};

// The shapes of bench_ckks. OpenFHE makes its special primes 60 bits and as few as will do.
constexpr Set kSets[] = {
    {"S13", 13, 40, 2, 3}, {"S14", 14, 40, 8, 9}, {"S15", 15, 40, 14, 3}, {"S16", 16, 50, 25, 4}};
constexpr int kFirstBits = 50;
constexpr int kRotations = 8;
constexpr int kDegree = 59;
constexpr int kDegreeLevels = 7;  // what a series of that degree takes
constexpr double kRange = 8;

struct Options {
  const Set* set = nullptr;
  std::string operations = "all";
  int threads = 1;
  double seconds = 1;
};

Options parse(int argc, char** argv) {
  Options options;
  bool known = argc % 2 == 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    const std::string value = argv[i + 1];
    if (key == "--set") {
      for (const Set& set : kSets) options.set = value == set.name ? &set : options.set;
    } else if (key == "--operation") {
      options.operations = value;
    } else if (key == "--threads") {
      options.threads = std::atoi(value.c_str());
    } else if (key == "--seconds") {
      options.seconds = std::atof(value.c_str());
    } else {
      known = false;
    }
  }
  if (!known || options.set == nullptr || options.threads < 1 || options.threads > 2) {
    std::fprintf(stderr,
                 "usage: peer_openfhe --set S13|S14|S15|S16 [--operation NAME[,NAME]|all] "
                 "[--threads 1|2] [--seconds S]\n");
    std::exit(2);
  }
  return options;
}

// OpenFHE takes the number of threads from the environment before main begins, so we begin again.
void settle_threads(const Options& options, char** argv) {
  const char* now = std::getenv("OMP_NUM_THREADS");
  const std::string wanted = std::to_string(options.threads);
  if (now != nullptr && wanted == now) return;
  setenv("OMP_NUM_THREADS", wanted.c_str(), 1);
  execv("/proc/self/exe", argv);
  std::perror("peer_openfhe");
  std::exit(1);
}

double milliseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

struct Operation {
  const char* name;
  std::function<void()> work;
  std::function<double()> error;       // worst slot error of what `work` left behind
  std::function<void()> prepare = {};  // before each run, not timed
  double units = 1;                    // a run does this many; times are per unit
  const char* absent = nullptr;        // why it cannot be measured
};

using Slot = std::function<double(std::size_t)>;

struct Fixture {
  explicit Fixture(const Set& s) : set(s), context(make_context(s)), keys(context->KeyGen()) {
    context->EvalMultKeyGen(keys.secretKey);
    std::vector<int> steps;
    for (int step = 1; step <= kRotations; ++step) steps.push_back(step);
    context->EvalRotateKeyGen(keys.secretKey, steps);
    values.resize(std::size_t{1} << (s.log_n - 1));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::cos(static_cast<double>(i));
    std::vector<double> wide = values;
    for (double& value : wide) value *= kRange;
    plain = context->MakeCKKSPackedPlaintext(values);
    a = context->Encrypt(keys.publicKey, plain);
    b = context->Encrypt(keys.publicKey, plain);
    spread = context->Encrypt(keys.publicKey, context->MakeCKKSPackedPlaintext(wide));
    product = context->EvalMult(a, b);
    poly = a->GetElements()[0];
    series = lbcrypto::EvalChebyshevCoefficients(logistic, -kRange, kRange, kDegree);
  }

  // The ring is given and the security level left open, or OpenFHE would choose other shapes.
  static lbcrypto::CryptoContext<DCRTPoly> make_context(const Set& s) {
    lbcrypto::CCParams<lbcrypto::CryptoContextCKKSRNS> parameters;
    parameters.SetSecurityLevel(lbcrypto::HEStd_NotSet);
    parameters.SetRingDim(1U << s.log_n);
    parameters.SetMultiplicativeDepth(static_cast<std::uint32_t>(s.levels));
    parameters.SetScalingModSize(static_cast<std::uint32_t>(s.scale_bits));
    parameters.SetFirstModSize(kFirstBits);
    parameters.SetScalingTechnique(lbcrypto::FIXEDMANUAL);
    parameters.SetKeySwitchTechnique(lbcrypto::HYBRID);
    parameters.SetNumLargeDigits(static_cast<std::uint32_t>(s.digits));
    parameters.SetSecretKeyDist(lbcrypto::UNIFORM_TERNARY);
    auto made = lbcrypto::GenCryptoContext(parameters);
    for (const auto feature :
         {lbcrypto::PKE, lbcrypto::KEYSWITCH, lbcrypto::LEVELEDSHE, lbcrypto::ADVANCEDSHE})
      made->Enable(feature);
    return made;
  }

  // All primes of Q and P; `special` gets the number of those of P.
  double log_qp(std::size_t& special) const {
    const auto rns =
        std::dynamic_pointer_cast<lbcrypto::CryptoParametersRNS>(context->GetCryptoParameters());
    const auto& primes = rns->GetParamsQP()->GetParams();
    special = primes.size() - rns->GetElementParams()->GetParams().size();
    double bits = 0;
    for (const auto& prime : primes) bits += std::log2(prime->GetModulus().ConvertToDouble());
    return bits;
  }

  std::vector<double> open(const Ciphertext& c) const {
    lbcrypto::Plaintext opened;
    context->Decrypt(keys.secretKey, c, &opened);
    opened->SetLength(values.size());
    return opened->GetRealPackedValue();
  }

  double worst(const std::vector<double>& got, const Slot& expected) const {
    double error = got.size() == values.size() ? 0 : HUGE_VAL;
    for (std::size_t i = 0; i < got.size(); ++i)
      error = std::max(error, std::abs(got[i] - expected(i)));
    return error;
  }

  double worst(const Ciphertext& c, const Slot& expected) const { return worst(open(c), expected); }

  double rotated(const Ciphertext& c, std::size_t step) const {
    return worst(c, [&](std::size_t i) { return values[(i + step) % values.size()]; });
  }

  const Set& set;
  lbcrypto::CryptoContext<DCRTPoly> context;
  lbcrypto::KeyPair<DCRTPoly> keys;
  std::vector<double> values;
  lbcrypto::Plaintext plain;
  Ciphertext a, b, spread, product;
  DCRTPoly poly;
  std::vector<double> series;
  // What the operations leave behind.
  lbcrypto::Plaintext made;
  Ciphertext out;
  std::vector<Ciphertext> many;
  std::vector<double> read;
};

Operation missing(const char* name, const char* reason) { return {name, {}, {}, {}, 1, reason}; }

// All limbs of one polynomial.
void add_transforms(Fixture& f, std::vector<Operation>& operations) {
  const double limbs = f.set.levels + 1;
  const auto same = [&f](std::size_t i) { return f.values[i]; };
  const auto forward = [&f] { f.poly.SetFormat(Format::EVALUATION); };
  const auto inverse = [&f] { f.poly.SetFormat(Format::COEFFICIENT); };
  const auto error = [&f, same, forward] {
    forward();
    f.out = f.a->Clone();
    f.out->GetElements()[0] = f.poly;
    return f.worst(f.out, same);
  };
  operations.push_back({"ntt_forward", forward, error, inverse, limbs});
  operations.push_back({"ntt_inverse", inverse, error, forward, limbs});
}

void add_codes(Fixture& f, std::vector<Operation>& operations) {
  const auto same = [&f](std::size_t i) { return f.values[i]; };
  operations.push_back(
      {"encode", [&f] { f.made = f.context->MakeCKKSPackedPlaintext(f.values); },
       [&f, same] { return f.worst(f.context->Encrypt(f.keys.publicKey, f.made), same); }});
  operations.push_back({"encrypt", [&f] { f.out = f.context->Encrypt(f.keys.publicKey, f.plain); },
                        [&f, same] { return f.worst(f.out, same); }});
  operations.push_back(missing("encrypt_seeded", "no seeded ciphertexts"));
  operations.push_back(missing("decrypt", "decryption decodes as well"));
  operations.push_back(missing("decode", "decryption decodes as well"));
  operations.push_back({"decrypt_decode", [&f] { f.read = f.open(f.a); },
                        [&f, same] { return f.worst(f.read, same); }});
}

void add_arithmetic(Fixture& f, std::vector<Operation>& operations) {
  const auto check = [&f](const Slot& expected) {
    return [&f, expected] { return f.worst(f.out, expected); };
  };
  const auto square = [&f](std::size_t i) { return f.values[i] * f.values[i]; };
  const auto multiply = [&f] {
    f.out = f.context->EvalMult(f.a, f.b);
    f.context->RescaleInPlace(f.out);
  };
  operations.push_back({"add", [&f] { f.out = f.context->EvalAdd(f.a, f.b); },
                        check([&f](std::size_t i) { return 2 * f.values[i]; })});
  operations.push_back(
      {"multiply_plain", [&f] { f.out = f.context->EvalMult(f.a, f.plain); }, check(square)});
  operations.push_back({"multiply_scalar", [&f] { f.out = f.context->EvalMult(f.a, 0.7); },
                        check([&f](std::size_t i) { return 0.7 * f.values[i]; })});
  operations.push_back({"rescale", [&f] { f.out = f.context->Rescale(f.product); }, check(square)});
  operations.push_back({"multiply_relinearize_rescale", multiply, check(square)});
  // A key that is already in the context's map is not made again.
  operations.push_back({"keygen_relin", [&f] { f.context->EvalMultKeyGen(f.keys.secretKey); },
                        [&f, multiply, square] {
                          multiply();
                          return f.worst(f.out, square);
                        },
                        [&f] { f.context->ClearEvalMultKeys(f.keys.secretKey->GetKeyTag()); }});
}

void add_rotations(Fixture& f, std::vector<Operation>& operations) {
  operations.push_back({"rotate", [&f] { f.out = f.context->EvalRotate(f.a, 1); },
                        [&f] { return f.rotated(f.out, 1); }});
  operations.push_back({"rotate_hoisted_8",
                        [&f] {
                          const auto digits = f.context->EvalFastRotationPrecompute(f.a);
                          const std::uint32_t order = 2 * f.context->GetRingDimension();
                          f.many.clear();
                          for (std::uint32_t step = 1; step <= kRotations; ++step)
                            f.many.push_back(f.context->EvalFastRotation(f.a, step, order, digits));
                        },
                        [&f] {
                          double error = 0;
                          for (std::size_t i = 0; i < f.many.size(); ++i)
                            error = std::max(error, f.rotated(f.many[i], i + 1));
                          return error;
                        }});
}

void add_series(Fixture& f, std::vector<Operation>& operations) {
  if (f.set.levels < kDegreeLevels) {
    operations.push_back(missing("poly59", "the set has too few levels"));
    return;
  }
  operations.push_back(
      {"poly59",
       [&f] { f.out = f.context->EvalChebyshevSeries(f.spread, f.series, -kRange, kRange); },
       [&f] {
         return f.worst(f.out, [&f](std::size_t i) { return logistic(kRange * f.values[i]); });
       }});
}

std::vector<double> times_of(const Operation& operation, const Options& options) {
  const clockid_t clock = options.threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
  std::vector<double> times;
  const double start = milliseconds(CLOCK_MONOTONIC);
  while (times.size() < 3 || milliseconds(CLOCK_MONOTONIC) - start < 1e3 * options.seconds) {
    if (operation.prepare) operation.prepare();
    const double before = milliseconds(clock);
    operation.work();
    times.push_back(milliseconds(clock) - before);
  }
  return times;
}

void report(const Options& options, const Fixture& f, const Operation& operation) {
  double error = 0;
  if (operation.absent == nullptr) {
    if (operation.prepare) operation.prepare();
    operation.work();
    error = operation.error();
    if (!(error < 1e-3)) {
      std::fprintf(stderr, "peer_openfhe: %s: wrong result, error %g\n", operation.name, error);
      std::exit(1);
    }
  }
  std::printf(R"({"library":"%s","set":"%s","operation":"%s","threads":%d,)", PEER_NAME,
              options.set->name, operation.name, options.threads);
  if (operation.absent != nullptr) {
    std::printf("\"absent\":\"%s\"}\n", operation.absent);
  } else {
    const std::vector<double> times = times_of(operation, options);
    std::size_t special = 0;
    const double log_qp = f.log_qp(special);
    std::printf(R"("milliseconds":%.6g,"repetitions":%zu,"error":%.3g,"log_qp":%.1f,)"
                R"("shape":"%d+%zu","form":"alone"})"
                "\n",
                median(times) / operation.units, times.size(), error, log_qp,
                options.set->levels + 1, special);
  }
  std::fflush(stdout);
}

bool wanted(const Options& options, const std::string& name) {
  return options.operations == "all" ||
         ("," + options.operations + ",").find("," + name + ",") != std::string::npos;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  settle_threads(options, argv);
  {
    Fixture f(*options.set);
    std::vector<Operation> operations;
    add_transforms(f, operations);
    add_codes(f, operations);
    add_arithmetic(f, operations);
    add_rotations(f, operations);
    add_series(f, operations);
    for (const Operation& operation : operations) {
      if (wanted(options, operation.name)) report(options, f, operation);
    }
  }
  // OpenFHE's process-wide maps are left to the system: their destructors have been seen to crash
  // after the last line.
  std::fflush(stdout);
  _exit(0);
}
