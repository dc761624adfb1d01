#include "support/salusd_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace salus::e2e {
namespace {

constexpr std::chrono::seconds kPatience{60};

/// Starts salusd with its standard output in `out` (-1: inherited). Only calls between fork and
/// exec that a signal handler may make: other threads may hold any lock.
pid_t spawn(const std::vector<std::string>& arguments, int out, std::uint64_t file_limit_bytes) {
  std::vector<char*> words;
  std::string program = SALUSD_PATH;
  words.push_back(program.data());
  std::vector<std::string> copies = arguments;
  for (std::string& word : copies) words.push_back(word.data());
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (out >= 0) ::dup2(out, STDOUT_FILENO);
  if (file_limit_bytes > 0) {
    const rlimit limit{file_limit_bytes, file_limit_bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(program.c_str(), words.data());
  ::_exit(127);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Finished run_salusd(const std::vector<std::string>& arguments) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  const pid_t pid = spawn(arguments, ends[1], 0);
  ::close(ends[1]);
  Finished finished;
  char piece[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;) {
    finished.output.append(piece, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  finished.exit_code = wait_for(pid);
  return finished;
}

std::string add_account(const std::filesystem::path& data, const std::string& name,
                        std::uint64_t quota_bytes) {
  std::vector<std::string> arguments{"account", "add", name, "--data", data.string(), "--json"};
  if (quota_bytes > 0) {
    arguments.insert(arguments.end(), {"--quota-bytes", std::to_string(quota_bytes)});
  }
  return nlohmann::json::parse(run_salusd(arguments).output).at("token").get<std::string>();
}

SalusdProcess::SalusdProcess(std::filesystem::path data, std::vector<std::string> more)
    : data_(std::move(data)), log_(data_.string() + ".log"), more_(std::move(more)) {}

SalusdProcess::~SalusdProcess() {
  if (pid_ > 0) kill_hard();
}

void SalusdProcess::start() {
  std::error_code ignored;
  std::filesystem::remove(data_ / "listen", ignored);
  std::vector<std::string> arguments{
      "serve",      "--data",     data_.string(), "--listen", "127.0.0.1:" + std::to_string(port_),
      "--log-file", log_.string()};
  arguments.insert(arguments.end(), more_.begin(), more_.end());
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  pid_ = spawn(arguments, nowhere, file_limit_bytes_);
  ::close(nowhere);
  wait_until_listening();
}

void SalusdProcess::wait_until_listening() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    std::ifstream in(data_ / "listen");
    std::string where;
    if (std::getline(in, where)) {
      port_ = static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1)));
      return;
    }
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("salusd ended before it listened; see its standard error");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  throw std::runtime_error("salusd does not listen");
}

void SalusdProcess::kill_hard() {
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
  pid_ = -1;
}

int SalusdProcess::terminate() {
  ::kill(pid_, SIGTERM);
  const int code = wait_for(pid_);
  pid_ = -1;
  return code;
}

}  // namespace salus::e2e
