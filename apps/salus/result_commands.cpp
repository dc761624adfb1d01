// salus result: decrypt on the owner's device, compare, report.
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "catalogue.h"
#include "client/cohort.h"
#include "client/report.h"
#include "client/result.h"
#include "client/verification.h"
#include "ingest/unit.h"
#include "model/reference.h"
#include "terminal.h"

namespace salus::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct ResultOptions {
  std::string file;
  std::string key;
  std::string program;
  std::string features;
  std::string patients;
  std::string run;
  std::string reference;
  std::string output;
  bool unverified = false;
  std::vector<std::string> parts;
  TableOptions measured;
};

Result<client::ReportBasis> basis_of(const LoadedProgram& loaded) {
  const program::Program& p = loaded.program;
  const circuit::Chain& chain = p.basis.circuit.chain;
  const Result<ckks::ParametersPtr> params = client::parameters_of(chain);
  if (!params) return params.error();
  return client::ReportBasis{.program_name = p.name,
                             .program_digest = loaded.digest.hex(),
                             .model = p.model,
                             .question = p.question,
                             .formula = p.formula,
                             .citation = p.citation,
                             .parameters = p.parameters,
                             .inputs = p.inputs,
                             .output = p.output,
                             .certificate = p.certificate,
                             .security_bits = 128,  // parameters_of accepts nothing below
                             .log_n = chain.log_n,
                             .log_qp = (*params)->log_qp(),
                             .prime_count = static_cast<int>(chain.q.size() + chain.p.size())};
}

/// What the workspace knows about the run and its twin.
Status add_run(const Common& common, const std::string& id, const LoadedProgram& loaded,
               const client::KeyFile& key, client::SubjectReport& subject) {
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const Result<client::RunRecord> run = workspace->run(id);
  if (!run) return run.error();
  if (run->program != loaded.digest.hex()) {
    return Error{ErrorCode::kMismatch, "run " + id + " executed program " +
                                           run->program.substr(0, 16) + ", the given file is " +
                                           loaded.digest.hex().substr(0, 16)};
  }
  if (run->key_id != key.id) {
    return Error{ErrorCode::kMismatch, "run " + id + " belongs to key " +
                                           run->key_id.substr(0, 16) + ", the given file holds " +
                                           key.id.substr(0, 16)};
  }
  subject.run_id = id;
  subject.server_seconds = run->last.server_seconds;
  subject.basis_seconds = run->last.basis_seconds;
  subject.readout_seconds = run->last.readout_seconds;
  subject.encode_seconds = run->last.encode_seconds;
  subject.basis_reused = run->last.basis_reused;
  if (const auto twin = workspace->twin(run->twin)) {
    subject.upload_bytes = twin->upload_bytes();
    subject.key_bytes = twin->key_bytes();
    subject.ciphertext_bytes = twin->ciphertext_bytes;
  }
  return {};
}

/// The receipt beside a result, checked before anything is decrypted. Empty where the user goes on
/// without.
Result<std::optional<client::VerifiedReceipt>> receipt_of(const Common& common,
                                                          const ResultOptions& options,
                                                          ByteView result) {
  using Found = std::optional<client::VerifiedReceipt>;
  if (options.unverified) return Found();
  const std::string path = client::receipt_file(options.file);
  const Result<std::string> proof = read_text_file(path, tlog::kMaxProofBytes);
  if (!proof) {
    return Error{
        proof.error().code == ErrorCode::kNotFound ? ErrorCode::kCorrupt : proof.error().code,
        options.file + " has no receipt (" + path +
            "), so it may be anything: fetch it with salus run fetch, or give"
            " --unverified"};
  }
  const Result<tlog::LogProof> read = tlog::parse_proof(*proof);
  if (!read) return about(path, read.error());
  const auto receipt = receipt::parse_receipt(as_text(read->extra.value_or(Bytes())));
  if (!receipt) return about(path, receipt.error());
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const Result<client::RunRecord> run = workspace->run(receipt->run);
  if (!run) return about(path, run.error());
  auto verified = client::check_receipt(*workspace, *run, *proof, sha256(result));
  if (!verified) return about(path, verified.error());
  if (!options.run.empty() && options.run != receipt->run) {
    return Error{ErrorCode::kMismatch,
                 path + " is about run " + receipt->run + ", not " + options.run};
  }
  return Found(std::move(*verified));
}

Result<model::Curves> curves_of(const model::Model& model, const model::Values& given,
                                const program::Regimen& regimen,
                                const std::vector<double>& times_h) {
  model::Values set = given;
  for (const program::Setting& setting : regimen.settings) set[setting.name] = setting.value;
  std::vector<model::Dose> doses;
  if (regimen.dose != 0) {
    doses = model::repeated_dose(regimen.dose, regimen.start_h, regimen.interval_h, regimen.count,
                                 regimen.infusion_h);
  }
  return model::reference_curves(model, set, doses, times_h);
}

