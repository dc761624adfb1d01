// salus model simulate: curves in the clear, of a plan of doses or of an event table.
#include <fmt/format.h>

#include "base/file.h"
#include "catalogue.h"
#include "event_simulation.h"
#include "ingest/csv.h"
#include "model/links.h"
#include "model_text.h"

namespace salus::cli {
namespace {

using nlohmann::json;

struct SimulateOptions {
  std::string model;
  std::string features;
  std::vector<std::string> set;
  double dose = 0;
  double interval_h = 0;
  int count = 1;
  double infusion_h = 0;
  double until_h = 24;
  double step_h = 0.5;
  std::string events;
  std::string id;
};

Result<model::Values> chosen_values(const model::Model& m, const SimulateOptions& options) {
  model::Values values;
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

Result<std::vector<double>> grid(const SimulateOptions& options) {
  if (!(options.step_h > 0) || !(options.until_h > 0) || options.until_h / options.step_h > 1e5) {
    return Error{ErrorCode::kInvalidArgument,
                 "--until and --step: expected 1 to 100000 steps of a positive length"};
  }
  std::vector<double> times;
  for (int i = 0; i * options.step_h <= options.until_h * (1 + 1e-12); ++i) {
    times.push_back(i * options.step_h);
  }
  return times;
}

Answer answer_of(const model::Model& m, const std::vector<double>& times,
                 const model::Curves& curves) {
  const model::Output& first = m.outputs.front();
  Answer answer{"time_h",
                {{"model", m.name},
                 {"output", first.name},
                 {"unit", first.unit},
                 {"times_h", times},
                 {"values", curves.front()},
                 {"outputs", json::object()}}};
  for (std::size_t o = 0; o < curves.size(); ++o) {
    answer.text += "," + m.outputs[o].name;
    answer.json["outputs"][m.outputs[o].name] = {{"unit", m.outputs[o].unit},
                                                 {"values", curves[o]}};
  }
  answer.text += "\n";
  for (std::size_t i = 0; i < times.size(); ++i) {
    answer.text += fmt::format("{:g}", times[i]);
    for (const auto& curve : curves) answer.text += fmt::format(",{:.9g}", curve[i]);
    answer.text += "\n";
  }
  return answer;
}

Result<Answer> simulate(const Common& common, const SimulateOptions& options) {
  const Result<model::Model> found = find_model(common, options.model);
  if (!found) return found.error();
  const Result<model::Values> chosen = chosen_values(*found, options);
  if (!chosen) return chosen.error();
  if (!options.events.empty()) {
    return simulate_events(*found, *chosen, {options.events, options.id});
  }
  const auto times = grid(options);
  if (!times) return times.error();
  model::Values values = *chosen;
  for (const model::Parameter& p : found->parameters) values.emplace(p.name, p.typical);
  std::vector<model::Dose> doses;
  if (options.dose != 0) {
    doses = model::repeated_dose(options.dose, 0, options.interval_h, options.count,
                                 options.infusion_h);
  }
  auto curves = model::reference_curves(*found, values, doses, *times);
  if (!curves) return curves.error();
  model::apply_links(*found, *curves);
  return answer_of(*found, *times, *curves);
}

}  // namespace

void add_simulate_command(Commands& commands, CLI::App* noun) {
  const auto options = std::make_shared<SimulateOptions>();
  const Common& common = commands.common();
  CLI::App* verb =
      commands.verb(noun, "simulate", "Solve in the clear with CVODE; CSV on standard output",
                    [=, &common] { return simulate(common, *options); });
  verb->add_option("MODEL", options->model, "File, or name in the catalogue")->required();
  verb->add_option("--features", options->features, "Features of a person (JSON)");
  verb->add_option("--set", options->set, "NAME=NUMBER in the model's unit; default: typical");
  CLI::Option* dose =
      verb->add_option("--dose", options->dose, "Amount of one dose, in the model's unit");
  verb->add_option("--interval", options->interval_h, "Hours between doses")->needs(dose);
  verb->add_option("--count", options->count, "How many doses")->capture_default_str()->needs(dose);
  verb->add_option("--infusion", options->infusion_h, "Hours that a dose takes")
      ->capture_default_str()
      ->needs(dose);
  verb->add_option("--until", options->until_h, "Last time in hours")->capture_default_str();
  verb->add_option("--step", options->step_h, "Hours between points")->capture_default_str();
  CLI::Option* events =
      verb->add_option("--events", options->events,
                       "CSV as NONMEM reads it (ID, TIME, AMT, ...): doses and times from there")
          ->excludes(dose);
  verb->add_option("--id", options->id, "One subject of the event table; default: all")
      ->needs(events);
  commands.add_models_option(verb);
}

}  // namespace salus::cli
