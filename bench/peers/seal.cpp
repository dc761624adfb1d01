// peer_seal: the operations of bench_ckks on Microsoft SEAL, through its public interface only.
//   --set S13|S14|S15|S16  --operation NAME[,NAME]|all  --threads 1|2  --seconds S
// One JSON object per line. One thread: CPU time of the process. Two: SEAL has no threads inside an
// operation, so two operations run side by side and the wall time is given per operation.
// Each result is decrypted and held against the plaintext before it is timed.
#include <seal/seal.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Set {
  const char* name;
  int log_n;
  int scale_bits;
  int levels;
};

// The shapes of bench_ckks. SEAL switches keys with one digit per prime and one special prime, so
// S15 and S16 differ from ours there: 15 + 1 and 26 + 1 primes.
constexpr Set kSets[] = {
    {"S13", 13, 40, 2}, {"S14", 14, 40, 8}, {"S15", 15, 40, 14}, {"S16", 16, 50, 25}};
constexpr int kEndBits = 50;  // the first prime and the special one

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
                 "usage: peer_seal --set S13|S14|S15|S16 [--operation NAME[,NAME]|all] "
                 "[--threads 1|2] [--seconds S]\n");
    std::exit(2);
  }
  return options;
}

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double wall_milliseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

// What one thread writes to, so that two can work side by side.
struct Lane {
  seal::Ciphertext out;
  seal::Plaintext plain;
  seal::RelinKeys key;
  std::vector<double> values;
  std::vector<seal::Serializable<seal::Ciphertext>> seeded;
};

struct Operation {
  const char* name;
  std::function<void(Lane&)> work;
  std::function<double(Lane&)> error;       // worst slot error of what `work` left behind
  std::function<void(Lane&)> prepare = {};  // before each run, not timed
  double units = 1;                         // a run does this many; times are per unit
};

struct Fixture {
  explicit Fixture(const Set& s)
      : set(s),
        scale(std::exp2(s.scale_bits)),
        context(parameters(s), true, seal::sec_level_type::none),
        generator(context),
        encoder(context),
        evaluator(context),
        encryptor(context, make_public_key()),
        decryptor(context, generator.secret_key()) {
    encryptor.set_secret_key(generator.secret_key());
    generator.create_relin_keys(relinearization);
    generator.create_galois_keys(std::vector<int>{1}, rotation);
    values.resize(encoder.slot_count());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::cos(static_cast<double>(i));
    encoder.encode(values, scale, plain);
    encryptor.encrypt(plain, a);
    encryptor.encrypt(plain, b);
    evaluator.multiply(a, b, product);
    evaluator.relinearize_inplace(product, relinearization);
  }

  // N = 2^16 is outside SEAL's own table, hence no security check: the shapes are ours.
  static seal::EncryptionParameters parameters(const Set& s) {
    std::vector<int> bits(static_cast<std::size_t>(s.levels) + 2, s.scale_bits);
    bits.front() = bits.back() = kEndBits;
    seal::EncryptionParameters parms(seal::scheme_type::ckks);
    parms.set_poly_modulus_degree(std::size_t{1} << s.log_n);
    parms.set_coeff_modulus(seal::CoeffModulus::Create(std::size_t{1} << s.log_n, bits));
    return parms;
  }

  seal::PublicKey make_public_key() {
    seal::PublicKey key;
    generator.create_public_key(key);
    return key;
  }

  double log_qp() const {
    double bits = 0;
    for (const auto& q : context.key_context_data()->parms().coeff_modulus())
      bits += std::log2(static_cast<double>(q.value()));
    return bits;
  }

  using Slot = std::function<double(std::size_t)>;

  double worst(const std::vector<double>& got, const Slot& expected) const {
    double error = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      error = std::max(error, std::abs(got[i] - expected(i)));
    return error;
  }

  double worst(const seal::Ciphertext& c, const Slot& expected) {
    seal::Plaintext opened;
    decryptor.decrypt(c, opened);
    return worst(opened, expected);
  }

  double worst(const seal::Plaintext& p, const Slot& expected) {
    std::vector<double> got;
    encoder.decode(p, got);
    return worst(got, expected);
  }

