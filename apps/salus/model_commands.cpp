// salus model: what a model says, whether it holds, one person's parameters.
#include <fmt/format.h>

#include <cmath>

#include "base/file.h"
#include "catalogue.h"
#include "model/box.h"
#include "model/fit.h"
#include "model/oracle.h"
#include "model/reference.h"
#include "model/sbml.h"
#include "model_text.h"

namespace salus::cli {
namespace {

using nlohmann::json;

struct ModelOptions {
  std::string model;
  std::string output;
  TableOptions table;
};

Result<Answer> show(const Common& common, const ModelOptions& options) {
  const Result<model::Model> found = find_model(common, options.model);
  if (!found) return found.error();
  return Answer{describe(*found), as_json(*found)};
}

Result<Answer> list(const Common& common) {
  const auto files = list_models(common);
  if (!files) return files.error();
  Answer answer{{}, {{"models", json::array()}}};
  for (const auto& file : *files) {
    const Result<model::Model> found = load_model_file(file);
    if (!found) return found.error();
    answer.text += fmt::format("{:<20} {}\n", found->name, found->title);
    answer.json["models"].push_back(
        {{"name", found->name}, {"title", found->title}, {"file", file.string()}});
  }
  return answer;
}

/// The two solvers on the typical patient: largest difference over the largest value.
Result<double> solver_difference(const model::Model& m) {
  const Result<model::Values> values = model::complete(m, [&] {
    model::Values typical;
    for (const model::Parameter& p : m.parameters) typical[p.name] = p.typical;
    return typical;
  }());
  if (!values) return values.error();
  std::vector<double> times;
  for (int i = 0; i <= 96; ++i) times.push_back(m.surrogate.horizon_h * i / 96);
  std::vector<model::Dose> doses;
  if (m.takes_doses()) doses = {{0, model::standard_dose(m), m.surrogate.infusion_h}};
  const auto reference = model::reference_curve(m, *values, doses, times);
  if (!reference) return reference.error();
  const auto all = model::fast_curves(m, *values, doses, times);
  if (!all) return all.error();
  const auto* fast = &all->front();
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    largest = std::max(largest, std::abs((*reference)[i]));
    difference = std::max(difference, std::abs((*reference)[i] - (*fast)[i]));
  }
  return largest > 0 ? difference / largest : difference;
}

std::string check_text(const model::Model& m, const model::BoxReport& box,
                       const std::vector<model::OracleResult>& oracle, double difference) {
  std::string text = fmt::format("\nfine: {}\n", m.file.empty() ? m.name : m.file);
  text += "  formulas   units agree; every symbol is defined above its use\n";
  text += fmt::format("  box        finite at {} points: typical, {} corners, {} samples",
                      box.points, box.corners, box.points - box.corners - 1);
  if (box.solved > 0) {
    text += fmt::format("; {} of them solved over {:g} h", box.solved, m.surrogate.horizon_h);
  }
  text += "; no divisor changes its sign\n";
  if (!m.states.empty() && model::LinearSolver::make(m)) {
    text += fmt::format("  solvers    CVODE and the propagator agree to {:.1e} of the peak\n",
                        difference);
  } else if (!m.states.empty()) {
    text += "  solvers    CVODE alone: the model is not linear in its states and doses\n";
  }
  std::vector<std::vector<std::string>> rows;
  for (const model::OracleResult& r : oracle) {
    rows.push_back({"  oracle", r.oracle->description,
                    fmt::format("expected {:.7g}", r.oracle->expected),
                    fmt::format("got {:.7g}", r.found), fmt::format("within {:.2g}", r.allowed)});
  }
  text += columns(rows, "     ");
  for (const std::string& note : box.notes) text += "  note       " + note + "\n";
  return text + "the certificate of a question comes with: salus program build QUESTION.toml\n";
}

Result<Answer> check_model(const Common& common, const ModelOptions& options) {
  const Result<std::filesystem::path> file = find_model_file(common, options.model);
  if (!file) return file.error();
  const Result<model::Model> found = load_model_file(*file);
  if (!found) return found.error();
  const Result<model::BoxReport> box = model::check_box(*found);
  if (!box) return box.error();
  const auto oracle = model::run_oracles(*found);
  if (!oracle) return oracle.error();
  // SBML has no place for published values; the suite's cases stand in for the reader as a whole.
  if (!model::is_sbml_path(*file)) {
    if (const Status same = model::all_reproduced(*found, *oracle); !same) return same.error();
  }
  const Result<double> difference = solver_difference(*found);
  if (!difference) return difference.error();
  Answer answer{describe(*found) + check_text(*found, *box, *oracle, *difference), as_json(*found)};
  answer.json["solver_difference"] = *difference;
  answer.json["oracle_cases"] = found->oracle.size();
  for (std::size_t i = 0; i < oracle->size(); ++i) {
    const model::OracleResult& r = (*oracle)[i];
    answer.json["oracle"][i]["got"] = r.found;
    answer.json["oracle"][i]["allowed"] = r.allowed;
    answer.json["oracle"][i]["reproduced"] = r.reproduced;
  }
  answer.json["box"] = {{"points", box->points},
                        {"corners", box->corners},
                        {"solved", box->solved},
                        {"stiffness", box->stiffness},
                        {"notes", box->notes}};
  return answer;
}

ingest::Features features_of(const model::Model& m, const ingest::Subject& subject,
                             const model::Fit& fit) {
  ingest::Features features;
  features.subject = subject.id;
  features.model = m.name;
  features.weight_kg = subject.weight_kg;
  features.dose_mg = subject.dose_mg;
  std::string names;
  for (const model::Parameter* p : m.private_parameters()) {
    const auto value = fit.values.find(p->name);
    if (value == fit.values.end()) continue;
    features.values.push_back({p->name, value->second, p->unit});
    names += (names.empty() ? "" : ", ") + p->name;
  }
  features.origin =
      fmt::format("{} were fitted on this device to the subject's own {} measurements.", names,
                  subject.observations.size());
  return features;
}

Result<Answer> fit_subject(const Common& common, const ModelOptions& options) {
  const Result<model::Model> found = find_model(common, options.model);
  if (!found) return found.error();
  const Result<ingest::Subject> subject = load_subject(options.table, found->outputs.front().unit);
  if (!subject) return subject.error();
  if (!(subject->dose_mg > 0)) {
    return Error{ErrorCode::kInvalidArgument, options.table.csv + ": no dose of subject " +
                                                  subject->id +
                                                  "; map its column with --map dose=COLUMN:mg"};
  }
  model::FitRequest request;
  request.doses = {{0, subject->dose_mg, 0}};
  for (const auto& o : subject->observations) request.observations.push_back({o.time_h, o.value});
  const Result<model::Fit> fit = model::fit(*found, request);
  if (!fit) return fit.error();
  const ingest::Features features = features_of(*found, *subject, *fit);
  const std::string text = ingest::print_features(features);

  Answer answer{{},
                {{"features", json::parse(text)}, {"rmse", fit->rmse}, {"at_edge", fit->at_edge}}};
  answer.text = fmt::format("subject {} ({:.1f} mg, {} measurements):", subject->id,
                            subject->dose_mg, subject->observations.size());
  for (const ingest::Feature& f : features.values) {
    answer.text += fmt::format(" {} {:.4g} {}", f.name, f.value, f.unit);
  }
  answer.text += fmt::format("; residual RMSE {:.3f} {}\n", fit->rmse, found->outputs.front().unit);
  for (const std::string& name : fit->at_edge) {
    answer.text +=
        "note: " + name + " lies at the edge of the certified box; the fit is held there\n";
  }
  if (options.output.empty()) {
    answer.text += text;
    return answer;
  }
  if (const Status saved = write_file(options.output, as_bytes(text), FileMode::kOwnerOnly);
      !saved) {
    return saved.error();
  }
  answer.json["file"] = options.output;
  return answer;
}

}  // namespace

