// salus program: from a question to what a server runs.
#include <fmt/format.h>

#include "analysis/simulate.h"
#include "base/file.h"
#include "catalogue.h"
#include "client/key_file.h"
#include "client/twin.h"
#include "client/upload.h"
#include "program_text.h"
#include "runtime/memory.h"
#include "terminal.h"

namespace salus::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct ProgramOptions {
  std::string file;
  std::string output;
  std::string cache;
  std::string layout;
  int threads = 2;
  bool explain = false;
};

std::string cost_text(const program::Program& p, const ckks::Parameters& params,
                      const client::KeyPlan& plan, const client::InputSizes& inputs,
                      const runtime::MemoryEstimate& memory) {
  return fmt::format(
      "encryption: N = {}, log QP = {:.0f} bits, {} levels, 128-bit security\n"
      "stages: basis {} operations, readout {} operations\n"
      "a twin uploads {} evaluation keys ({}) and {} ciphertexts ({}), {} in all\n"
      "a run takes up to {} of a server's memory: keys {}, tables {}, values {}\n",
      params.ring_degree(), params.log_qp(), params.max_level(), p.basis.circuit.nodes.size(),
      p.readout.circuit.nodes.size(), plan.keys.size(), human_bytes(plan.bytes()), inputs.count,
      human_bytes(inputs.bytes), human_bytes(plan.bytes() + inputs.bytes),
      human_bytes(memory.total()), human_bytes(memory.keys), human_bytes(memory.tables),
      human_bytes(memory.values));
}

std::string schema_text(const program::Program& p) {
  std::string text = fmt::format("{}: {}\n\nasks for\n", p.name, p.question);
  for (const program::Parameter& q : p.parameters) {
    text += fmt::format("  {:<6} {:>9.4g} .. {:<9.4g} {:<6} {}\n", q.name, q.low, q.high, q.unit,
                        q.description);
  }
  text += "encrypts\n";
  for (const program::Input& i : p.inputs) {
    text += fmt::format("  {:<6} = {:<16} {:<6} {}\n", i.name, i.formula, i.unit, i.description);
  }
  text += "gives\n";
  for (const program::Output& o : p.output.outputs) {
    text += fmt::format("  {} ({}) {}\n", o.name, o.unit, o.description);
  }
  text += fmt::format(
      "  of {} regimens at {} times, {:g} to {:g} h{}{}\n", p.output.regimens.size(),
      p.output.times_h.size(), p.output.times_h.front(), p.output.times_h.back(),
      p.output.linear_in_dose ? "; linear in the dose" : "",
      p.output.modes.columns == 0
          ? ""
          : fmt::format("; as {} modes, expanded by the client", p.output.modes.columns));
  text += certificate_text(p);
  return text;
}

Result<Answer> describe(const program::Program& p, const Digest& digest, std::uint64_t bytes) {
  const Result<ckks::ParametersPtr> params = client::parameters_of(p.basis.circuit.chain);
  if (!params) return params.error();
  const Result<circuit::KeyRequirements> keys = client::key_requirements({p});
  if (!keys) return keys.error();
  const Result<client::KeyPlan> plan = client::plan_keys(**params, *keys);
  if (!plan) return plan.error();
  const client::InputSizes inputs = client::input_sizes(p, **params);
  const runtime::MemoryEstimate memory = runtime::estimate_memory(
      {p.basis.circuit, p.basis.constants}, {p.readout.circuit, p.readout.constants}, **params, 1);
  json parameters = json::array();
  for (const program::Parameter& q : p.parameters) {
    parameters.push_back({{"name", q.name},
                          {"unit", q.unit},
                          {"low", q.low},
                          {"typical", q.typical},
                          {"high", q.high}});
  }
  Answer answer;
  answer.text = schema_text(p) + cost_text(p, **params, *plan, inputs, memory) +
                fmt::format("digest {} ({})\n", digest.hex(), human_bytes(bytes));
  answer.json = {{"name", p.name},
                 {"digest", digest.hex()},
                 {"bytes", bytes},
                 {"model", p.model},
                 {"model_digest", p.model_digest},
                 {"question", p.question},
                 {"parameters", parameters},
                 {"regimens", p.output.regimens.size()},
                 {"times", p.output.times_h.size()},
                 {"basis_digest", p.basis.digest().hex()},
                 {"certificate", to_json(p.certificate)},
                 {"security_bits", 128},
                 {"ring_degree", (*params)->ring_degree()},
                 {"log_qp", (*params)->log_qp()},
                 {"evaluation_key_count", plan->keys.size()},
                 {"evaluation_key_bytes", plan->bytes()},
                 {"ciphertext_bytes", inputs.bytes},
                 {"upload_bytes", plan->bytes() + inputs.bytes},
                 {"server_memory_bytes",
                  {{"total", memory.total()},
                   {"keys", memory.keys},
                   {"tables", memory.tables},
                   {"values", memory.values}}}};
  return answer;
}

