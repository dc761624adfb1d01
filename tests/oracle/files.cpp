#include "files.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "base/file.h"
#include "wire/seal/objects.h"

namespace salus::oracle {

Bytes Folder::load(const std::string& name) const {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 30;
  return must(read_file(path_ / name, kLimit));
}

void Folder::save(const std::string& name, ByteView bytes) const {
  std::ofstream out(path_ / name, std::ios::binary);
  out << as_text(bytes);
  check(out.flush().good(), "cannot write " + name);
}

std::vector<double> Folder::load_numbers(const std::string& name) const {
  const Bytes bytes = load(name);
  std::vector<double> numbers;
  for (ByteReader in(bytes); in.remaining() >= 8;) numbers.push_back(in.f64());
  return numbers;
}

void Folder::save_numbers(const std::string& name, const std::vector<double>& numbers) const {
  Bytes bytes;
  for (const double number : numbers) append_f64(bytes, number);
  save(name, bytes);
}

ckks::ParametersPtr Folder::parameters(bool unsafe) const {
  const auto profile =
      unsafe ? ckks::SecurityProfile::kUnsafeNoSecurity : ckks::SecurityProfile::kClassical128;
  return must(
      ckks::Parameters::create(must(wire::seal::read_parameters(load("parms.bin"), profile))));
}

ckks::Ciphertext Folder::ciphertext(const std::string& name,
                                    const ckks::ParametersPtr& params) const {
  return must(wire::seal::read_ciphertext(load(name), params));
}

ckks::Evaluator Folder::evaluator(const ckks::ParametersPtr& params) const {
  ckks::EvaluationKeys keys{params, nullptr, {}};
  const auto put = [&keys](std::uint32_t element, ckks::KeySwitchKey key) {
    keys.put(element, std::make_shared<const ckks::KeySwitchKey>(std::move(key)));
  };
  put(ckks::kRelinearization, must(wire::seal::read_relinearization_key(load("rk.bin"), params)));
  wire::seal::GaloisKeys galois = must(wire::seal::read_galois_keys(load("gk.bin"), params));
  for (auto& [element, key] : galois) put(element, std::move(key));
  return ckks::Evaluator(std::make_shared<const ckks::EvaluationKeys>(std::move(keys)));
}

RandomStream numbered_stream(std::uint64_t seed) {
  Seed root{};
  for (std::size_t i = 0; i < 8; ++i) root[i] = static_cast<std::byte>(seed >> (8 * i));
  return RandomStream(root, 0);
}

double max_error(const std::vector<double>& got, const std::vector<double>& wanted) {
  check(got.size() == wanted.size(), "results of another length");
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    // A NaN must not pass for small.
    worst = std::max(worst, std::isfinite(got[i]) ? std::abs(got[i] - wanted[i]) : HUGE_VAL);
  }
  return worst;
}

bool report(std::string_view what, double error, double bound) {
  std::printf("  salus: %-32.*s max error %.3g (bound %.3g)\n", static_cast<int>(what.size()),
              what.data(), error, bound);
  return error <= bound;
}

}  // namespace salus::oracle
