// Goal:   a twin is uploaded to a real salusd and asked two questions; the answers decrypt right
// and
//         the second question uses the cached basis.
// Method: the tiny program over HTTP; the result is compared with the same circuit in the clear
// and,
//         byte for byte, with the same engine in this process. Every reply is held against
//         docs/formats/openapi.yaml.
#include "support/real_server.h"

namespace salus::e2e {
namespace {

using nlohmann::json;

class RunOverHttp : public RealServer {
 protected:
  TinyPatient patient_{tiny_program(), "twin", 1};
  const Bytes x_ = patient_.encrypt(0.625);
  const Bytes y_ = patient_.encrypt(-0.375);

  json start(const std::string& twin, const program::Program& program) {
    const HttpReply started = post(
        "/v1/runs", {{"twin", twin}, {"program", upload(program::serialize(program), "program")}});
    EXPECT_EQ(started.status, 202) << started.body;
    return started.json();
  }
  Bytes result_of(const json& run) {
    const HttpReply result = get("/v1/runs/" + run.at("id").get<std::string>() + "/result");
    EXPECT_EQ(result.status, 200);
    EXPECT_EQ(result.header("ETag"), "\"" + sha256(as_bytes(result.body)).hex() + "\"");
    return to_bytes(as_bytes(result.body));
  }
};

TEST_F(RunOverHttp, AnswersTwoQuestionsAndReusesTheBasis) {
  const std::string twin = twin_of(patient_, x_, y_);
  for (int variant = 0; variant < 2; ++variant) {
    const program::Program program = tiny_program(variant);
    const json run = finished(start(twin, program).at("id"));
    ASSERT_EQ(run.at("state"), "done") << run.dump();
    EXPECT_EQ(run.at("basis_reused"), variant == 1);
    EXPECT_GT(run.at("server_seconds"), 0.0);

    const Bytes result = result_of(run);
    EXPECT_EQ(result, undisturbed_result(program, patient_, x_, y_));
    const std::vector<double> answers = patient_.decrypt(result);
    const std::vector<double> expected = in_the_clear(program, 0.625, -0.375);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      EXPECT_NEAR(answers[i], expected[i], kTinyTolerance);
    }
  }
  EXPECT_EQ(server_.terminate(), 0);
  EXPECT_EQ(run_salusd({"check", "--data", data().string()}).exit_code, 0);
}

TEST_F(RunOverHttp, ANewRotationNeedsOneMoreKeyAndKeepsTheBasis) {
  const std::string twin = twin_of(patient_, x_, y_);
  ASSERT_EQ(finished(start(twin, tiny_program()).at("id")).at("state"), "done");
  const program::Program rotated = tiny_rotated(5);
  const std::string program = upload(program::serialize(rotated), "program");
  const json question{{"twin", twin}, {"program", program}};
  expect_problem(post("/v1/runs", question), 422, "missing_key", {"rotation 5 at level 0"});

  json next = get("/v1/twins/" + twin).json();
  json keys = next.at("evaluation_keys");
  const std::uint32_t element = ckks::galois_element_of_rotation(patient_.params()->log_n(), 5);
  keys["rotation 5"] = upload(patient_.make_key(element, 0), "evaluation_key");
  const HttpReply second = post(
      "/v1/twins",
      {{"name", next.at("name")}, {"evaluation_keys", keys}, {"features", next.at("features")}});
  ASSERT_EQ(second.status, 201) << second.body;
  EXPECT_EQ(second.json().at("evaluation_keys").size(), patient_.evaluation_keys().size() + 1);

  const json run = finished(start(twin, rotated).at("id"));
  ASSERT_EQ(run.at("state"), "done") << run.dump();
  EXPECT_TRUE(run.at("basis_reused").get<bool>()) << "the basis uses none of the new keys";
  const std::vector<double> answers = patient_.decrypt(result_of(run));
  const std::vector<double> expected = in_the_clear(rotated, 0.625, -0.375);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_NEAR(answers[i], expected[i], kTinyTolerance);
  }
}

TEST_F(RunOverHttp, SendsEventsUntilTheRunEnds) {
  const std::string run = start(twin_of(patient_, x_, y_), tiny_program()).at("id");

  const HttpReply events = get("/v1/runs/" + run + "/events");

  EXPECT_EQ(events.status, 200);
  EXPECT_NE(events.body.find("event: run\ndata: {"), std::string::npos) << events.body;
  EXPECT_NE(events.body.find("\"state\":\"done\""), std::string::npos) << events.body;
  EXPECT_TRUE(events.body.ends_with("0\r\n\r\n"));
}

TEST_F(RunOverHttp, ErasesATwinWithEverythingThatOnlyItUsed) {
  const std::string twin = twin_of(patient_, x_, y_);
  const json run = finished(start(twin, tiny_program()).at("id"));
  ASSERT_EQ(run.at("state"), "done");

  EXPECT_EQ(ask("DELETE", "/v1/twins/" + twin).status, 204);

  expect_problem(get("/v1/twins/" + twin), 404, "not_found", {twin});
  expect_problem(get("/v1/runs/" + run.at("id").get<std::string>()), 404, "not_found");
  expect_problem(get("/v1/objects/" + sha256(x_).hex()), 404, "not_found");
  EXPECT_EQ(server_.terminate(), 0);
  const Finished check = run_salusd({"check", "--json", "--data", data().string()});
  EXPECT_EQ(json::parse(check.output).at("objects"), 1);  // the program
}

TEST_F(RunOverHttp, CancelsAndListsRuns) {
  const json run = start(twin_of(patient_, x_, y_), tiny_program());
  const std::string path = "/v1/runs/" + run.at("id").get<std::string>();
  EXPECT_EQ(ask("DELETE", path).status, 204);
  const json ended = finished(run.at("id"));
  EXPECT_TRUE(ended.at("state") == "cancelled" || ended.at("state") == "done");
  EXPECT_EQ(ask("DELETE", path).status, 204);
  EXPECT_EQ(get("/v1/runs").json().at("runs").size(), 1u);
  EXPECT_EQ(get("/v1/twins").json().at("twins").size(), 1u);
  EXPECT_EQ(get("/v1/health").json().at("status"), "ok");
  EXPECT_GT(get("/v1/limits").json().at("max_object_bytes"), 0);
}

TEST_F(RunOverHttp, KeepsAccountsApart) {
  const std::string twin = twin_of(patient_, x_, y_);
  const json run = finished(start(twin, tiny_program()).at("id"));
  const std::string alice = token_;
  token_ = add_account(data(), "bob");

  expect_problem(get("/v1/twins/" + twin), 404, "not_found");
  expect_problem(get("/v1/runs/" + run.at("id").get<std::string>() + "/result"), 404, "not_found");
  expect_problem(get("/v1/objects/" + sha256(x_).hex()), 404, "not_found");
  expect_problem(ask("DELETE", "/v1/twins/" + twin), 404, "not_found");
  // Knowing a digest is not having the object: bob must send the bytes himself.
  EXPECT_FALSE(announce(x_, "ciphertext").json().at("complete").get<bool>());
  token_ = alice;
  EXPECT_EQ(get("/v1/twins/" + twin).status, 200);
}

}  // namespace
}  // namespace salus::e2e
