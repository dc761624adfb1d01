// salusd: the server that computes on what it cannot read.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/parallel.h"
#include "data_folder.h"
#include "identity/public_identity.h"
#include "serve.h"
#include "service/service.h"

namespace {

using nlohmann::json;
using salus::Error;
using salus::ErrorCode;
using salus::Result;
using salus::Status;

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 2;
    case ErrorCode::kCorrupt: return 4;
    case ErrorCode::kNotFound: return 5;
    case ErrorCode::kUnavailable:
    case ErrorCode::kConflict:
    case ErrorCode::kNoSpace: return 6;
    default: return 70;
  }
}

/// Memory may hold tokens for a moment: it never goes into a core file, nor to a debugger.
void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

struct Options {
  salusd::ServeOptions serve;
  std::string account_name;
  std::uint64_t quota_bytes = 0;
  std::string identity;
  bool as_json = false;
};

/// The identity's public part itself, or a file that holds it.
Result<salus::identity::PublicIdentity> public_identity(const std::string& given) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(given, ignored)) {
    return salus::identity::PublicIdentity::parse(given);
  }
  const auto text = salus::read_text_file(given, 4096);
  if (!text) return text.error();
  return salus::identity::PublicIdentity::parse(*text);
}

Status bind(salus::store::Ledger& ledger, salus::store::AccountId account,
            const salus::identity::PublicIdentity& identity) {
  return ledger.accounts().bind(
      {.id = identity.id(), .public_text = identity.text(), .account = account},
      salus::service::system_time_ms());
}

/// An account that an identity signs in to.
Status add_account_of(const Options& options, salus::store::Ledger& ledger) {
  const auto identity = public_identity(options.identity);
  if (!identity) return identity.error();
  const auto account = salus::service::add_account_without_token(
      ledger, options.serve.limits, options.account_name, options.quota_bytes,
      salus::service::system_time_ms());
  if (!account) return account.error();
  if (Status bound = bind(ledger, account->id, *identity); !bound) return bound;
  if (options.as_json) {
    const json out{{"id", account->id},
                   {"name", account->name},
                   {"quota_bytes", account->quota_bytes},
                   {"identity", identity->id()}};
    std::printf("%s\n", out.dump().c_str());
  } else {
    std::printf("account %s\nidentity %s signs in to it (salus session open)\n",
                account->name.c_str(), identity->id().c_str());
  }
  return {};
}

Status add_account(const Options& options) {
  if (Status made = salusd::make_folder(options.serve.data); !made) return made;
  const auto ledger = salusd::open_ledger(options.serve.data);
  if (!ledger) return ledger.error();
  if (!options.identity.empty()) return add_account_of(options, **ledger);
  const auto issued =
      salus::service::add_account(**ledger, options.serve.limits, options.account_name,
                                  options.quota_bytes, salus::service::system_time_ms());
  if (!issued) return issued.error();
  if (options.as_json) {
    const json out{{"id", issued->account.id},
                   {"name", issued->account.name},
                   {"quota_bytes", issued->account.quota_bytes},
                   {"token", issued->token}};
    std::printf("%s\n", out.dump().c_str());
    return {};
  }
  std::printf("account %s\ntoken   %s\nKeep the token: it is not stored and not shown again.\n",
              issued->account.name.c_str(), issued->token.c_str());
  return {};
}

Status list_accounts(const Options& options) {
  const auto ledger = salusd::open_ledger(options.serve.data);
  if (!ledger) return ledger.error();
  const auto accounts = (*ledger)->accounts().list();
  if (!accounts) return accounts.error();
  json list = json::array();
  for (const auto& account : *accounts) {
    const Result<std::uint64_t> used = (*ledger)->accounts().used_bytes(account.id);
    if (!used) return used.error();
    if (options.as_json) {
      list.push_back(json{{"id", account.id},
                          {"name", account.name},
                          {"used_bytes", *used},
                          {"quota_bytes", account.quota_bytes}});
    } else {
      std::printf("%-24s %14llu of %14llu bytes\n", account.name.c_str(),
                  static_cast<unsigned long long>(*used),
                  static_cast<unsigned long long>(account.quota_bytes));
    }
  }
  if (options.as_json) std::printf("%s\n", json{{"accounts", list}}.dump().c_str());
  return {};
}

/// One more identity for an account that is there, or one less.
Status bind_identity(const Options& options) {
  const auto ledger = salusd::open_ledger(options.serve.data);
  if (!ledger) return ledger.error();
  const auto identity = public_identity(options.identity);
  if (!identity) return identity.error();
  const auto accounts = (*ledger)->accounts().list();
  if (!accounts) return accounts.error();
  for (const auto& account : *accounts) {
    if (account.name == options.account_name) return bind(**ledger, account.id, *identity);
  }
  return Error{ErrorCode::kNotFound,
               "no account \"" + options.account_name + "\"; salusd account list has them"};
}

Status unbind_identity(const Options& options) {
  const auto ledger = salusd::open_ledger(options.serve.data);
  if (!ledger) return ledger.error();
  return (*ledger)->accounts().unbind(options.identity);
}