/// Largest difference from CVODE over all regimens, each over its own largest value.
Result<double> error_against_reference(const Common& common, const std::string& name,
                                       const program::Program& program,
                                       const std::vector<program::NamedValue>& values,
                                       const client::Opened& opened) {
  const Result<model::Model> model = find_model(common, name);
  if (!model) return model.error();
  if (model->digest != program.model_digest) {
    return Error{ErrorCode::kMismatch, "model " + name + " is " + model->digest.substr(0, 16) +
                                           ", the program was built from " +
                                           program.model_digest.substr(0, 16) +
                                           "; build the program again"};
  }
  model::Values given;
  for (const program::NamedValue& value : values) given[value.name] = value.value;
  double worst = 0;
  const std::size_t outputs = program.output.outputs.size();
  for (std::size_t r = 0; r < program.output.regimens.size(); ++r) {
    const program::Regimen& regimen = program.output.regimens[r];
    auto curves = curves_of(*model, given, regimen, program.output.times_h);
    if (!curves) return curves.error();
    if (!regimen.minus.empty()) {
      const auto other =
          curves_of(*model, given, *program.output.find(regimen.minus), program.output.times_h);
      if (!other) return other.error();
      for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t t = 0; t < (*curves)[o].size(); ++t) (*curves)[o][t] -= (*other)[o][t];
      }
    }
    for (std::size_t o = 0; o < outputs; ++o) {
      const std::size_t row = r * outputs + o;
      worst = std::max(worst, client::relative_error(opened.curves[row], (*curves)[o]));
    }
  }
  return worst;
}

/// The first regimen stands for the subject's own dose where the model is linear in the dose.
Status rescale_to_own_dose(const program::OutputGrid& output, double dose_mg,
                           client::SubjectReport& subject) {
  const program::Regimen& first = output.regimens.front();
  subject.dose = first.dose;
  if (!output.linear_in_dose || first.count != 1 || first.id != "given" || !(dose_mg > 0)) {
    return {};
  }
  const Result<double> dose = ingest::convert(dose_mg, "mg", output.dose_unit);
  if (!dose) return dose.error();
  subject.dose = *dose;
  subject.rescaled = *dose != first.dose;
  for (std::size_t r = 0; r < output.outputs.size(); ++r) {
    for (double& value : subject.curves[r]) value *= *dose / first.dose;
    subject.bands[r] *= *dose / first.dose;
  }
  return {};
}

Status add_measurements(const TableOptions& table, const program::OutputGrid& output,
                        client::SubjectReport& subject) {
  TableOptions chosen = table;
  if (chosen.subject.empty()) chosen.subject = subject.id;
  const Result<ingest::Subject> measured = load_subject(chosen, output.outputs.front().unit);
  if (!measured) return measured.error();
  if (output.times_h.size() < 2) {
    return Error{ErrorCode::kInvalidArgument,
                 "the program gives single values; measurements are compared with curves only"};
  }
  subject.measured = measured->observations;
  if (subject.weight_kg == 0) subject.weight_kg = measured->weight_kg;
  const client::Residuals residuals =
      client::compare({output.times_h, subject.curves.front()}, subject.measured);
  subject.rmse_measured = residuals.rmse;
  subject.measured_outside = residuals.outside;
  return {};
}

