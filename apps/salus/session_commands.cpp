// salus session: sign in to a server by an identity, and out again.
#include <fmt/format.h>

#include "base/file.h"
#include "client/identity_file.h"
#include "client/sign_in.h"
#include "command.h"

namespace salus::cli {
namespace {

struct SessionOptions {
  std::string identity;
  std::string passphrase_file;
};

Result<Answer> open(const Common& common, const SessionOptions& options) {
  const auto identity = client::open_identity(options.identity, options.passphrase_file);
  if (!identity) return identity.error();
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  Result<Connection> server = connect_as_nobody(common);
  if (!server) return server.error();
  const auto signed_in = client::sign_in(*workspace, server->api, server->server, *identity);
  if (!signed_in) return signed_in.error();
  const Status saved =
      write_file(common.token_file, as_bytes(signed_in->token + "\n"), FileMode::kOwnerOnly);
  if (!saved) return saved.error();
  return Answer{fmt::format("signed in to account {} until {}; the token is in {}\n",
                            signed_in->account, signed_in->expires_at, common.token_file),
                {{"account", signed_in->account},
                 {"expires_at", signed_in->expires_at},
                 {"identity", identity->public_identity().id()},
                 {"token_file", common.token_file}}};
}

Result<Answer> close(const Common& common) {
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  if (Status done = server->api.sign_out(); !done) return done.error();
  std::error_code ignored;
  std::filesystem::remove(common.token_file, ignored);
  return Answer{"signed out\n", {{"signed_out", true}}};
}

}  // namespace

void add_session_commands(Commands& commands) {
  const auto options = std::make_shared<SessionOptions>();
  const Common& common = commands.common();
  CLI::App* noun = commands.noun("session", "Sign in to a server by an identity");

  CLI::App* verb = commands.verb(noun, "open", "Sign in; writes a token that ends soon",
                                 [=, &common] { return open(common, *options); });
  verb->add_option("--identity", options->identity, "Identity file")->required();
  verb->add_option("--passphrase-file", options->passphrase_file,
                   "File whose first line is its passphrase; without it you are asked");
  commands.add_server_options(verb);
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "close", "Sign out: the token is of no use to anybody afterwards",
                       [&common] { return close(common); });
  commands.add_server_options(verb);
}

}  // namespace salus::cli