Status check_data(const Options& options) {
  const auto lock = salusd::FolderLock::take(options.serve.data);
  if (!lock) return lock.error();
  const auto ledger = salusd::open_ledger(options.serve.data);
  if (!ledger) return ledger.error();
  const auto objects = salusd::open_objects(options.serve.data);
  if (!objects) return objects.error();
  const auto count = salus::service::check_data(**ledger, **objects);
  if (!count) return count.error();
  const auto entries = salus::service::check_log(options.serve.data, (*ledger)->log());
  if (!entries) return entries.error();
  if (options.as_json) {
    const json out{{"status", "ok"}, {"objects", *count}, {"log_entries", *entries}};
    std::printf("%s\n", out.dump().c_str());
  } else {
    std::printf(
        "ok: the database is sound, %zu objects match their digests and %llu entries the"
        " transparency log\n",
        *count, static_cast<unsigned long long>(*entries));
  }
  return {};
}

void add_serve_options(CLI::App& command, Options& options) {
  salusd::ServeOptions& serve = options.serve;
  salus::service::Limits& limits = serve.limits;
  command.add_option("--listen", serve.listen, "address:port; port 0 lets the system choose")
      ->capture_default_str();
  command.add_option("--workers", serve.workers, "runs computed at the same time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      .add_option("--compute-threads", serve.compute_threads,
                  "threads that the operations of all runs share (default: one a processor)")
      ->check(CLI::Range(1, salus::kMaxThreads));
  command.add_option("--threads,--io-threads", serve.io_threads, "threads that serve connections")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command
      .add_option("--blocking-threads", serve.blocking_threads,
                  "threads for disk, database and parsing")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--log-file", serve.log_file, "instead of standard error");
  command.add_option("--log-origin", serve.log_origin,
                     "name of the transparency log, given when a data folder is new, such as"
                     " hospital.example/salus");
  command.add_option("--max-object-bytes", limits.max_object_bytes)->capture_default_str();
  command.add_option("--max-chunk-bytes", limits.max_chunk_bytes)->capture_default_str();
  command.add_option("--max-connections", limits.max_connections)->capture_default_str();
  command.add_option("--max-queued-runs", limits.max_queued_runs)->capture_default_str();
  command.add_option("--session-ms", limits.session_ms, "how long somebody who signed in stays so")
      ->check(CLI::Range(1'000, 86'400'000))
      ->capture_default_str();
  command
      .add_option("--max-run-bytes", limits.max_run_bytes,
                  "memory of one run: keys, tables and values; larger programs are refused")
      ->capture_default_str();
  command
      .add_option("--cache-bytes", limits.prepared_cache_bytes,
                  "memory for parsed keys and encoded programs")
      ->capture_default_str();
  command.add_flag("--listen-beyond-loopback-without-tls", serve.allow_plain_network,
                   "tokens then cross the network in clear: there is no TLS yet");
}

int run(int argc, char** argv) {
  Options options;
  options.quota_bytes = options.serve.limits.default_quota_bytes;
  CLI::App app("salusd computes on encrypted patients; it holds no key that decrypts.");
  app.set_version_flag("--version", std::string("salusd ") + SALUS_VERSION);
  app.require_subcommand(1);
  Status outcome;
  const auto folder_of = [&](CLI::App* command) {
    command->add_option("--data", options.serve.data, "the data folder")->required();
  };
  const auto json_of = [&](CLI::App* command) {
    command->add_flag("--json", options.as_json, "print one JSON object");
  };

  CLI::App* serve = app.add_subcommand("serve", "serve the HTTP interface");
  folder_of(serve);
  add_serve_options(*serve, options);
  serve->callback([&] { outcome = salusd::serve(options.serve); });

  CLI::App* account = app.add_subcommand("account", "who may ask");
  account->require_subcommand(1);
  CLI::App* add = account->add_subcommand("add", "make an account; prints its token this once");
  add->add_option("name", options.account_name)->required();
  add->add_option("--quota-bytes", options.quota_bytes)->capture_default_str();
  add->add_option("--identity", options.identity,
                  "public part of the identity that signs in to it, or a file with it; no token is"
                  " made then");
  folder_of(add);
  json_of(add);
  add->callback([&] { outcome = add_account(options); });
  CLI::App* list = account->add_subcommand("list", "accounts and the bytes they use");
  folder_of(list);
  json_of(list);
  list->callback([&] { outcome = list_accounts(options); });

  CLI::App* binding = account->add_subcommand("bind", "one more identity that signs in");
  binding->add_option("name", options.account_name)->required();
  binding->add_option("--identity", options.identity)->required();
  folder_of(binding);
  binding->callback([&] { outcome = bind_identity(options); });
  CLI::App* unbinding =
      account->add_subcommand("unbind", "this identity signs in no more; its sessions end");
  unbinding->add_option("identity", options.identity, "its id, 32 digits")->required();
  folder_of(unbinding);
  unbinding->callback([&] { outcome = unbind_identity(options); });

  CLI::App* check = app.add_subcommand("check", "read every object and hold it against its digest");
  folder_of(check);
  json_of(check);
  check->callback([&] { outcome = check_data(options); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    return app.exit(stop) == 0 ? 0 : 2;
  }
  if (outcome) return 0;
  std::fprintf(stderr, "salusd: %s\n", outcome.error().message.c_str());
  return exit_code(outcome.error().code);
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_dumps();
  try {
    return run(argc, argv);
  } catch (const std::exception& defect) {
    std::fprintf(stderr, "salusd: internal error: %s\n", defect.what());
    return 70;
  }
}