Result<Answer> show(const ProgramOptions& options) {
  const Result<LoadedProgram> loaded = load_program(options.file);
  if (!loaded) return loaded.error();
  return describe(loaded->program, loaded->digest, loaded->bytes.size());
}

struct Asked {
  std::string text;  // what the cache knows the question by
  analysis::SimulateQuestion question;
  model::Model model;
};

/// Names what a compiled program depends on: question, model and this very compiler.
std::string cache_name(const Asked& asked, const model::Model& model) {
  Bytes all;
  append(all, sha256(as_bytes(asked.text)).bytes);
  append(all, as_bytes(analysis::name_of(asked.question.layout)));
  append(all, as_bytes(model.digest));
  if (const Result<Bytes> self = read_file("/proc/self/exe", 1ull << 30)) {
    append(all, sha256(*self).bytes);
  }
  return sha256(all).hex() + ".program";
}

Result<Bytes> compile(const analysis::SimulateQuestion& question, const model::Model& model,
                      const ProgramOptions& options, bool silent,
                      std::vector<compiler::FamilyOption>& families) {
  Progress progress("compile " + question.model, silent);
  analysis::SimulateOptions how;
  how.threads = options.threads;
  how.explanation = &families;
  how.progress = [&](std::string_view stage, double fraction) { progress.show(fraction, stage); };
  const Result<program::Program> compiled = analysis::simulate(model, question, how);
  if (!compiled) return with_families(compiled.error(), families);
  progress.finish(fmt::format("certified, worst held-out error {:.1e} of the peak",
                              compiled->certificate.population_max));
  return program::serialize(*compiled);
}

/// A question file; or a model, which is asked its standard question.
Result<Asked> read_question(const Common& common, const std::string& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    const Result<model::Model> model = find_model(common, file);
    if (!model) {
      return Error{model.error().code,
                   "no question file " + file + ", and " + model.error().message};
    }
    return Asked{"standard question", analysis::standard_question(*model), *model};
  }
  const Result<std::string> text = read_text_file(file, 1u << 20);
  if (!text) return text.error();
  auto question = analysis::parse_question(*text, file);
  if (!question) return question.error();
  const Result<model::Model> model = find_model(common, question->model);
  if (!model) return model.error();
  question->model = model->name;  // also where the question named a file
  return Asked{*text, *question, *model};
}

