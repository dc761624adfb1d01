// `salus model certify`: what a program of this model would cost and how far off it would be.
#include <fmt/format.h>

#include "analysis/simulate.h"
#include "catalogue.h"
#include "command.h"
#include "model_text.h"
#include "program_text.h"
#include "terminal.h"

namespace salus::cli {
namespace {

using nlohmann::json;

struct CertifyOptions {
  std::string model;
  double tolerance = compiler::CompileOptions::kDefaultTolerance;
  int threads = 2;
};

Result<Answer> certify(const Common& common, const CertifyOptions& options) {
  const Result<model::Model> model = find_model(common, options.model);
  if (!model) return model.error();
  analysis::SimulateQuestion question = analysis::standard_question(*model);
  question.tolerance = options.tolerance;
  Progress progress("certify " + model->name, common.silent());
  std::vector<compiler::FamilyOption> families;
  analysis::SimulateOptions how;
  how.threads = options.threads;
  how.explanation = &families;
  how.progress = [&](std::string_view stage, double fraction) { progress.show(fraction, stage); };
  const Result<program::Program> compiled = analysis::simulate(*model, question, how);
  if (!compiled) return with_families(compiled.error(), families);
  const program::Certificate& c = compiled->certificate;
  progress.finish(fmt::format("worst held-out error {:.1e} of the peak", c.population_max));

  Answer answer;
  answer.text = fmt::format("{}: {}\n\n", model->name, model->title) + families_text(families) +
                "\n" + certificate_text(*compiled);
  answer.json = {{"model", model->name},
                 {"model_digest", model->digest},
                 {"families", to_json(families)},
                 {"certificate", to_json(c)},
                 {"inputs", compiled->inputs.size()},
                 {"outputs", compiled->output.outputs.size()},
                 {"functions", compiled->readout.constants.begin()->second.columns},
                 {"modes", compiled->output.modes.columns}};
  return answer;
}

}  // namespace

void add_certify_command(Commands& commands, CLI::App* noun) {
  const auto options = std::make_shared<CertifyOptions>();
  const Common& common = commands.common();
  CLI::App* verb =
      commands.verb(noun, "certify", "Compile a model's standard question: families, cost, error",
                    [=, &common] { return certify(common, *options); });
  verb->add_option("MODEL", options->model, "File, or name in the catalogue")->required();
  verb->add_option("--tolerance", options->tolerance,
                   "Share of the peak that 99 % of errors must keep to")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--threads", options->threads, "Threads")->check(CLI::Range(1, 256));
  commands.add_models_option(verb);
}

}  // namespace salus::cli