Result<client::Report> open_report(const Common& common, const ResultOptions& options) {
  const Result<LoadedProgram> loaded = load_program(options.program);
  if (!loaded) return loaded.error();
  const Result<client::KeyFile> key = client::load_key(options.key);
  if (!key) return key.error();
  const Result<ingest::Features> features = load_features(options.features);
  if (!features) return features.error();
  const auto values = ingest::to_parameters(*features, loaded->program.parameters);
  if (!values) return about(options.features, values.error());
  const Result<Bytes> result = read_file(options.file, 256u << 20);
  if (!result) return result.error();
  const auto receipt = receipt_of(common, options, *result);
  if (!receipt) return receipt.error();

  client::SubjectReport subject;
  if (*receipt) {
    subject.log = (*receipt)->log;
    subject.log_entry = (*receipt)->entry;
  }
  subject.id = features->subject.empty() ? "1" : features->subject;
  if (!options.run.empty()) {
    if (const Status fine = add_run(common, options.run, *loaded, *key, subject); !fine) {
      return fine.error();
    }
  }
  const Result<client::Opened> opened = client::open_result(*result, *key, loaded->program);
  if (!opened) return about(options.file, opened.error());
  subject.weight_kg = features->weight_kg;
  subject.origin = features->origin;
  subject.features = features->values;
  subject.key_id = key->id;
  subject.result_bytes = result->size();
  Result<client::ReportBasis> basis = basis_of(*loaded);
  if (!basis) return basis.error();
  Result<std::vector<double>> bands = client::bands_of(*basis, opened->curves);
  if (!bands) return bands.error();
  subject.bands = std::move(bands).value();
  subject.curves = opened->curves;
  const Result<double> clear = client::error_against_clear(*opened, loaded->program, *values);
  if (!clear) return clear.error();
  subject.encrypted_vs_clear_error = *clear;
  if (!options.reference.empty()) {
    const Result<double> error =
        error_against_reference(common, options.reference, loaded->program, *values, *opened);
    if (!error) return error.error();
    subject.max_rel_error = *error;
  }
  const program::OutputGrid& output = loaded->program.output;
  Status fine = program::apply_links(output, subject.curves);
  if (fine) fine = rescale_to_own_dose(output, features->dose_mg, subject);
  if (!fine) return fine.error();
  if (!options.measured.csv.empty()) {
    if (fine = add_measurements(options.measured, output, subject); !fine) return fine.error();
  }
  client::Report report{std::move(basis).value(), utc_now(), {subject}};
  client::round_curves(report);
  return report;
}

/// results.json (with curves in a whole one), curves.csv and report.html in a folder: all whole or
/// absent, readable by their owner only.
Status write_report(const fs::path& folder, const client::Report& report, client::Detail detail) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return io_error("cannot create", folder, failed.value());
  const std::pair<const char*, std::string> files[] = {
      {detail == client::Detail::kWhole ? "result.json" : "results.json",
       client::print_json(report, detail)},
      {"curves.csv", client::print_csv(report)},
      {"report.html", client::print_html(report)}};
  for (const auto& [name, text] : files) {
    const Status saved = write_file(folder / name, as_bytes(text), FileMode::kOwnerOnly);
    if (!saved) return saved;
  }
  return {};
}

std::string line_of(const client::SubjectReport& s, const std::string& unit) {
  const auto or_dash = [](const std::optional<double>& value, const char* format) {
    return value ? fmt::format(fmt::runtime(format), *value) : std::string("-");
  };
  return fmt::format("{:>7}  {:>9}  {:>8.2f}  {:>10}  {:>10.1e}  {:>10} {}\n", s.id,
                     human_bytes(s.upload_bytes), s.server_seconds,
                     or_dash(s.max_rel_error, "{:.1e}"), s.encrypted_vs_clear_error,
                     or_dash(s.rmse_measured, "{:.3f}"), unit);
}

std::string table_of(const client::Report& report) {
  std::string text = "subject     upload  server s  vs CVODE    vs clear    RMSE measured\n";
  std::size_t unverified = 0;
  for (const auto& subject : report.subjects) {
    text += line_of(subject, report.basis.output.outputs.front().unit);
    unverified += subject.log.empty() ? 1 : 0;
  }
  if (unverified > 0) {
    text += fmt::format("UNVERIFIED: {} of {} results were opened without a receipt\n", unverified,
                        report.subjects.size());
  }
  return text;
}

