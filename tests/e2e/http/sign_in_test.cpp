// Goal:   signing in, the log and receipts over HTTP are as the contract says, for those who may
// and
//         for those who may not.
// Method: requests by hand to a real salusd; every reply is held against docs/formats/openapi.yaml.
//         Signing in with an identity is in e2e/main_job/session_test.cpp.
#include "support/real_server.h"

namespace salus::e2e {
namespace {

using nlohmann::json;

class Doors : public RealServer {};

TEST_F(Doors, SigningInTakesAChallengeAndItsSignature) {
  const HttpReply asked = post("/v1/sign-in/challenge", {{"identity", "nobody"}});
  ASSERT_EQ(asked.status, 201) << asked.body;
  const std::string challenge = asked.json().at("challenge");
  const auto wrong = [&](const std::string& signature) {
    return post("/v1/sign-in",
                {{"identity", "nobody"}, {"challenge", challenge}, {"signature", signature}});
  };
  for (const std::string& signature : {std::string(128, '0'), std::string("x"), std::string()}) {
    expect_problem(wrong(signature), 401, "denied", {"not signed in"});
  }
  expect_problem(post("/v1/sign-in", {{"identity", "nobody"}}), 400, "invalid_argument",
                 {"challenge"});
  expect_problem(post("/v1/sign-in/challenge", {{"identity", 7}}), 400, "invalid_argument",
                 {"identity"});
  EXPECT_EQ(ask("DELETE", "/v1/sign-in").status, 204) << "an account's own token has no session";
  EXPECT_EQ(get("/v1/twins").status, 200) << "and stays";
  token_ = "salus_" + std::string(64, '0');
  EXPECT_EQ(ask("DELETE", "/v1/sign-in").status, 401);
}

TEST_F(Doors, TheLogIsOpenToAllAndWhatItSaysOfATwinIsItsOwners) {
  TinyPatient patient{tiny_program(), "twin", 1};
  const std::string twin = twin_of(patient, patient.encrypt(0.625), patient.encrypt(-0.375));
  const json program = upload(program::serialize(tiny_program()), "program");
  const json run =
      finished(post("/v1/runs", {{"twin", twin}, {"program", program}}).json().at("id"));
  const std::string id = run.at("id");
  const HttpReply receipt = get("/v1/runs/" + id + "/receipt");
  EXPECT_EQ(receipt.status, 200);
  EXPECT_TRUE(receipt.body.starts_with("c2sp.org/tlog-proof@v1\nextra ")) << receipt.body;
  EXPECT_EQ(get("/v1/twins/" + twin + "/log").json().at("entries").size(), 2u);

  token_ = add_account(data(), "bob");
  EXPECT_EQ(get("/v1/runs/" + id + "/receipt").status, 404);
  EXPECT_EQ(get("/v1/twins/" + twin + "/log").status, 404);
  token_ = "nobody";
  EXPECT_EQ(get("/v1/twins/" + twin + "/log").status, 401);
  EXPECT_EQ(get("/v1/log/checkpoint").status, 200);
  EXPECT_TRUE(get("/v1/log/key").body.starts_with("salusd-"));
  EXPECT_EQ(get("/v1/log/state").status, 404);
}

}  // namespace
}  // namespace salus::e2e
