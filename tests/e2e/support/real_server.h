// A test with a real salusd and an account on it. Every reply is held against the contract.
#pragma once

#include <gtest/gtest.h>

#include "support/contract.h"
#include "support/http_client.h"
#include "support/salusd_process.h"
#include "support/tiny_world.h"

namespace salus::e2e {

class RealServer : public testing::Test {
 protected:
  explicit RealServer(std::vector<std::string> options = {}, std::uint64_t quota_bytes = 0);

  std::filesystem::path data() const { return folder_.path() / "data"; }
  HttpClient client() const { return HttpClient(server_.port(), token_); }

  /// The reply, checked against openapi.yaml; a test failure when nobody answers.
  HttpReply ask(const std::string& method, const std::string& target, ByteView body = {},
                const std::string& content_type = {});
  HttpReply get(const std::string& target) { return ask("GET", target); }
  HttpReply post(const std::string& target, const nlohmann::json& body);
  HttpReply put(ByteView object, std::uint64_t offset, ByteView bytes);
  HttpReply announce(ByteView object, const std::string& kind);
  /// Announces and sends everything; the last reply.
  HttpReply send(ByteView object, const std::string& kind);
  /// The same, which must succeed; its digest.
  std::string upload(ByteView object, const std::string& kind);
  /// All evaluation keys, by name.
  nlohmann::json upload_keys(const TinyPatient& patient);
  /// A twin with these features; its identifier.
  std::string twin_of(const TinyPatient& patient, ByteView x, ByteView y,
                      const std::string& name = "subject 1");
  /// The run once it has ended.
  nlohmann::json finished(const std::string& run);

  /// `code` and words that the problem's detail must hold.
  static void expect_problem(const HttpReply& reply, int status, const std::string& code,
                             const std::vector<std::string>& words = {});

  static Contract& contract();

  TemporaryFolder folder_;
  SalusdProcess server_;
  std::string token_;
};

}  // namespace salus::e2e