Result<Answer> build(const Common& common, const ProgramOptions& options) {
  Result<Asked> asked = read_question(common, options.file);
  if (!asked) return asked.error();
  if (!options.layout.empty()) {
    const Result<program::Layout> layout = analysis::parse_layout(options.layout);
    if (!layout) return layout.error();
    asked->question.layout = *layout;
  }
  const analysis::SimulateQuestion* question = &asked->question;
  const model::Model* model = &asked->model;

  fs::path cache = options.cache;
  if (cache.empty()) cache = fs::path(common.workspace) / "cache";
  std::error_code failed;
  fs::create_directories(cache, failed);
  if (failed) return io_error("cannot create cache", cache, failed.value());
  const fs::path cached = cache / cache_name(*asked, *model);
  bool reused = false;
  Bytes bytes;
  std::vector<compiler::FamilyOption> families;
  // Families are worked out while compiling, so whoever asks for them has it done again.
  if (Result<Bytes> earlier = read_file(cached, program::kMaxProgramBytes);
      !options.explain && earlier && program::parse(*earlier)) {
    bytes = std::move(earlier).value();
    reused = true;
  } else {
    Result<Bytes> compiled = compile(*question, *model, options, common.silent(), families);
    if (!compiled) return compiled.error();
    bytes = std::move(compiled).value();
    if (const Status saved = write_file(cached, bytes); !saved) return saved.error();
  }
  if (const Status saved = write_file(options.output, bytes); !saved) return saved.error();
  const Result<program::Program> parsed = program::parse(bytes);
  if (!parsed) return parsed.error();
  Result<Answer> answer = describe(*parsed, sha256(bytes), bytes.size());
  if (!answer) return answer;
  answer->json["file"] = options.output;
  answer->json["from_cache"] = reused;
  answer->text = fmt::format("{} -> {}{}\n", options.file, options.output,
                             reused ? " (compiled before)" : "") +
                 answer->text;
  if (options.explain) {
    answer->text += "\n" + families_text(families);
    answer->json["families"] = to_json(families);
  }
  return answer;
}

Result<Answer> send(const Common& common, const ProgramOptions& options) {
  const Result<LoadedProgram> loaded = load_program(options.file);
  if (!loaded) return loaded.error();
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const Result<client::Limits> limits = server->api.limits();
  if (!limits) return limits.error();
  Progress progress("upload program", common.silent());
  const auto report = client::upload(
      server->api, *limits, loaded->bytes, client::ObjectKind::kProgram,
      [&](std::uint64_t done, std::uint64_t total) {
        progress.show(static_cast<double>(done) / static_cast<double>(total), human_bytes(total));
      });
  if (!report) return report.error();
  progress.finish(human_bytes(report->sent_bytes) + " sent");
  return Answer{fmt::format("program {} is on {}\n", loaded->digest.hex(), server->server),
                {{"digest", loaded->digest.hex()},
                 {"sent_bytes", report->sent_bytes},
                 {"skipped_bytes", report->skipped_bytes}}};
}

}  // namespace

void add_program_commands(Commands& commands) {
  const auto options = std::make_shared<ProgramOptions>();
  const Common& common = commands.common();
  CLI::App* noun = commands.noun("program", "Programs: compiled questions");

  CLI::App* verb = commands.verb(noun, "build", "Compile a question; certified and cached",
                                 [=, &common] { return build(common, *options); });
  verb->add_option("QUESTION", options->file,
                   "Question file (TOML), or a model in the catalogue for its standard question")
      ->required();
  verb->add_option("-o,--output", options->output, "Write the program here")->required();
  verb->add_flag("--explain", options->explain,
                 "Print what each family of programs would need and reach");
  verb->add_option("--layout", options->layout,
                   "basis (the server builds the basis functions), expanded (the client does) or "
                   "cohort (a patient a slot), instead of the question's");
  verb->add_option("--cache", options->cache, "Folder of compiled programs");
  verb->add_option("--threads", options->threads, "Threads")->check(CLI::Range(1, 256));
  commands.add_models_option(verb);
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "show", "Inputs, boxes, certificate, cost and key sizes",
                       [=] { return show(*options); });
  verb->add_option("PROGRAM", options->file, "Program file")->required();

  verb = commands.verb(noun, "upload", "Give a program to a server",
                       [=, &common] { return send(common, *options); });
  verb->add_option("PROGRAM", options->file, "Program file")->required();
  commands.add_server_options(verb);
}

}  // namespace salus::cli
