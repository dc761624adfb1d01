// salus model new and export: files of models, ours and other tools'.
#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "catalogue.h"
#include "model/export.h"
#include "model/template_model.h"
#include "model_text.h"

namespace salus::cli {
namespace {

struct FileOptions {
  std::string model;
  std::string language;
  std::string output;
  bool force = false;
};

Status save(const FileOptions& options, const std::string& path, const std::string& text) {
  std::error_code ignored;
  if (!options.force && std::filesystem::exists(path, ignored)) {
    return Error{ErrorCode::kConflict,
                 path + " exists; choose another name with -o, or say --force"};
  }
  return write_file(path, as_bytes(text));
}

Result<Answer> create(const FileOptions& options) {
  const Result<std::string> text = model::template_model(options.model);
  if (!text) return text.error();
  const std::string path = options.output.empty() ? options.model + ".toml" : options.output;
  if (const Status saved = save(options, path, *text); !saved) return saved.error();
  return Answer{fmt::format("wrote {}, a toy model that holds: change it line by line\n"
                            "  salus model check {}\n"
                            "  salus model simulate {} --dose 100\n",
                            path, path, path),
                {{"file", path}, {"name", options.model}}};
}

Result<Answer> export_to(const Common& common, const FileOptions& options) {
  const Result<model::Model> found = find_model(common, options.model);
  if (!found) return found.error();
  const Result<std::string> text = model::export_model(*found, options.language);
  if (!text) return text.error();
  nlohmann::json json = {{"model", found->name}, {"language", options.language}};
  if (options.output.empty()) {
    json["text"] = *text;
    return Answer{*text, json};
  }
  if (const Status saved = save(options, options.output, *text); !saved) return saved.error();
  json["file"] = options.output;
  return Answer{fmt::format("wrote {} ({} bytes)\n", options.output, text->size()), json};
}

}  // namespace

void add_model_file_commands(Commands& commands, CLI::App* noun) {
  const auto options = std::make_shared<FileOptions>();
  const Common& common = commands.common();
  CLI::App* verb = commands.verb(noun, "new", "Write a commented model to start from",
                                 [=] { return create(*options); });
  verb->add_option("NAME", options->model, "The model's name")->required();
  verb->add_option("-o,--output", options->output, "Write it here (default: NAME.toml)");
  verb->add_flag("--force", options->force, "Overwrite a file that exists");

  verb = commands.verb(noun, "export", "Print a model in another tool's language",
                       [=, &common] { return export_to(common, *options); });
  verb->add_option("MODEL", options->model, "File, or name in the catalogue")->required();
  verb->add_option("--to", options->language, "sbml (Level 3 Version 2), rxode2 or mrgsolve")
      ->required()
      ->check(CLI::IsMember({"sbml", "rxode2", "mrgsolve"}));
  verb->add_option("-o,--output", options->output, "Write it here (default: print it)");
  verb->add_flag("--force", options->force, "Overwrite a file that exists");
  commands.add_models_option(verb);
}

}  // namespace salus::cli
