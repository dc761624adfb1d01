#include "support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>

namespace salus::e2e {
namespace {

constexpr int kTimeoutSeconds = 60;

class Socket {
 public:
  explicit Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{kTimeoutSeconds, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connected() const { return connected_; }
  bool send_all(ByteView bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
    return true;
  }
  std::string receive_all() const {
    std::string all;
    char piece[65536];
    for (ssize_t got = 0; (got = ::recv(fd_, piece, sizeof piece, 0)) > 0;) {
      all.append(piece, static_cast<std::size_t>(got));
    }
    return all;
  }
  void finish_sending() const { ::shutdown(fd_, SHUT_WR); }

 private:
  int fd_;
  bool connected_ = false;
};

bool is_whole(const HttpReply& reply) {
  if (reply.status == 0) return false;
  const std::string length = reply.header("Content-Length");
  return length.empty() || std::stoull(length) == reply.body.size();
}

}  // namespace

std::string HttpReply::header(const std::string& name) const {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

HttpReply parse_reply(const std::string& raw) {
  HttpReply reply;
  const std::size_t end = raw.find("\r\n\r\n");
  if (end == std::string::npos || !raw.starts_with("HTTP/1.1 ")) return reply;
  reply.status = std::stoi(raw.substr(9, 3));
  reply.head = raw.substr(0, end + 2);
  reply.body = raw.substr(end + 4);
  return reply;
}

std::optional<HttpReply> HttpClient::send(const std::string& method, const std::string& target,
                                          ByteView body, const std::string& content_type) const {
  const Socket socket(port_);
  if (!socket.connected()) return std::nullopt;
  std::string head = method + " " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n";
  if (!token_.empty()) head += "Authorization: Bearer " + token_ + "\r\n";
  if (!content_type.empty()) head += "Content-Type: " + content_type + "\r\n";
  head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  Bytes message = to_bytes(as_bytes(head));
  append(message, body);
  (void)socket.send_all(message);  // a server that refuses early still replies
  HttpReply reply = parse_reply(socket.receive_all());
  if (!is_whole(reply)) return std::nullopt;
  return reply;
}

std::optional<HttpReply> HttpClient::post(const std::string& target,
                                          const nlohmann::json& body) const {
  const std::string text = body.dump();
  return send("POST", target, as_bytes(text), "application/json");
}

std::optional<HttpReply> HttpClient::put(const Digest& digest, std::uint64_t offset,
                                         ByteView bytes) const {
  return send("PUT", "/v1/objects/" + digest.hex() + "?offset=" + std::to_string(offset), bytes,
              "application/octet-stream");
}

std::string HttpClient::raw(ByteView bytes, bool close_early) const {
  const Socket socket(port_);
  if (!socket.connected()) return {};
  (void)socket.send_all(bytes);
  if (close_early) return {};
  socket.finish_sending();
  return socket.receive_all();
}

std::optional<HttpReply> HttpClient::upload(ByteView bytes, const std::string& kind) const {
  const Digest digest = sha256(bytes);
  const auto announced =
      post("/v1/objects", {{"digest", digest.hex()}, {"bytes", bytes.size()}, {"kind", kind}});
  if (!announced || announced->status >= 300) return announced;
  if (announced->json().at("complete").get<bool>()) return announced;
  const auto offset = announced->json().at("offset").get<std::uint64_t>();
  return put(digest, offset, bytes.subspan(offset));
}

}  // namespace salus::e2e
