// salus: everything that the owner of a twin does, on the owner's device.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "command.h"
#include "terminal.h"

namespace {

/// No core dump and no debugger: keys pass through this process's memory.
void protect_memory() {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

int run(int argc, char** argv) {
  CLI::App app("Encrypted digital twins: fit, encrypt, ask, open.", "salus");
  app.set_version_flag("--version", "salus " SALUS_VERSION);
  app.require_subcommand(1);
  salus::cli::Commands commands(app);
  salus::cli::add_model_commands(commands);
  salus::cli::add_sbml_commands(commands);
  salus::cli::add_program_commands(commands);
  salus::cli::add_identity_commands(commands);
  salus::cli::add_session_commands(commands);
  salus::cli::add_key_commands(commands);
  salus::cli::add_features_commands(commands);
  salus::cli::add_twin_commands(commands);
  salus::cli::add_run_commands(commands);
  salus::cli::add_result_commands(commands);
  salus::cli::add_log_commands(commands);
  salus::cli::add_verify_commands(commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failed) {
    return app.exit(failed) == 0 ? salus::cli::kDone : salus::cli::kUsage;
  }
  return commands.run();
}

}  // namespace

int main(int argc, char** argv) {
  protect_memory();
  salus::cli::watch_signals();
  try {
    return run(argc, argv);
  } catch (const std::exception& defect) {
    fmt::print(stderr, "salus: internal error: {}\nPlease report it with the command you ran.\n",
               defect.what());
    return salus::cli::kInternal;
  }
}
