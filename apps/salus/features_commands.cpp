// salus features: a person's health record -> the numbers that a program asks for, on this device.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/file.h"
#include "command.h"
#include "ingest/date.h"
#include "ingest/fhir.h"
#include "terminal.h"

namespace salus::cli {
namespace {

struct FeaturesOptions {
  std::string file;
  std::string as_of;
  std::string program;
  std::string output;
  std::vector<std::string> given;  // "ACR=120 mg/g"
};

using ingest::Chosen;

/// "NAME=VALUE UNIT"
Result<Chosen> parse_given(const std::string& text) {
  const auto equals = text.find('='), space = text.find(' ', equals);
  Chosen out;
  double& value = out.feature.value;
  const bool whole = equals != std::string::npos && equals > 0 && space != std::string::npos;
  const char* end = text.data() + (whole ? space : 0);
  const auto read = std::from_chars(text.data() + (whole ? equals + 1 : 0), end, value);
  if (!whole || read.ec != std::errc{} || read.ptr != end) {
    return Error{ErrorCode::kInvalidArgument,
                 "--set \"" + text + "\": write NAME=VALUE UNIT, for example \"ACR=120 mg/g\""};
  }
  out.feature.name = text.substr(0, equals);
  out.feature.unit = text.substr(space + 1);
  out.from = "given";
  return out;
}

/// What is given takes the place of what the record says.
Status set_given(const std::vector<std::string>& given, std::vector<Chosen>& chosen) {
  for (const std::string& text : given) {
    auto one = parse_given(text);
    if (!one) return one.error();
    std::erase_if(chosen, [&](const Chosen& c) { return c.feature.name == one->feature.name; });
    chosen.push_back(std::move(*one));
  }
  return {};
}

/// Those that the program asks for. Errors: kInvalidArgument, naming all that are missing.
Result<std::vector<Chosen>> asked_for(const program::Program& program,
                                      const std::vector<Chosen>& chosen) {
  std::vector<Chosen> out;
  std::string missing;
  for (const program::Parameter& p : program.parameters) {
    const auto found = std::find_if(chosen.begin(), chosen.end(),
                                    [&](const Chosen& c) { return c.feature.name == p.name; });
    if (found == chosen.end()) {
      missing +=
          fmt::format("{}{} ({}, {})", missing.empty() ? "" : ", ", p.name, p.description, p.unit);
    } else {
      out.push_back(*found);
    }
  }
  if (missing.empty()) return out;
  return Error{ErrorCode::kInvalidArgument,
               "the record does not say " + missing + "; give it with --set \"NAME=VALUE UNIT\""};
}

ingest::Features features_of(const std::string& subject, const std::string& model,
                             const std::vector<Chosen>& chosen) {
  ingest::Features out;
  out.subject = subject;
  out.model = model;
  for (const Chosen& c : chosen) {
    out.origin += (out.origin.empty() ? "" : "; ") + c.feature.name + ": " + c.from;
    out.values.push_back(c.feature);
  }
  return out;
}

Answer described(const ingest::PatientRecord& record, const std::vector<Chosen>& chosen,
                 const std::vector<ingest::Unused>& unused) {
  Answer answer;
  answer.text = fmt::format("patient {}: {} numbers read, {} features\n\n", record.patient,
                            record.readings.size(), chosen.size());
  answer.json = {{"patient", record.patient},
                 {"readings", record.readings.size()},
                 {"features", nlohmann::json::array()},
                 {"unused", nlohmann::json::array()}};
  std::map<std::string, const ingest::Reading*> by_source;
  for (const ingest::Reading& r : record.readings)
    by_source[r.source + ", " + r.when + r.quantity] = &r;
  for (const Chosen& c : chosen) {
    std::string converted;
    if (const auto r = by_source.find(c.from + c.feature.name);
        r != by_source.end() && r->second->given_unit != c.feature.unit)
      converted = fmt::format(" (was {:.6g} {})", r->second->given, r->second->given_unit);
    answer.text += fmt::format("  {:<20} {:>10.5g} {:<18} {}{}\n", c.feature.name, c.feature.value,
                               c.feature.unit, c.from, converted);
    answer.json["features"].push_back({{"name", c.feature.name},
                                       {"value", c.feature.value},
                                       {"unit", c.feature.unit},
                                       {"from", c.from + converted}});
  }
  std::map<std::string, std::size_t> reasons;
  for (const ingest::Unused& u : unused) {
    const bool older = u.why.starts_with("older than ");
    ++reasons[older ? "older than what is used" : u.why];
    answer.json["unused"].push_back({{"source", u.source}, {"code", u.code}, {"why", u.why}});
  }
  answer.text += "\nnot used (each of them: --json)\n";
  for (const auto& [why, count] : reasons) answer.text += fmt::format("  {:>5}  {}\n", count, why);
  return answer;
}

Result<Answer> read(const FeaturesOptions& options) {
  std::optional<std::int64_t> as_of;
  if (!options.as_of.empty()) {
    as_of = ingest::instant_of(options.as_of);
    if (!as_of)
      return Error{ErrorCode::kInvalidArgument,
                   "--as-of \"" + options.as_of + "\": write a date, for example 2020-06-01"};
  }
  const auto text = read_text_file(options.file, ingest::kMaxFhirBytes);
  if (!text) return text.error();
  const auto record = ingest::read_fhir(*text);
  if (!record) return about(options.file, record.error());
  std::vector<ingest::Unused> unused = record->unused;
  std::vector<Chosen> chosen = ingest::latest(*record, as_of, &unused);
  if (Status s = set_given(options.given, chosen); !s) return s.error();
  std::string model;
  if (!options.program.empty()) {
    const auto loaded = load_program(options.program);
    if (!loaded) return loaded.error();
    auto needed = asked_for(loaded->program, chosen);
    if (!needed) return about(options.file, needed.error());
    const ingest::Features features = features_of("", "", *needed);
    // Units and boxes are looked at now, not when it is encrypted.
    const auto values = ingest::to_parameters(features, loaded->program.parameters);
    if (!values) return about(options.file, values.error());
    if (const auto u = program::normalise(loaded->program, *values); !u)
      return about(options.file, u.error());
    chosen = std::move(*needed);
    model = loaded->program.model;
  }
  Answer answer = described(*record, chosen, unused);
  if (options.output.empty()) {
    answer.text += "\nNothing was written; -o FILE keeps the features.\n";
    return answer;
  }
  const std::string printed = print_features(features_of(record->patient, model, chosen));
  if (Status s = write_file(options.output, as_bytes(printed), FileMode::kOwnerOnly); !s)
    return s.error();
  answer.text += "\nwritten to " + options.output + ", readable by you only\n";
  answer.json["file"] = options.output;
  return answer;
}

}  // namespace

void add_features_commands(Commands& commands) {
  const auto options = std::make_shared<FeaturesOptions>();
  CLI::App* noun =
      commands.noun("features", "What a health record says of a person, in the clear, here");
  CLI::App* verb = commands.verb(noun, "read",
                                 "Numbers of a FHIR R4 bundle or NDJSON; writes nothing without -o",
                                 [=] { return read(*options); });
  verb->add_option("FILE", options->file, "FHIR R4: a bundle, a resource, or one resource a line")
      ->required();
  verb->add_option("--as-of", options->as_of, "Only what was known then; default: the latest");
  verb->add_option("--program", options->program, "Only what this program asks for, all of it");
  verb->add_option("--set", options->given, "NAME=VALUE UNIT, for what the record does not say");
  verb->add_option("-o,--output", options->output, "Features file for salus twin create");
}

}  // namespace salus::cli
