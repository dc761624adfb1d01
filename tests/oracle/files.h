// What the steps of salus_oracle share: a folder of SEAL's files with fixed names, and numbers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "ckks/ciphertext.h"
#include "ckks/evaluation_keys.h"
#include "ckks/evaluator.h"

namespace salus::oracle {

/// A folder that oracle.mjs and salus_oracle exchange files in. Everything in it was written by
/// this test, so that a file which does not load is a Defect, not an Error.
class Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

  Bytes load(const std::string& name) const;
  void save(const std::string& name, ByteView bytes) const;
  std::vector<double> load_numbers(const std::string& name) const;
  void save_numbers(const std::string& name, const std::vector<double>& numbers) const;

  /// parms.bin; `unsafe`: rings too small for security.
  ckks::ParametersPtr parameters(bool unsafe = false) const;
  ckks::Ciphertext ciphertext(const std::string& name, const ckks::ParametersPtr& params) const;
  /// rk.bin and gk.bin
  ckks::Evaluator evaluator(const ckks::ParametersPtr& params) const;

 private:
  std::filesystem::path path_;
};

/// The random stream that number `seed` of a test names.
RandomStream numbered_stream(std::uint64_t seed);

double max_error(const std::vector<double>& got, const std::vector<double>& wanted);

/// Prints a line with the figures and returns whether `error` is at most `bound`.
bool report(std::string_view what, double error, double bound);

/// The steps; each returns whether all was as it should be.
bool evaluate(const Folder& folder);
bool make_keys(const Folder& folder, std::uint64_t seed);
bool check_results(const Folder& folder);
bool make_inputs(const Folder& folder, std::uint64_t seed, std::size_t trials);
bool compare(const Folder& folder, std::uint64_t seed, std::size_t trials);
bool compare_encodings(const Folder& folder, std::size_t count);
bool read_malformed(const Folder& folder, std::uint64_t seed, std::size_t mutations);

}  // namespace salus::oracle
