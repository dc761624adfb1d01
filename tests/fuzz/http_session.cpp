// links: salus_http
// Bytes on a socket against a living server, TOKEN standing for a valid token: whatever comes, the
// server goes on answering. The engine behind it is a fake.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/random.h"
#include "http/server.h"
#include "service/testing/fake_executor.h"
#include "store/files/file_object_store.h"
#include "store/sqlite/sqlite_ledger.h"

namespace {

using namespace salus;

/// Calls again when a signal came between: libFuzzer's own alarm does, every few seconds.
auto uninterrupted(const auto& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class LivingServer {
 public:
  LivingServer() {
    const Seed random = random_seed();
    folder_ = std::filesystem::temp_directory_path() /
              ("salus-fuzz-" + to_hex(ByteView(random).first(8)));
    std::filesystem::create_directories(folder_);
    auto context = std::make_unique<service::Context>();
    context->ledger = must(store::open_sqlite_ledger(folder_ / "ledger.sqlite"));
    store::LogLedger& entries = context->ledger->log();
    context->journal =
        must(service::Journal::start(entries, service::log_in_folder(folder_, "fuzz", entries)));
    context->objects = must(store::open_file_object_store(folder_));
    context->executor = std::make_shared<service::FakeExecutor>();
    token_ =
        must(service::add_account(*context->ledger, context->limits, "fuzz", 1u << 30, 0)).token;
    service_ = must(service::Service::start(
        std::move(context), {.workers = 1,
                             .name = "fuzz",
                             .guard = [](const std::function<Status()>& work) { return work(); }}));
    api_ = std::make_unique<http::Api>(*service_);
    server_ = must(http::Server::start(*api_, {}));
  }
  ~LivingServer() {
    server_.reset();
    service_.reset();
    std::filesystem::remove_all(folder_);
  }

  const std::string& token() const { return token_; }

  std::string ask(const std::string& bytes) const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(server_->port());
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* address = reinterpret_cast<const sockaddr*>(&where);
    std::string answer;
    if (uninterrupted([&] { return ::connect(fd, address, sizeof where); }) == 0) {
      (void)uninterrupted([&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
      ::shutdown(fd, SHUT_WR);
      char piece[4096];
      const auto receive = [&] { return ::recv(fd, piece, sizeof piece, 0); };
      for (ssize_t got = 0; (got = uninterrupted(receive)) > 0;) {
        answer.append(piece, static_cast<std::size_t>(got));
      }
    }
    ::close(fd);
    return answer;
  }

 private:
  std::filesystem::path folder_;
  std::string token_;
  std::unique_ptr<service::Service> service_;
  std::unique_ptr<http::Api> api_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const LivingServer server;
  std::string text(reinterpret_cast<const char*>(data), size);
  if (const std::size_t at = text.find("TOKEN"); at != std::string::npos) {
    text.replace(at, 5, server.token());
  }
  (void)server.ask(text);
  const std::string alive = server.ask("GET /v1/health HTTP/1.1\r\nConnection: close\r\n\r\n");
  check(alive.starts_with("HTTP/1.1 200 OK"), "the server lives, it answered \"" + alive + "\"");
  return 0;
}
