#include "command.h"

#include <fmt/format.h>

#include "base/file.h"
#include "http_transport.h"
#include "terminal.h"

namespace salus::cli {
namespace {

constexpr std::uint64_t kMaxTokenBytes = 4096;

Result<std::string> read_token(const std::string& path) {
  const Result<std::string> text = read_text_file(path, kMaxTokenBytes);
  if (!text) return about("token file", text.error());
  const auto from = text->find_first_not_of(" \t\r\n");
  const auto to = text->find_last_not_of(" \t\r\n");
  const std::string token = from == std::string::npos ? "" : text->substr(from, to - from + 1);
  const bool plain =
      !token.empty() && std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
  if (plain) return token;
  return Error{ErrorCode::kInvalidArgument,
               "token file " + path + ": expected one line of printable characters"};
}

}  // namespace

Error about(const std::filesystem::path& path, const Error& error) {
  return Error{error.code, path.string() + ": " + error.message};
}

CLI::App* Commands::noun(const std::string& name, const std::string& description) {
  CLI::App* noun = app_.add_subcommand(name, description);
  noun->require_subcommand(1);
  return noun;
}

CLI::App* Commands::verb(CLI::App* noun, const std::string& name, const std::string& description,
                         Action action) {
  CLI::App* verb = noun->add_subcommand(name, description);
  verb->add_flag("--json", values_of(verb).json, "Answer with one JSON object on standard output");
  verb->add_flag("-q,--quiet", values_of(verb).quiet, "No progress on standard error");
  actions_.emplace_back(verb, std::move(action));
  return verb;
}

void Commands::add_server_options(CLI::App* verb, bool required) {
  CLI::Option* server =
      verb->add_option("--server", values_of(verb).server, "Where salusd answers, http://HOST:PORT")
          ->envname("SALUS_SERVER");
  CLI::Option* token =
      verb->add_option("--token-file", values_of(verb).token_file, "File with the account's token")
          ->envname("SALUS_TOKEN_FILE");
  if (required) server->required(), token->required();
  verb->add_flag("--allow-plain-http", values_of(verb).allow_plain_http,
                 "Send the token unencrypted to another machine (inside a tunnel)");
}

void Commands::add_workspace_option(CLI::App* verb) {
  verb->add_option("--workspace", values_of(verb).workspace, "Folder that remembers twins and runs")
      ->envname("SALUS_WORKSPACE")
      ->capture_default_str();
}

void Commands::add_models_option(CLI::App* verb) {
  verb->add_option("--models", values_of(verb).models, "Folder of the model catalogue")
      ->envname("SALUS_MODELS")
      ->capture_default_str();
}

int Commands::run() {
  for (const auto& [verb, action] : actions_) {
    if (!verb->parsed()) continue;
    common_ = values_of(verb);
    const Result<Answer> answer = action();
    if (!answer) {
      const Error& error = answer.error();
      if (common_.json) {
        const nlohmann::json problem = {
            {"error", {{"code", name(error.code)}, {"message", error.message}}}};
        fmt::print("{}\n", problem.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
      }
      fmt::print(stderr, "salus: {}\n", error.message);
      return exit_code(error.code);
    }
    if (common_.json) {
      fmt::print("{}\n",
                 answer->json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    } else {
      fmt::print("{}", answer->text);
    }
    return std::fflush(stdout) == 0 ? kDone : kInternal;
  }
  return kUsage;
}

namespace {

Result<Connection> connect_with(const Common& common, std::string token) {
  const Result<ServerAddress> server = parse_server(common.server);
  if (!server) return server.error();
  if (!server->is_loopback() && !common.allow_plain_http) {
    return Error{ErrorCode::kDenied,
                 "server " + server->text() +
                     ": plain http to another machine would show the token; use a tunnel to "
                     "127.0.0.1, or say --allow-plain-http"};
  }
  TransportOptions options;
  options.interrupted = &interrupted();
  auto transport = make_http_transport(*server, std::move(token), options);
  client::Api api(*transport);
  return Connection{server->text(), std::move(transport), api};
}

}  // namespace

Result<Connection> connect(const Common& common) {
  Result<std::string> token = read_token(common.token_file);
  if (!token) return token.error();
  return connect_with(common, std::move(*token));
}

Result<Connection> connect_as_nobody(const Common& common) { return connect_with(common, {}); }

Result<LoadedProgram> load_program(const std::filesystem::path& path) {
  Result<Bytes> bytes = read_file(path, program::kMaxProgramBytes);
  if (!bytes) return bytes.error();
  Result<program::Program> parsed = program::parse(*bytes);
  if (!parsed) return about(path, parsed.error());
  const Digest digest = sha256(*bytes);
  return LoadedProgram{std::move(parsed).value(), std::move(bytes).value(), digest};
}

Result<std::vector<program::Program>> load_programs(const std::vector<std::string>& paths) {
  std::vector<program::Program> programs;
  for (const std::string& path : paths) {
    Result<LoadedProgram> loaded = load_program(path);
    if (!loaded) return loaded.error();
    programs.push_back(std::move(loaded->program));
  }
  return programs;
}

}  // namespace salus::cli