// A cohort has no report of its own: its curves and what most patients have.
Result<Answer> open_cohort(const Common& common, const ResultOptions& options) {
  if (!options.features.empty() || !options.reference.empty() || !options.measured.csv.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--patients goes without --features, --reference and --measured"};
  }
  const Result<LoadedProgram> loaded = load_program(options.program);
  if (!loaded) return loaded.error();
  const Result<client::KeyFile> key = client::load_key(options.key);
  if (!key) return key.error();
  const Result<ingest::Patients> patients = load_patients(options.patients, loaded->program);
  if (!patients) return patients.error();
  const Result<Bytes> result = read_file(options.file, 1u << 30);
  if (!result) return result.error();
  const auto receipt = receipt_of(common, options, *result);
  if (!receipt) return receipt.error();
  const auto curves = client::open_cohort(*result, *key, loaded->program, patients->ids.size());
  if (!curves) return about(options.file, curves.error());
  const program::OutputGrid& output = loaded->program.output;
  const client::Percentiles percentiles = client::percentiles_of(*curves);
  std::error_code failed;
  fs::create_directories(options.output, failed);
  if (failed) return io_error("cannot create", options.output, failed.value());
  const std::pair<const char*, std::string> files[] = {
      {"curves.csv", client::print_cohort_csv(output, patients->ids, *curves)},
      {"percentiles.csv",
       client::print_cohort_csv(output, {"p5", "p50", "p95"},
                                {percentiles.p5, percentiles.p50, percentiles.p95})}};
  for (const auto& [name, text] : files) {
    const Status saved =
        write_file(fs::path(options.output) / name, as_bytes(text), FileMode::kOwnerOnly);
    if (!saved) return saved.error();
  }
  const program::Certificate& c = loaded->program.certificate;
  const double band = c.box_max + c.noise_bound;
  Answer answer;
  answer.text = fmt::format("{} patients; a value is off by at most {:.1e} of its curve's peak\n",
                            patients->ids.size(), band);
  answer.text +=
      fmt::format("{:<32}  {:>10}  {:>10}  {:>10}\n", "largest value", "5 %", "50 %", "95 %");
  answer.json = {{"patients", patients->ids.size()},
                 {"error_bound", band},
                 {"verified", receipt->has_value()},
                 {"rows", json::array()}};
  const auto largest = [](const std::vector<double>& x) {
    return *std::max_element(x.begin(), x.end());
  };
  for (std::size_t r = 0; r < output.rows(); ++r) {
    const double p5 = largest(percentiles.p5[r]), p50 = largest(percentiles.p50[r]),
                 p95 = largest(percentiles.p95[r]);
    answer.text +=
        fmt::format("{:<32}  {:>10.4g}  {:>10.4g}  {:>10.4g}\n",
                    output.label_of(r) + " [" + output.output_of(r).unit + "]", p5, p50, p95);
    answer.json["rows"].push_back({{"regimen", output.regimen_of(r).id},
                                   {"output", output.output_of(r).name},
                                   {"unit", output.output_of(r).unit},
                                   {"p5", p5},
                                   {"p50", p50},
                                   {"p95", p95}});
  }
  answer.text += (fs::path(options.output) / "curves.csv").string() + "\n";
  return answer;
}

Result<Answer> open(const Common& common, const ResultOptions& options) {
  if (!options.patients.empty()) return open_cohort(common, options);
  if (options.features.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "give --features FILE of one patient or --patients FILE of a cohort"};
  }
  const Result<client::Report> report = open_report(common, options);
  if (!report) return report.error();
  if (const Status saved = write_report(options.output, *report, client::Detail::kWhole); !saved) {
    return saved.error();
  }
  Answer answer{table_of(*report),
                json::parse(client::print_json(*report, client::Detail::kSummary))};
  answer.text += fmt::format("{}\n", (fs::path(options.output) / "report.html").string());
  return answer;
}

Result<Answer> join(const ResultOptions& options) {
  std::vector<client::Report> parts;
  for (const std::string& path : options.parts) {
    const Result<std::string> text = read_text_file(path, client::kMaxReportBytes);
    if (!text) return text.error();
    Result<client::Report> part = client::parse_report(*text);
    if (!part) return about(path, part.error());
    parts.push_back(std::move(part).value());
  }
  const Result<client::Report> report = client::merge(parts);
  if (!report) return report.error();
  if (const Status saved = write_report(options.output, *report, client::Detail::kSummary);
      !saved) {
    return saved.error();
  }
  Answer answer{table_of(*report),
                json::parse(client::print_json(*report, client::Detail::kSummary))};
  answer.text += fmt::format("{}\n", (fs::path(options.output) / "report.html").string());
  return answer;
}

}  // namespace

void add_result_commands(Commands& commands) {
  const auto options = std::make_shared<ResultOptions>();
  const Common& common = commands.common();
  CLI::App* noun = commands.noun("result", "Results: open, compare, report");

  CLI::App* verb =
      commands.verb(noun, "open", "Decrypt a result; write result.json, curves.csv, report.html",
                    [=, &common] { return open(common, *options); });
  verb->add_option("RESULT", options->file, "Ciphertext, from run fetch")->required();
  verb->add_option("--key", options->key, "The twin's key file")->required();
  verb->add_option("--program", options->program, "Program that was run")->required();
  verb->add_option("--features", options->features, "The features that were encrypted");
  verb->add_option("--patients", options->patients,
                   "A cohort's table that was encrypted: writes curves.csv and percentiles.csv");
  verb->add_option("--run", options->run, "The run's id: adds upload and server figures");
  verb->add_option("--reference", options->reference, "Model to compare with, solved by CVODE");
  verb->add_option("-o,--output", options->output, "Folder of the report")->required();
  verb->add_flag("--unverified", options->unverified,
                 "Open a result without its receipt; the report says so");
  add_table_options(verb, options->measured, "--measured", false);
  commands.add_models_option(verb);
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "join", "One report of several opened results of one program",
                       [=] { return join(*options); });
  verb->add_option("RESULTS", options->parts, "result.json files")->required();
  verb->add_option("-o,--output", options->output, "Folder of the report")->required();
}

}  // namespace salus::cli