  const Set& set;
  double scale;
  seal::SEALContext context;
  seal::KeyGenerator generator;
  seal::CKKSEncoder encoder;
  seal::Evaluator evaluator;
  seal::Encryptor encryptor;
  seal::Decryptor decryptor;
  seal::RelinKeys relinearization;
  seal::GaloisKeys rotation;
  std::vector<double> values;
  seal::Plaintext plain;
  seal::Ciphertext a, b, product;
};

// The transforms take whole ciphertexts: two polynomials, limb after limb.
void add_transforms(Fixture& f, std::vector<Operation>& operations) {
  const double limbs = 2.0 * (f.set.levels + 1);
  const auto forward = [&f](Lane& l) { f.evaluator.transform_to_ntt_inplace(l.out); };
  const auto inverse = [&f](Lane& l) { f.evaluator.transform_from_ntt_inplace(l.out); };
  const auto same = [&f](std::size_t i) { return f.values[i]; };
  const auto begin = [&f](Lane& l) {
    if (l.out.size() == 0) l.out = f.a;
  };
  operations.push_back({"ntt_forward", forward,
                        [&f, same](Lane& l) { return f.worst(l.out, same); },
                        [=](Lane& l) {
                          begin(l);
                          if (l.out.is_ntt_form()) inverse(l);
                        },
                        limbs});
  operations.push_back({"ntt_inverse", inverse,
                        [&f, same, forward](Lane& l) {
                          forward(l);
                          return f.worst(l.out, same);
                        },
                        [=](Lane& l) {
                          begin(l);
                          if (!l.out.is_ntt_form()) forward(l);
                        },
                        limbs});
}

void add_codes(Fixture& f, std::vector<Operation>& operations) {
  const auto same = [&f](std::size_t i) { return f.values[i]; };
  operations.push_back({"encode", [&f](Lane& l) { f.encoder.encode(f.values, f.scale, l.plain); },
                        [&f, same](Lane& l) { return f.worst(l.plain, same); }});
  operations.push_back({"encrypt", [&f](Lane& l) { f.encryptor.encrypt(f.plain, l.out); },
                        [&f, same](Lane& l) { return f.worst(l.out, same); }});
  operations.push_back({"encrypt_seeded",
                        [&f](Lane& l) {
                          l.seeded.clear();
                          l.seeded.push_back(f.encryptor.encrypt_symmetric(f.plain));
                        },
                        [&f, same](Lane& l) {
                          std::stringstream stream;
                          l.seeded.front().save(stream);
                          l.out.load(f.context, stream);
                          return f.worst(l.out, same);
                        }});
  operations.push_back({"decrypt", [&f](Lane& l) { f.decryptor.decrypt(f.a, l.plain); },
                        [&f, same](Lane& l) { return f.worst(l.plain, same); }});
  operations.push_back({"decode", [&f](Lane& l) { f.encoder.decode(f.plain, l.values); },
                        [&f, same](Lane& l) { return f.worst(l.values, same); }});
  operations.push_back({"decrypt_decode",
                        [&f](Lane& l) {
                          f.decryptor.decrypt(f.a, l.plain);
                          f.encoder.decode(l.plain, l.values);
                        },
                        [&f, same](Lane& l) { return f.worst(l.values, same); }});
}

void add_arithmetic(Fixture& f, std::vector<Operation>& operations) {
  const auto check = [&f](const Fixture::Slot& expected) {
    return [&f, expected](Lane& l) { return f.worst(l.out, expected); };
  };
  const auto square = [&f](std::size_t i) { return f.values[i] * f.values[i]; };
  operations.push_back({"add", [&f](Lane& l) { f.evaluator.add(f.a, f.b, l.out); },
                        check([&f](std::size_t i) { return 2 * f.values[i]; })});
  operations.push_back({"multiply_plain",
                        [&f](Lane& l) { f.evaluator.multiply_plain(f.a, f.plain, l.out); },
                        check(square)});
  // A scalar has to become a plaintext first.
  operations.push_back({"multiply_scalar",
                        [&f](Lane& l) {
                          f.encoder.encode(0.7, f.scale, l.plain);
                          f.evaluator.multiply_plain(f.a, l.plain, l.out);
                        },
                        check([&f](std::size_t i) { return 0.7 * f.values[i]; })});
  operations.push_back(
      {"rescale", [&f](Lane& l) { f.evaluator.rescale_to_next(f.product, l.out); }, check(square)});
  const auto multiply = [&f](Lane& l, const seal::RelinKeys& key) {
    f.evaluator.multiply(f.a, f.b, l.out);
    f.evaluator.relinearize_inplace(l.out, key);
    f.evaluator.rescale_to_next_inplace(l.out);
  };
  operations.push_back({"multiply_relinearize_rescale",
                        [&f, multiply](Lane& l) { multiply(l, f.relinearization); },
                        check(square)});
  operations.push_back(
      {"rotate", [&f](Lane& l) { f.evaluator.rotate_vector(f.a, 1, f.rotation, l.out); },
       check([&f](std::size_t i) { return f.values[(i + 1) % f.values.size()]; })});
  operations.push_back({"keygen_relin", [&f](Lane& l) { f.generator.create_relin_keys(l.key); },
                        [&f, multiply, square](Lane& l) {
                          multiply(l, l.key);
                          return f.worst(l.out, square);
                        }});
}

