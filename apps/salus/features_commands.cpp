// salus features: a person's health record -> the numbers that a program asks for, on this device.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "command.h"
#include "features_text.h"
#include "ingest/date.h"
#include "ingest/person.h"
#include "ingest/unit.h"
#include "terminal.h"

namespace salus::cli {
namespace {

struct FeaturesOptions {
  std::vector<std::string> files;
  std::string as_of;
  std::string program;
  std::string sample;
  std::string window = "1 h";
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
                                      const std::vector<Chosen>& chosen,
                                      const std::vector<ingest::Unused>& unused) {
  std::vector<Chosen> out;
  std::string missing;
  std::map<std::string, std::string> genes;  // of missing parameters, and why
  for (const program::Parameter& p : program.parameters) {
    const auto found = std::find_if(chosen.begin(), chosen.end(),
                                    [&](const Chosen& c) { return c.feature.name == p.name; });
    if (found == chosen.end()) {
      missing +=
          fmt::format("{}{} ({}, {})", missing.empty() ? "" : ", ", p.name, p.description, p.unit);
      for (const ingest::Unused& u : unused) {
        if (!u.code.empty() && p.name.starts_with(u.code + "_")) genes.emplace(u.code, u.why);
      }
    } else {
      out.push_back(*found);
    }
  }
  if (missing.empty()) return out;
  for (const auto& [gene, why] : genes) missing += fmt::format("; {}: {}", gene, why);
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

/// "1 h", "5 min", "1 d" in seconds.
Result<std::int64_t> parse_window(const std::string& text) {
  const auto space = text.find(' ');
  double value = 0;
  const char* end = text.data() + std::min(space, text.size());
  const auto read = std::from_chars(text.data(), end, value);
  const auto seconds = space == std::string::npos
                           ? Result<double>(Error{ErrorCode::kInvalidArgument, "no unit"})
                           : ingest::convert(value, text.substr(space + 1), "s");
  if (read.ec != std::errc{} || read.ptr != end || !seconds || !(*seconds >= 1) || *seconds > 1e8) {
    return Error{ErrorCode::kInvalidArgument,
                 "--window \"" + text + "\": write a length of time, for example \"15 min\""};
  }
  return std::llround(*seconds);
}

Result<ingest::PersonOptions> person_options(const FeaturesOptions& options, const Common& common,
                                             const std::vector<ingest::PersonFile>& files,
                                             const program::Program* program) {
  ingest::PersonOptions out;
  if (!options.as_of.empty()) {
    out.as_of = ingest::instant_of(options.as_of);
    if (!out.as_of)
      return Error{ErrorCode::kInvalidArgument,
                   "--as-of \"" + options.as_of + "\": write a date, for example 2020-06-01"};
  }
  out.sample = options.sample;
  const auto window = parse_window(options.window);
  if (!window) return window.error();
  out.window_s = *window;
  if (program != nullptr) {
    for (const program::Parameter& p : program->parameters) out.asked.insert(p.name);
  }
  // Gene tables are only needed, and only asked for, where there are genotypes.
  const auto has_genes = [](const ingest::PersonFile& file) {
    const auto kind = ingest::kind_of(file.text);
    return kind && (*kind == ingest::FileKind::kVcf || *kind == ingest::FileKind::kOutsideCalls);
  };
  if (std::any_of(files.begin(), files.end(), has_genes)) {
    auto tables = ingest::load_gene_tables(std::filesystem::path(common.models) / "genes");
    if (!tables) return tables.error();
    out.tables = std::move(tables).value();
  }
  return out;
}

Result<std::vector<ingest::PersonFile>> load_files(const std::vector<std::string>& paths) {
  std::vector<ingest::PersonFile> out;
  for (const std::string& path : paths) {
    auto text = read_text_file(path, ingest::kMaxVcfBytes);
    if (!text) return text.error();
    out.push_back({path, std::move(text).value()});
  }
  return out;
}

Result<Answer> read(const FeaturesOptions& options, const Common& common) {
  const auto files = load_files(options.files);
  if (!files) return files.error();
  std::optional<LoadedProgram> program;
  if (!options.program.empty()) {
    auto loaded = load_program(options.program);
    if (!loaded) return loaded.error();
    program = std::move(loaded).value();
  }
  const auto how = person_options(options, common, *files, program ? &program->program : nullptr);
  if (!how) return how.error();
  const auto person = ingest::read_person(*files, *how);
  if (!person) return person.error();
  std::vector<Chosen> chosen = person->chosen;
  if (Status s = set_given(options.given, chosen); !s) return s.error();
  if (program) {
    auto needed = asked_for(program->program, chosen, person->unused);
    if (!needed) return about(options.files[0], needed.error());
    const ingest::Features features = features_of("", "", *needed);
    // Units and boxes are looked at now, not when it is encrypted.
    const auto values = ingest::to_parameters(features, program->program.parameters);
    if (!values) return about(options.files[0], values.error());
    if (const auto u = program::normalise(program->program, *values); !u)
      return about(options.files[0], u.error());
    chosen = std::move(*needed);
  }
  Answer answer = described(*person, chosen);
  if (options.output.empty()) {
    answer.text += "\nNothing was written; -o FILE keeps the features.\n";
    return answer;
  }
  const std::string model = program ? program->program.model : "";
  const std::string printed = print_features(features_of(person->subject, model, chosen));
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
  CLI::App* verb = commands.verb(
      noun, "read", "Numbers of a person's files of any kind; writes nothing without -o",
      [=, &commands] { return read(*options, commands.common()); });
  verb->add_option("FILE", options->files,
                   "One person's: FHIR R4 (JSON, NDJSON), VCF, outside calls of genes (TSV), Open "
                   "mHealth data points, DICOM reports of measurements (TID 1500)")
      ->required();
  commands.add_models_option(verb);
  verb->add_option("--sample", options->sample, "Whose column of a VCF with several samples");
  verb->add_option("--window", options->window, "Length of the windows that sensors are reduced to")
      ->capture_default_str();
  verb->add_option("--as-of", options->as_of, "Only what was known then; default: the latest");
  verb->add_option("--program", options->program, "Only what this program asks for, all of it");
  verb->add_option("--set", options->given, "NAME=VALUE UNIT, for what the record does not say");
  verb->add_option("-o,--output", options->output, "Features file for salus twin create");
}

}  // namespace salus::cli
