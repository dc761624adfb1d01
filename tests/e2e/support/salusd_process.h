// A real salusd in its own process, to be used and to be killed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/testing/temporary_folder.h"

namespace salus::e2e {

using salus::test::TemporaryFolder;

struct Finished {
  int exit_code = 0;
  std::string output;  ///< standard output
};
/// Runs `salusd` with these arguments to its end.
Finished run_salusd(const std::vector<std::string>& arguments);

/// The token of a new account.
std::string add_account(const std::filesystem::path& data, const std::string& name,
                        std::uint64_t quota_bytes = 0);

class SalusdProcess {
 public:
  /// `more` goes behind `serve --data DATA --log-file DATA.log`. The first start chooses a port,
  /// later ones keep it.
  SalusdProcess(std::filesystem::path data, std::vector<std::string> more = {});
  ~SalusdProcess();
  SalusdProcess(const SalusdProcess&) = delete;
  SalusdProcess& operator=(const SalusdProcess&) = delete;

  void start();      ///< and waits until it listens; throws where it does not
  void kill_hard();  ///< SIGKILL, and waits for the end
  int terminate();   ///< SIGTERM; the exit code
  /// Largest file that the process may write from its next start on; 0: any.
  void limit_file_bytes(std::uint64_t bytes) { file_limit_bytes_ = bytes; }

  std::uint16_t port() const { return port_; }
  const std::filesystem::path& log() const { return log_; }

 private:
  void wait_until_listening();
  std::filesystem::path data_;
  std::filesystem::path log_;
  std::vector<std::string> more_;
  std::uint64_t file_limit_bytes_ = 0;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace salus::e2e