// One thread: each run by itself.
std::vector<double> alone(const Operation& operation, double seconds) {
  Lane lane;
  std::vector<double> times;
  const double start = wall_milliseconds();
  while (times.size() < 3 || wall_milliseconds() - start < 1e3 * seconds) {
    if (operation.prepare) operation.prepare(lane);
    const double before = cpu_milliseconds();
    operation.work(lane);
    times.push_back(cpu_milliseconds() - before);
  }
  return times;
}

// Two threads: batches long enough that starting the threads does not count.
std::vector<double> side_by_side(const Operation& operation, double seconds) {
  Lane lanes[2];
  operation.work(lanes[0]);
  const double before = wall_milliseconds();
  operation.work(lanes[0]);
  const int batch = 1 + static_cast<int>(30 / (wall_milliseconds() - before + 1e-3));
  const auto run = [&](Lane& lane) {
    for (int i = 0; i < batch; ++i) operation.work(lane);
  };
  std::vector<double> times;
  const double start = wall_milliseconds();
  while (times.size() < 3 || wall_milliseconds() - start < 1e3 * seconds) {
    const double begin = wall_milliseconds();
    std::thread other([&] { run(lanes[1]); });
    run(lanes[0]);
    other.join();
    times.push_back((wall_milliseconds() - begin) / (2 * batch));
  }
  return times;
}

void head(const Options& options, const char* operation) {
  std::printf(R"({"library":"%s","set":"%s","operation":"%s","threads":%d,)", PEER_NAME,
              options.set->name, operation, options.threads);
}

void absent(const Options& options, const char* operation, const char* reason) {
  head(options, operation);
  std::printf("\"absent\":\"%s\"}\n", reason);
  std::fflush(stdout);
}

void report(const Options& options, const Fixture& f, const Operation& operation) {
  if (options.threads == 2 && operation.prepare)
    return absent(options, operation.name, "a transform is the work of one thread");
  Lane lane;
  if (operation.prepare) operation.prepare(lane);
  operation.work(lane);
  const double error = operation.error(lane);
  if (!(error < 1e-4)) {
    std::fprintf(stderr, "peer_seal: %s: wrong result, error %g\n", operation.name, error);
    std::exit(1);
  }
  const std::vector<double> times = options.threads == 1 ? alone(operation, options.seconds)
                                                         : side_by_side(operation, options.seconds);
  head(options, operation.name);
  std::printf(R"("milliseconds":%.6g,"repetitions":%zu,"error":%.3g,"log_qp":%.1f,)"
              R"("shape":"%d+1","form":"%s"})"
              "\n",
              median(times) / operation.units, times.size(), error, f.log_qp(),
              options.set->levels + 1, options.threads == 1 ? "alone" : "two side by side");
  std::fflush(stdout);
}

bool wanted(const Options& options, const std::string& name) {
  return options.operations == "all" ||
         ("," + options.operations + ",").find("," + name + ",") != std::string::npos;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Fixture f(*options.set);
  std::vector<Operation> operations;
  add_transforms(f, operations);
  add_codes(f, operations);
  add_arithmetic(f, operations);
  for (const Operation& operation : operations) {
    if (wanted(options, operation.name)) report(options, f, operation);
  }
  for (const char* name : {"rotate_hoisted_8", "poly59"}) {
    if (wanted(options, name))
      absent(options, name, name[0] == 'r' ? "no hoisted rotations" : "no polynomial evaluation");
  }
}