void add_model_commands(Commands& commands) {
  const auto options = std::make_shared<ModelOptions>();
  const Common& common = commands.common();
  CLI::App* noun = commands.noun("model", "Models: read, check, solve and fit in the clear");

  CLI::App* verb = commands.verb(noun, "check", "Read a model, compare its solvers, print its box",
                                 [=, &common] { return check_model(common, *options); });
  verb->add_option("MODEL", options->model, "File, or name in the catalogue")->required();
  commands.add_models_option(verb);

  verb = commands.verb(noun, "show", "Print parameters, boxes and equations",
                       [=, &common] { return show(common, *options); });
  verb->add_option("MODEL", options->model, "File, or name in the catalogue")->required();
  commands.add_models_option(verb);

  verb = commands.verb(noun, "list", "The catalogue", [&common] { return list(common); });
  commands.add_models_option(verb);

  add_simulate_command(commands, noun);
  add_certify_command(commands, noun);
  add_model_file_commands(commands, noun);

  verb = commands.verb(noun, "fit", "Fit a person's parameters to their own measurements",
                       [=, &common] { return fit_subject(common, *options); });
  verb->add_option("MODEL", options->model, "File, or name in the catalogue")->required();
  add_table_options(verb, options->table, "--data", true);
  verb->add_option("-o,--output", options->output, "Write the features here (JSON, owner only)");
  commands.add_models_option(verb);
}

}  // namespace salus::cli
