// `salusd serve`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "service/limits.h"

namespace salusd {

struct ServeOptions {
  std::filesystem::path data;
  std::string listen = "127.0.0.1:8480";
  int workers = 1;
  std::optional<int> compute_threads;
  int io_threads = 2;
  int blocking_threads = 4;
  bool allow_plain_network = false;  ///< --listen-beyond-loopback-without-tls
  std::filesystem::path log_file;    ///< empty: standard error
  std::string log_origin;            ///< name of a new transparency log; empty: one is chosen
  salus::service::Limits limits;
};

/// Serves until SIGTERM or SIGINT.
salus::Status serve(const ServeOptions& options);

}  // namespace salusd
