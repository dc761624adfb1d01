#include "support/real_server.h"

#include <chrono>
#include <thread>

namespace salus::e2e {

using nlohmann::json;

RealServer::RealServer(std::vector<std::string> options, std::uint64_t quota_bytes)
    : server_(folder_.path() / "data", std::move(options)) {
  token_ = add_account(data(), "alice", quota_bytes);
  server_.start();
}

Contract& RealServer::contract() {
  static Contract contract(std::filesystem::path(SALUS_REPOSITORY) / "docs/formats/openapi.yaml");
  return contract;
}

HttpReply RealServer::ask(const std::string& method, const std::string& target, ByteView body,
                          const std::string& content_type) {
  const auto reply = client().send(method, target, body, content_type);
  if (!reply) {
    ADD_FAILURE() << method << " " << target << ": no reply";
    return {};
  }
  const std::string wrong = contract().violation(method, target, *reply);
  EXPECT_TRUE(wrong.empty()) << wrong;
  return *reply;
}

HttpReply RealServer::post(const std::string& target, const json& body) {
  const std::string text = body.dump();
  return ask("POST", target, as_bytes(text), "application/json");
}

HttpReply RealServer::put(ByteView object, std::uint64_t offset, ByteView bytes) {
  return ask("PUT", "/v1/objects/" + sha256(object).hex() + "?offset=" + std::to_string(offset),
             bytes, "application/octet-stream");
}

HttpReply RealServer::announce(ByteView object, const std::string& kind) {
  return post("/v1/objects",
              {{"digest", sha256(object).hex()}, {"bytes", object.size()}, {"kind", kind}});
}

HttpReply RealServer::send(ByteView object, const std::string& kind) {
  HttpReply announced = announce(object, kind);
  if (announced.status >= 300 || announced.json().at("complete").get<bool>()) return announced;
  return put(object, 0, object);
}

std::string RealServer::upload(ByteView object, const std::string& kind) {
  const HttpReply reply = send(object, kind);
  EXPECT_LT(reply.status, 300) << reply.body;
  return sha256(object).hex();
}

json RealServer::upload_keys(const TinyPatient& patient) {
  json keys = json::object();
  for (const auto& [name, object] : patient.evaluation_keys()) {
    keys[name] = upload(object, "evaluation_key");
  }
  return keys;
}

std::string RealServer::twin_of(const TinyPatient& patient, ByteView x, ByteView y,
                                const std::string& name) {
  const json keys = upload_keys(patient);
  const json features{{"x", upload(x, "ciphertext")}, {"y", upload(y, "ciphertext")}};
  const HttpReply twin =
      post("/v1/twins", {{"name", name}, {"evaluation_keys", keys}, {"features", features}});
  EXPECT_EQ(twin.status, 201) << twin.body;
  return twin.json().value("id", "");
}

json RealServer::finished(const std::string& run) {
  for (int i = 0; i < 3000; ++i) {
    const json view = get("/v1/runs/" + run).json();
    if (view.at("state") != "queued" && view.at("state") != "running") return view;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ADD_FAILURE() << "run " << run << " did not end";
  return {};
}

void RealServer::expect_problem(const HttpReply& reply, int status, const std::string& code,
                                const std::vector<std::string>& words) {
  EXPECT_EQ(reply.status, status) << reply.body;
  const json problem = reply.json();
  ASSERT_TRUE(problem.is_object()) << reply.body;
  EXPECT_EQ(problem.value("code", ""), code) << reply.body;
  const std::string detail = problem.value("detail", "");
  for (const std::string& word : words) {
    EXPECT_NE(detail.find(word), std::string::npos) << "\"" << word << "\" not in: " << detail;
  }
}

}  // namespace salus::e2e
