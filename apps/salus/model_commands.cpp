// salus model: what a model says, what it computes in the clear, one person's parameters.
#include <fmt/format.h>

#include <cmath>

#include "base/file.h"
#include "catalogue.h"
#include "ingest/csv.h"
#include "model/fit.h"
#include "model/oracle.h"
#include "model/reference.h"
#include "model/sbml.h"
#include "terminal.h"

namespace salus::cli {
namespace {

using nlohmann::json;

struct ModelOptions {
  std::string model;
  std::string features;
  std::vector<std::string> set;
  double dose = 0;
  double interval_h = 0;
  int count = 1;
  double infusion_h = 0;
  double until_h = 24;
  double step_h = 0.5;
  std::string output;
  TableOptions table;
};

json to_json(const model::Parameter& p) {
  return {{"name", p.name},       {"unit", p.unit}, {"description", p.description}, {"low", p.low},
          {"typical", p.typical}, {"high", p.high}, {"private", p.is_private}};
}

std::string describe(const model::Model& m) {
  std::string text = fmt::format("{}: {}\n{}\n\n", m.name, m.title, m.description);
  text += fmt::format("  {:<8} {:<8} {:>10} {:>10} {:>10}  {}\n", "name", "unit", "low", "typical",
                      "high", "meaning");
  for (const model::Parameter& p : m.parameters) {
    text += fmt::format("  {:<8} {:<8} {:>10.4g} {:>10.4g} {:>10.4g}  {}{}\n", p.name, p.unit,
                        p.low, p.typical, p.high, p.description, p.is_private ? "" : " (public)");
  }
  text += "\n" + m.formula_text() + "\n\n" + m.citation + "\n";
  return text;
}

json as_json(const model::Model& m) {
  json node = {{"name", m.name},
               {"title", m.title},
               {"digest", m.digest},
               {"citation", m.citation},
               {"formula", m.formula_text()},
               {"description", m.description},
               {"output", {{"name", m.outputs.front().name}, {"unit", m.outputs.front().unit}}},
               {"parameters", json::array()}};
  for (const model::Parameter& p : m.parameters) node["parameters"].push_back(to_json(p));
  return node;
}

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
  const int count = m.takes_doses() ? 1 : 0;
  const auto doses = model::repeated_dose(100, 0, 0, count, m.surrogate.infusion_h);
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

Result<Answer> check_model(const Common& common, const ModelOptions& options) {
  const Result<std::filesystem::path> file = find_model_file(common, options.model);
  if (!file) return file.error();
  const Result<model::Model> found = load_model_file(*file);
  if (!found) return found.error();
  // SBML has no place for published values; the suite's cases stand in for the reader as a whole.
  if (!model::is_sbml_path(*file)) {
    if (const Status same = model::reproduce_oracles(*found); !same) return same.error();
  }
  const Result<double> difference = solver_difference(*found);
  if (!difference) return difference.error();
  Answer answer{describe(*found), as_json(*found)};
  answer.text += fmt::format(
      "\nfine: {} states, {} private parameters, {} oracle cases; the reference (CVODE) and the "
      "fast "
      "solver agree to {:.1e} of the peak\nthe certificate of a question comes with: salus program "
      "build QUESTION.toml\n",
      found->states.size(), found->private_parameters().size(), found->oracle.size(), *difference);
  answer.json["solver_difference"] = *difference;
  answer.json["oracle_cases"] = found->oracle.size();
  return answer;
}

Result<model::Values> chosen_values(const model::Model& m, const ModelOptions& options) {
  model::Values values;
  for (const model::Parameter& p : m.parameters) values[p.name] = p.typical;
  if (!options.features.empty()) {
    const Result<ingest::Features> features = load_features(options.features);
    if (!features) return features.error();
    std::vector<program::Parameter> wanted;
    for (const model::Parameter& p : m.parameters) {
      program::Parameter parameter;
      parameter.name = p.name;
      parameter.unit = p.unit;
      wanted.push_back(parameter);
    }
    const auto converted = ingest::to_parameters(*features, wanted);
    if (!converted) return converted.error();
    for (const program::NamedValue& value : *converted) values[value.name] = value.value;
  }
  for (const std::string& text : options.set) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      return Error{ErrorCode::kInvalidArgument, "--set " + text + ": expected NAME=NUMBER"};
    }
    const Result<double> number = ingest::parse_number(text.substr(equals + 1), 1, text);
    if (!number) {
      return Error{ErrorCode::kInvalidArgument, "--set " + text + ": not a finite number"};
    }
    values[text.substr(0, equals)] = *number;
  }
  return values;
}

Result<Answer> simulate(const Common& common, const ModelOptions& options) {
  const Result<model::Model> found = find_model(common, options.model);
  if (!found) return found.error();
  const Result<model::Values> values = chosen_values(*found, options);
  if (!values) return values.error();
  if (!(options.step_h > 0) || !(options.until_h > 0) || options.until_h / options.step_h > 1e5) {
    return Error{ErrorCode::kInvalidArgument,
                 "--until and --step: expected 1 to 100000 steps of a positive length"};
  }
  std::vector<double> times;
  for (int i = 0; i * options.step_h <= options.until_h * (1 + 1e-12); ++i) {
    times.push_back(i * options.step_h);
  }
  const int count = options.dose == 0 ? 0 : options.count;  // 0: a model that takes none
  const auto doses =
      model::repeated_dose(options.dose, 0, options.interval_h, count, options.infusion_h);
  const auto curve = model::reference_curve(*found, *values, doses, times);
  if (!curve) return curve.error();
  const model::Output& output = found->outputs.front();
  Answer answer{"time_h," + output.name + "\n",
                {{"model", found->name},
                 {"output", output.name},
                 {"unit", output.unit},
                 {"times_h", times},
                 {"values", *curve}}};
  for (std::size_t i = 0; i < times.size(); ++i) {
    answer.text += fmt::format("{:g},{:.9g}\n", times[i], (*curve)[i]);
  }
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

  verb = commands.verb(noun, "simulate", "Solve in the clear with CVODE; CSV on standard output",
                       [=, &common] { return simulate(common, *options); });
  verb->add_option("MODEL", options->model, "File, or name in the catalogue")->required();
  verb->add_option("--features", options->features, "Features of a person (JSON)");
  verb->add_option("--set", options->set, "NAME=NUMBER in the model's unit; default: typical");
  verb->add_option("--dose", options->dose, "Amount of one dose, in the model's unit");
  verb->add_option("--interval", options->interval_h, "Hours between doses");
  verb->add_option("--count", options->count, "How many doses")->capture_default_str();
  verb->add_option("--infusion", options->infusion_h, "Hours that a dose takes")
      ->capture_default_str();
  verb->add_option("--until", options->until_h, "Last time in hours")->capture_default_str();
  verb->add_option("--step", options->step_h, "Hours between points")->capture_default_str();
  commands.add_models_option(verb);

  verb = commands.verb(noun, "fit", "Fit a person's parameters to their own measurements",
                       [=, &common] { return fit_subject(common, *options); });
  verb->add_option("MODEL", options->model, "File, or name in the catalogue")->required();
  add_table_options(verb, options->table, "--data", true);
  verb->add_option("-o,--output", options->output, "Write the features here (JSON, owner only)");
  commands.add_models_option(verb);
}

}  // namespace salus::cli
