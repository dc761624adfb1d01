// What every verb of `salus` shares: its options, its answer, the server it talks to.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "client/api.h"
#include "client/workspace.h"
#include "program/program.h"

namespace salus::cli {

/// What a verb says: text for people, one JSON object for programs.
struct Answer {
  std::string text;
  nlohmann::json json = nlohmann::json::object();
};

/// Options that several verbs have. One per process.
struct Common {
  bool json = false;
  bool quiet = false;
  std::string workspace = "salus-work";
  std::string models = "models";
  std::string server;
  std::string token_file;
  bool allow_plain_http = false;

  bool silent() const { return json || quiet; }  ///< no progress
};

using Action = std::function<Result<Answer>()>;

/// Collects the verbs; runs the one that was asked for.
class Commands {
 public:
  explicit Commands(CLI::App& app) : app_(app) {}

  Common& common() { return common_; }
  CLI::App* noun(const std::string& name, const std::string& description);
  /// A verb with --json and --quiet. `action` runs after parsing.
  CLI::App* verb(CLI::App* noun, const std::string& name, const std::string& description,
                 Action action);
  /// --server, --token-file, --allow-plain-http
  void add_server_options(CLI::App* verb, bool required = true);
  void add_workspace_option(CLI::App* verb);
  void add_models_option(CLI::App* verb);

  /// The exit code. Prints the answer on standard output, errors on standard error.
  int run();

 private:
  /// Each verb's options have places of their own: CLI11 fills in the environment for every verb,
  /// and would write it over what was given to the one that was asked for.
  Common& values_of(const CLI::App* verb) { return values_[verb]; }

  CLI::App& app_;
  Common common_;                             // of the verb that was asked for
  std::map<const CLI::App*, Common> values_;  // nodes stay where they are
  std::vector<std::pair<CLI::App*, Action>> actions_;
};

/// One family of verbs each, in files of their own.
void add_model_commands(Commands& commands);
void add_sbml_commands(Commands& commands);
void add_program_commands(Commands& commands);
void add_identity_commands(Commands& commands);
void add_session_commands(Commands& commands);
void add_key_commands(Commands& commands);
void add_features_commands(Commands& commands);
void add_twin_commands(Commands& commands);
void add_run_commands(Commands& commands);
void add_result_commands(Commands& commands);
void add_log_commands(Commands& commands);
void add_verify_commands(Commands& commands);

/// A server and an account's token on it.
struct Connection {
  std::string server;
  std::unique_ptr<client::Transport> transport;
  client::Api api;
};
/// Errors: kInvalidArgument, kNotFound (token file), kDenied (plain HTTP beyond this machine).
Result<Connection> connect(const Common& common);
/// Without a token: for what a server says to anybody. Errors: kInvalidArgument, kDenied.
Result<Connection> connect_as_nobody(const Common& common);

/// A program file. Errors: those of program::parse, naming the file.
struct LoadedProgram {
  program::Program program;
  Bytes bytes;
  Digest digest;
};
Result<LoadedProgram> load_program(const std::filesystem::path& path);
/// At least one of them. Errors: as above.
Result<std::vector<program::Program>> load_programs(const std::vector<std::string>& paths);

/// `error` with the object it is about in front.
Error about(const std::filesystem::path& path, const Error& error);

}  // namespace salus::cli
