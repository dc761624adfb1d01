// The question "what will the concentration be?": a model and a set of regimens become a program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compiler/compile.h"
#include "model/model.h"
#include "program/program.h"

namespace salus::analysis {

/// Curves of the model's outputs: regimens x times.
struct SimulateQuestion {
  std::string name;      ///< "regimens"; the program is called "<model>/<name>"
  std::string model;     ///< the model's name: "theophylline"
  std::string question;  ///< plain language
  std::vector<program::Regimen> regimens;
  std::vector<double> times_h;  ///< ascending, >= 0
  double tolerance = compiler::CompileOptions::kDefaultTolerance;
  program::Layout layout = program::Layout::kBasis;
};

struct SimulateOptions {
  std::uint64_t seed = 1;  ///< of training and held-out samples; part of the certificate
  int threads = 2;         ///< the result does not depend on it
  /// Called with a stage's name and the fraction done of the whole, from the calling thread.
  std::function<void(std::string_view stage, double fraction)> progress;
  std::vector<compiler::FamilyOption>* explanation = nullptr;  ///< filled where given
};

inline constexpr std::size_t kMaxRegimens = 256;
inline constexpr std::size_t kMaxTimes = 1024;

/// Reads models/questions/<name>.toml:
///   name, model, question = "...", tolerance (share of the peak that 99 % of errors keep to)
///   layout = "basis" (the server builds the basis; default), "expanded" (the client does) or
///     "cohort" (a patient a slot)
///   times_h = [ ... ] and/or [[times]] from, to, step
///   [[regimen]] id, label, dose, interval_h, count, start_h, infusion_h,
///     set = { public parameter = value }
///   [[difference]] of, minus (ids of regimens), id, label: a comparison, computed on ciphertexts
/// Errors: kNotFound, kParse, kInvalidArgument, kLimit, naming file, line and remedy.
Result<SimulateQuestion> load_question(const std::filesystem::path& path);
/// "basis", "expanded", "cohort". Errors: kInvalidArgument, naming them.
Result<program::Layout> parse_layout(std::string_view text);
std::string_view name_of(program::Layout layout);

Result<SimulateQuestion> parse_question(std::string_view text, std::string_view file_name);

/// The question that a certificate answers where nobody has asked another: the model's standard
/// dose, or its course without one, at 65 times of its horizon; of a score its value.
SimulateQuestion standard_question(const model::Model& model);

/// Compiles. Two questions on one model give programs whose basis stage is the same, digest
/// included. Errors: kMismatch if the question is about another model; kInvalidArgument; kLimit.
Result<program::Program> simulate(const model::Model& model, const SimulateQuestion& question,
                                  const SimulateOptions& options = {});

}  // namespace salus::analysis
