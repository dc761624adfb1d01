// A cohort under encryption beside CVODE: the same virtual patients, the same question, one run.
//   --case vancomycin|heart|pbpk|all   --patients N   --models FOLDER   --seed N   --json
//   --programs FOLDER   keeps what was compiled, for the next run of the same build
// SALUS_THREADS sets the threads of all parts, two unless it is set. Times are wall times:
//   encrypted  what a server does: circuit on ciphertexts, keys and tables loaded
//   cvode      rtol 1e-6, all patients, this program's formula interpreter
//   surrogate  the same circuit in doubles
// Compiling is not counted: it is done once a model and question.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/simulate.h"
#include "base/file.h"
#include "base/parallel.h"
#include "circuit/interpret.h"
#include "compiler/parallel.h"
#include "compiler/sampling.h"
#include "keys/secret_key.h"
#include "model/reference.h"
#include "runtime/encrypted.h"

namespace salus {
namespace {

constexpr double kCvodeTolerance = 1e-6;

struct Case {
  std::string name;
  std::string model;
  program::Regimen regimen;
  double horizon_h;
  int times;
};

std::vector<Case> cases() {
  return {
      {"vancomycin", "vancomycin", {"q12h", "1 g every 12 h", 1000, 12, 4, 0, 1, {}}, 48, 100},
      {"heart", "heart_loop", {"beats", "30 beats", 0, 0, 1, 0, 0, {}}, 24.0 / 3600, 120},
      {"pbpk", "pbpk_midazolam", {"q12h", "twice a day for a week", 2, 12, 14, 0, 0, {}}, 168, 84}};
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

using Curves = std::vector<std::vector<double>>;  // rows x times of one patient

struct Errors {
  double p50 = 0, p99 = 0, max = 0;
};

// Largest difference of a curve over its own peak, a patient.
double difference(const Curves& found, const Curves& expected) {
  double worst = 0;
  for (std::size_t r = 0; r < expected.size(); ++r) {
    double peak = 0, error = 0;
    for (std::size_t t = 0; t < expected[r].size(); ++t) {
      peak = std::max(peak, std::abs(expected[r][t]));
      error = std::max(error, std::abs(found[r][t] - expected[r][t]));
    }
    if (peak > 0) worst = std::max(worst, error / peak);
  }
  return worst;
}

Errors errors_of(const std::vector<Curves>& found, const std::vector<Curves>& expected) {
  std::vector<double> all;
  for (std::size_t i = 0; i < expected.size(); ++i)
    all.push_back(difference(found[i], expected[i]));
  std::sort(all.begin(), all.end());
  const auto at = [&](double q) {
    return all[static_cast<std::size_t>(q * static_cast<double>(all.size() - 1))];
  };
  return {at(0.5), at(0.99), at(1)};
}

class CohortBench {
 public:
  CohortBench(Case one, const std::string& models, std::string programs, std::size_t patients,
              std::uint64_t seed)
      : case_(std::move(one)),
        programs_(std::move(programs)),
        model_(must(model::load_model(models + "/" + case_.model + ".toml"))) {
    compiler::Points points(model_, seed);
    while (patients_.size() < patients) patients_.push_back(points.population());
  }

  nlohmann::json run() {
    const Stopwatch compiling;
    program_ = kept_or_compiled();
    const double compile_seconds = compiling.seconds();
    params_ = must(ckks::Parameters::create(runtime::literal_of(program_.basis.circuit.chain)));
    slots_ = program_.basis.circuit.chain.slot_count();
    normalise();
    nlohmann::json out = run_encrypted();
    out["case"] = case_.name;
    out["patients"] = patients_.size();
    out["threads"] = thread_count();
    out["kernel"] = kernel::active().name;
    out["compile_seconds"] = compile_seconds;
    out["private_inputs"] = program_.inputs.size();
    out["results"] = program_.output.slots();
    out["values_a_patient"] = program_.output.values();
    out["levels"] = params_->max_level();
    out["log_qp"] = params_->log_qp();
    out["certified_p99"] = program_.certificate.population_p99;
    run_cvode(out);
    run_surrogate(out);
    return out;
  }

 private:
  program::Program kept_or_compiled() const {
    if (programs_.empty()) return compiled();
    // What a compiled program depends on: the model, the case, and this very compiler.
    const Digest self = sha256(must(read_file("/proc/self/exe", 1ull << 30)));
    const std::string name =
        sha256(as_bytes(self.hex() + model_.digest + case_.name)).hex() + ".program";
    const std::filesystem::path path = std::filesystem::path(programs_) / name;
    if (const auto kept = read_file(path, program::kMaxProgramBytes))
      return must(program::parse(*kept));
    std::filesystem::create_directories(programs_);
    program::Program made = compiled();
    must(write_file(path, program::serialize(made)));
    return made;
  }

  program::Program compiled() const {
    analysis::SimulateQuestion question;
    question.name = "cohort";
    question.model = model_.name;
    question.question = case_.regimen.label;
    question.regimens = {case_.regimen};
    for (int i = 1; i <= case_.times; ++i)
      question.times_h.push_back(case_.horizon_h * i / case_.times);
    question.layout = program::Layout::kCohort;
    question.tolerance = 1;
    analysis::SimulateOptions options;
    options.threads = static_cast<int>(thread_count());
    options.progress = [](std::string_view stage, double fraction) {
      std::fprintf(stderr, "compiling %3.0f %% %.*s\n", 100 * fraction,
                   static_cast<int>(stage.size()), stage.data());
    };
    return must(analysis::simulate(model_, question, options));
  }

  void normalise() {
    for (const std::vector<double>& patient : patients_) {
      std::vector<program::NamedValue> values;
      for (std::size_t i = 0; i < model_.parameters.size(); ++i) {
        if (model_.parameters[i].is_private)
          values.push_back({model_.parameters[i].name, patient[i]});
      }
      inputs_.push_back(must(program::normalise(program_, values)));
    }
  }

  std::size_t batches() const { return (patients_.size() + slots_ - 1) / slots_; }

  // Slots of input k in one batch; the last batch is filled with its first patient.
  std::vector<double> batch_of(std::size_t batch, std::size_t k) const {
    std::vector<double> out;
    for (std::size_t i = batch * slots_; i < (batch + 1) * slots_; ++i)
      out.push_back(inputs_[i < inputs_.size() ? i : batch * slots_][k]);
    return out;
  }

  void expand(std::size_t batch, const std::vector<std::vector<double>>& results,
              std::vector<Curves>& curves) const {
    const std::size_t first = batch * slots_;
    const std::size_t count = std::min(slots_, patients_.size() - first);
    must(compiler::parallel_for(count, static_cast<int>(thread_count()),
                                [&](std::size_t i) -> Status {
                                  std::vector<double> slots;
                                  for (const std::vector<double>& result : results)
                                    slots.push_back(result[i]);
                                  curves[first + i] = must(program::expand(program_.output, slots));
                                  return program::apply_links(program_.output, curves[first + i]);
                                }));
  }

  nlohmann::json run_encrypted() {
    RandomStream random(random_seed(), 0);
    const auto secret = must(keys::SecretKey::derive(params_, random_seed(), "bench"));
    circuit::KeyRequirements needed =
        circuit::required_keys(program_.readout.circuit, program_.readout.constants);
    const auto keys = std::make_shared<const ckks::EvaluationKeys>(
        must(keys::make_evaluation_keys(secret, needed, random)));
    const auto prepared = must(runtime::PreparedCircuit::create(
        program_.readout.circuit, program_.readout.constants, params_));
    const ckks::Encoder encoder(params_);
    const ckks::Evaluator evaluator(keys);

    double encrypting = 0, computing = 0, opening = 0;
    std::size_t sent = 0, received = 0;
    encrypted_.resize(patients_.size());
    for (std::size_t batch = 0; batch < batches(); ++batch) {
      const Stopwatch encryption;
      std::vector<ckks::SeededCiphertext> given;
      for (std::size_t k = 0; k < program_.inputs.size(); ++k) {
        const circuit::Node& node = program_.readout.circuit.nodes[k];
        const auto plain =
            must(encoder.encode_repeated(batch_of(batch, k), node.level, node.scale));
        given.push_back(must(keys::encrypt(secret, plain, random)));
        sent += given.back().c0.words().size_bytes();
      }
      encrypting += encryption.seconds();

      const Stopwatch computation;
      std::vector<ckks::Ciphertext> inputs;
      for (const ckks::SeededCiphertext& each : given) inputs.push_back(each.expand());
      const auto outputs = must(runtime::run_encrypted(*prepared, evaluator, inputs));
      computing += computation.seconds();

      const Stopwatch opened;
      std::vector<std::vector<double>> results(outputs.size());
      parallel_for(outputs.size(), [&](std::size_t m) {
        results[m] = encoder.decode_real(must(keys::decrypt(secret, outputs[m])));
      });
      for (const ckks::Ciphertext& each : outputs) received += each.byte_count();
      expand(batch, results, encrypted_);
      opening += opened.seconds();
    }
    return {{"encrypt_seconds", encrypting},
            {"encrypted_seconds", computing},
            {"open_seconds", opening},
            {"upload_bytes", sent},
            {"download_bytes", received},
            {"relinearization_key_bytes",
             ckks::KeySwitchKey::byte_count(*params_, needed.relinearization_level, true)}};
  }

  void run_cvode(nlohmann::json& out) {
    const model::ReferenceSolver solver(model_);
    std::vector<model::Dose> doses;
    if (const program::Regimen& r = case_.regimen; r.dose > 0)
      doses = model::repeated_dose(r.dose, r.start_h, r.interval_h, r.count, r.infusion_h);
    std::vector<Curves> curves(patients_.size());
    const Stopwatch solving;
    must(compiler::parallel_for(
        patients_.size(), static_cast<int>(thread_count()), [&](std::size_t i) -> Status {
          auto solved =
              solver.curves(patients_[i], doses, program_.output.times_h, kCvodeTolerance);
          if (!solved) return solved.error();
          curves[i] = std::move(*solved);
          return program::apply_links(program_.output, curves[i]);
        }));
    out["cvode_seconds"] = solving.seconds();
    const Errors errors = errors_of(encrypted_, curves);
    out["error_p50"] = errors.p50;
    out["error_p99"] = errors.p99;
    out["error_max"] = errors.max;
  }

  void run_surrogate(nlohmann::json& out) {
    double computing = 0;
    std::vector<Curves> curves(patients_.size());
    for (std::size_t batch = 0; batch < batches(); ++batch) {
      std::vector<circuit::Slots> inputs;
      for (std::size_t k = 0; k < program_.inputs.size(); ++k) inputs.push_back(batch_of(batch, k));
      const Stopwatch computation;
      const auto values =
          must(circuit::interpret(program_.readout.circuit, program_.readout.constants, inputs));
      std::vector<std::vector<double>> results;
      for (const circuit::ValueId id : program_.readout.circuit.outputs)
        results.push_back(values[id]);
      expand(batch, results, curves);
      computing += computation.seconds();
    }
    out["surrogate_seconds"] = computing;
    out["encrypted_vs_clear"] = errors_of(encrypted_, curves).max;
  }

  Case case_;
  std::string programs_;
  model::Model model_;
  std::vector<std::vector<double>> patients_;
  program::Program program_;
  ckks::ParametersPtr params_;
  std::size_t slots_ = 0;
  std::vector<std::vector<double>> inputs_;  // patients x coordinates
  std::vector<Curves> encrypted_;
};

void print(const nlohmann::json& j) {
  const auto number = [&](const char* key) { return j.at(key).get<double>(); };
  std::printf(
      "%s: %zu patients, %zu private inputs, %zu values each from %zu results\n"
      "  compile %.0f s; encrypt %.2f s; encrypted %.2f s; open %.2f s; up %.1f MB, down %.1f MB\n"
      "  CVODE (rtol 1e-6) %.2f s: encrypted takes %.2f of it; surrogate in the clear %.2f s\n"
      "  error over the patient's own peak: median %.1e, 99 %% %.1e, worst %.1e; against the clear "
      "circuit %.1e\n",
      j.at("case").get<std::string>().c_str(), j.at("patients").get<std::size_t>(),
      j.at("private_inputs").get<std::size_t>(), j.at("values_a_patient").get<std::size_t>(),
      j.at("results").get<std::size_t>(), number("compile_seconds"), number("encrypt_seconds"),
      number("encrypted_seconds"), number("open_seconds"), number("upload_bytes") / 1e6,
      number("download_bytes") / 1e6, number("cvode_seconds"),
      number("encrypted_seconds") / number("cvode_seconds"), number("surrogate_seconds"),
      number("error_p50"), number("error_p99"), number("error_max"), number("encrypted_vs_clear"));
}

int run(int argc, char** argv) {
  CLI::App app{"A cohort under encryption beside CVODE"};
  std::string chosen = "all", models = "models", programs;
  std::size_t patients = 16'384;
  std::uint64_t seed = 2026;
  bool json = false;
  app.add_option("--case", chosen)->check(CLI::IsMember({"vancomycin", "heart", "pbpk", "all"}));
  app.add_option("--models", models);
  app.add_option("--programs", programs);
  app.add_option("--patients", patients)->check(CLI::Range(1, 1 << 20));
  app.add_option("--seed", seed);
  app.add_flag("--json", json);
  CLI11_PARSE(app, argc, argv);
  if (std::getenv("SALUS_THREADS") == nullptr) set_thread_count(2);
  nlohmann::json all = nlohmann::json::array();
  for (Case& one : cases()) {
    if (chosen != "all" && chosen != one.name) continue;
    all.push_back(CohortBench(one, models, programs, patients, seed).run());
    if (!json) print(all.back());
  }
  if (json) std::printf("%s\n", all.dump(2).c_str());
  // Not a measurement: what is faster but wrong does not count.
  for (const nlohmann::json& each : all) {
    if (each.at("encrypted_vs_clear").get<double>() > 1e-4) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace salus

int main(int argc, char** argv) {
  try {
    return salus::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_cohort: %s\n", e.what());
    return 1;
  }
}
