#include "serve.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/parallel.h"
#include "data_folder.h"
#include "http/server.h"
#include "service/ckks_executor.h"
#include "service/service.h"

namespace salusd {
namespace {

using nlohmann::json;
using salus::Error;
using salus::ErrorCode;
using salus::Result;
using salus::Status;

constexpr std::int64_t kGraceMs = 10'000;

struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};

/// "127.0.0.1:8480", "[::1]:8480"
Result<Endpoint> parse_endpoint(const std::string& text) {
  const Error bad{ErrorCode::kInvalidArgument,
                  "--listen " + text + " is not ADDRESS:PORT, like 127.0.0.1:8480"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return bad;
  Endpoint endpoint{.address = text.substr(0, colon), .port = 0};
  if (endpoint.address.starts_with("[") && endpoint.address.ends_with("]")) {
    endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
  }
  const char* end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  if (failed != std::errc() || stopped != end) return bad;
  return endpoint;
}

bool is_loopback(const std::string& address) {
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return ::inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/// One JSON object a line: {"time":...,"level":...,"event":...}. No token, no body, no path.
Result<std::shared_ptr<spdlog::logger>> make_log(const std::filesystem::path& file) {
  try {
    spdlog::sink_ptr sink;
    if (file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
    }
    auto log = std::make_shared<spdlog::logger>("salusd", std::move(sink));
    log->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                     spdlog::pattern_time_type::utc);
    log->flush_on(spdlog::level::info);
    return log;
  } catch (const spdlog::spdlog_ex& failed) {
    return Error{ErrorCode::kIo, "cannot write the log " + file.string() + ": " + failed.what()};
  }
}

/// The members of a JSON object without its braces: the pattern supplies them.
void write_log(spdlog::logger& log, spdlog::level::level_enum level, const json& members) {
  const std::string text = members.dump(-1, ' ', true, json::error_handler_t::replace);
  log.log(level, spdlog::string_view_t(text.data() + 1, text.size() - 2));
}

void log_access(spdlog::logger& log, const salus::http::AccessRecord& record) {
  json members{
      {"event", "request"},          {"request", record.request_id},  {"method", record.method},
      {"route", record.route},       {"account", record.account},     {"status", record.status},
      {"bytes_in", record.bytes_in}, {"bytes_out", record.bytes_out}, {"seconds", record.seconds}};
  if (!record.failure.empty()) members["failure"] = record.failure;
  const bool ours = record.status >= 500;
  write_log(log, ours ? spdlog::level::err : spdlog::level::info, members);
}

void log_run(spdlog::logger& log, const salus::store::Run& run, salus::store::RunState state,
             const Status& outcome) {
  json members{{"event", "run"},
               {"run", run.id},
               {"state", salus::store::name(state)},
               {"attempt", run.attempts}};
  if (!outcome) members["failure"] = salus::name(outcome.error().code);
  write_log(log, spdlog::level::info, members);
}

/// A defect or a library's exception ends one run, not the server.
Status guarded(const std::function<Status()>& work) {
  try {
    return work();
  } catch (const std::exception& defect) {
    return Error{ErrorCode::kIo, std::string("the server has a defect: ") + defect.what()};
  }
}

/// Blocks the signals that end the server, in this thread and those it starts.
sigset_t block_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is an error like a full disk, not an end
  return ending;
}

Status announce(const ServeOptions& options, const Endpoint& endpoint, std::uint16_t port,
                spdlog::logger& log) {
  const bool six = endpoint.address.find(':') != std::string::npos;
  const std::string where =
      (six ? "[" + endpoint.address + "]" : endpoint.address) + ":" + std::to_string(port);
  const Status written = salus::write_file(options.data / "listen", salus::as_bytes(where + "\n"));
  if (!written) return written;
  std::printf("salusd %s listens on http://%s\n", SALUS_VERSION, where.c_str());
  std::fflush(stdout);
  write_log(log, spdlog::level::info,
            json{{"event", "listening"}, {"address", where}, {"version", SALUS_VERSION}});
  return {};
}

/// What lies in the data folder, opened.
Result<std::unique_ptr<salus::service::Context>> open_context(const ServeOptions& options) {
  auto ledger = open_ledger(options.data);
  if (!ledger) return ledger.error();
  auto objects = open_objects(options.data);
  if (!objects) return objects.error();
  salus::store::LogLedger& entries = (*ledger)->log();
  auto journal = salus::service::Journal::start(
      entries, salus::service::log_in_folder(options.data, options.log_origin, entries));
  if (!journal) return journal.error();
  auto context = std::make_unique<salus::service::Context>();
  context->ledger = std::move(*ledger);
  context->journal = std::move(*journal);
  context->objects = std::move(*objects);
  context->limits = options.limits;
  context->executor = salus::service::make_ckks_executor(options.limits.prepared_cache_bytes,
                                                         options.limits.max_run_bytes);
  return context;
}

}  // namespace

Status serve(const ServeOptions& options) {
  const Result<Endpoint> endpoint = parse_endpoint(options.listen);
  if (!endpoint) return endpoint.error();
  if (!is_loopback(endpoint->address) && !options.allow_plain_network) {
    return Error{ErrorCode::kInvalidArgument,
                 "salusd has no TLS yet: beyond loopback, tokens would cross the network in clear."
                 " Put a TLS proxy in front of 127.0.0.1, or say"
                 " --listen-beyond-loopback-without-tls"};
  }
  const sigset_t ending = block_signals();
  if (Status made = make_folder(options.data); !made) return made;
  const auto lock = FolderLock::take(options.data);
  if (!lock) return lock.error();
  const auto log = make_log(options.log_file);
  if (!log) return log.error();
  spdlog::logger& out = **log;

  if (options.compute_threads) salus::set_thread_count(*options.compute_threads);
  auto context = open_context(options);
  if (!context) return context.error();
  auto service = salus::service::Service::start(
      std::move(*context), {.workers = options.workers,
                            .name = "pid" + std::to_string(::getpid()),
                            .guard = guarded,
                            .on_ended = [&out](const auto& run, auto state, const Status& outcome) {
                              log_run(out, run, state, outcome);
                            }});
  if (!service) return service.error();

  salus::http::Api api(**service);
  auto server = salus::http::Server::start(
      api, {.address = endpoint->address,
            .port = endpoint->port,
            .io_threads = options.io_threads,
            .blocking_threads = options.blocking_threads,
            .on_access = [&out](const auto& record) { log_access(out, record); }});
  if (!server) return server.error();
  if (Status said = announce(options, *endpoint, (*server)->port(), out); !said) return said;

  int signal = 0;
  sigwait(&ending, &signal);
  write_log(out, spdlog::level::info, json{{"event", "stopping"}, {"signal", signal}});
  (*server)->stop(kGraceMs);
  (*service)->stop();
  std::error_code ignored;
  std::filesystem::remove(options.data / "listen", ignored);
  write_log(out, spdlog::level::info, json{{"event", "stopped"}});
  return {};
}

}  // namespace salusd
