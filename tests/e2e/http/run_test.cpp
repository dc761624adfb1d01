// Goal:   a twin is uploaded to a real salusd and asked two questions; the answers decrypt right and
//         the second question uses the cached basis.
// Method: the tiny program over HTTP; the result is compared with the same circuit in the clear and,
//         byte for byte, with the same engine in this process.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "support/http_client.h"
#include "support/salusd_process.h"
#include "support/tiny_world.h"

namespace salus::e2e {
namespace {

class RealServer : public testing::Test {
 protected:
  RealServer() : server_(folder_.path() / "data") {
    token_ = add_account(folder_.path() / "data", "alice");
    server_.start();
  }
  HttpClient client() const { return HttpClient(server_.port(), token_); }

  std::string upload(ByteView bytes, const std::string& kind) {
    const auto reply = client().upload(bytes, kind);
    EXPECT_TRUE(reply && reply->json().value("complete", false)) << (reply ? reply->body : "gone");
    return sha256(bytes).hex();
  }
  nlohmann::json finished(const std::string& run) {
    for (int i = 0; i < 600; ++i) {
      const auto reply = client().get("/v1/runs/" + run);
      const nlohmann::json view = reply.value().json();
      if (view.at("state") != "queued" && view.at("state") != "running") return view;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return {};
  }

  TemporaryFolder folder_;
  SalusdProcess server_;
  std::string token_;
};

TEST_F(RealServer, AnswersTwoQuestionsAndReusesTheBasis) {
  TinyPatient patient(tiny_program(), "twin", 1);
  const Bytes x = patient.encrypt(0.625), y = patient.encrypt(-0.375);
  const auto twin = client().post("/v1/twins",
                                  {{"name", "subject 1"},
                                   {"evaluation_keys", upload(patient.evaluation_keys(),
                                                              "evaluation_keys")},
                                   {"features", {{"x", upload(x, "ciphertext")},
                                                 {"y", upload(y, "ciphertext")}}}});
  ASSERT_EQ(twin.value().status, 201) << twin->body;

  for (int variant = 0; variant < 2; ++variant) {
    const program::Program program = tiny_program(variant);
    const std::string digest = upload(program::serialize(program), "program");
    const auto started = client().post(
        "/v1/runs", {{"twin", twin->json().at("id")}, {"program", digest}});
    ASSERT_EQ(started.value().status, 202) << started->body;
    const nlohmann::json run = finished(started->json().at("id"));
    ASSERT_EQ(run.at("state"), "done") << run.dump();
    EXPECT_EQ(run.at("basis_reused"), variant == 1);
    EXPECT_GT(run.at("server_seconds"), 0.0);

    const auto result = client().get("/v1/runs/" + run.at("id").get<std::string>() + "/result");
    ASSERT_EQ(result.value().status, 200);
    const Bytes bytes = to_bytes(as_bytes(result->body));
    EXPECT_EQ(bytes, undisturbed_result(program, patient, x, y));
    EXPECT_EQ(result->header("ETag"), "\"" + sha256(bytes).hex() + "\"");
    const std::vector<double> answers = patient.decrypt(bytes);
    const std::vector<double> expected = in_the_clear(program, 0.625, -0.375);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      EXPECT_NEAR(answers[i], expected[i], kTinyTolerance);
    }
  }
  EXPECT_EQ(server_.terminate(), 0);
  const Finished check =
      run_salusd({"check", "--json", "--data", (folder_.path() / "data").string()});
  EXPECT_EQ(check.exit_code, 0) << check.output;
}

}  // namespace
}  // namespace salus::e2e
