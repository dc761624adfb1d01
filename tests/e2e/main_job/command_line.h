// The built `salus` as a user has it: arguments in, exit code and both outputs out.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"

namespace salus::e2e {

struct Said {
  int code = 0;
  std::string out;
  std::string err;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// Runs one shell command in `folder`.
inline Said shell(const std::filesystem::path& folder, const std::string& command) {
  const auto out = folder / "stdout";
  const auto err = folder / "stderr";
  const std::string line = "cd '" + folder.string() + "' && { " + command + " ; } >'" +
                           out.string() + "' 2>'" + err.string() + "' </dev/null";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, must(read_text_file(out, 64u << 20)),
          must(read_text_file(err, 64u << 20))};
}

inline Said salus(const std::filesystem::path& folder, const std::string& arguments) {
  return shell(folder, std::string(SALUS_PATH) + " " + arguments);
}

}  // namespace salus::e2e
