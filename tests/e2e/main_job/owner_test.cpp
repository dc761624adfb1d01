// Goal:   an owner's way through a real server: create, interrupt, resume, run, fetch, open; and a
//         result opens only with its own key and program.
// Method: the tiny question, the built programs, a server that is killed in between.

#include <gtest/gtest.h>

#include "owner.h"

namespace salus::e2e {
namespace {

TEST_F(Owner, AQuestionIsAnsweredAndOpenedByItsOwnerOnly) {
  ASSERT_EQ(create().code, 0);
  const std::string id = ask("tiny.program");

  const Said opened = open("--key a.secret --program tiny.program --json --run " + id);
  ASSERT_EQ(opened.code, 0) << opened.err;
  EXPECT_LE(opened.json().at("max_error_encrypted_vs_clear").get<double>(), 1e-4);
  const auto whole = nlohmann::json::parse(must(read_text_file(path("o/result.json"), 1 << 20)));
  const std::vector<double> clear = in_the_clear(tiny_program(), 0.5, -0.25);
  EXPECT_NEAR(whole.at("subjects").at(0).at("curves").at(1).at(3).get<double>(), clear[7], 1e-3);

  EXPECT_EQ(open("--key b.secret --program tiny.program").code, 4);
  EXPECT_EQ(open("--key a.secret --program other.program --run " + id).code, 4);
  Bytes result = must(read_file(path("r.ct"), 1 << 24));
  result[result.size() / 2] ^= std::byte{1};
  must(write_file(path("r.ct"), result));
  EXPECT_EQ(open("--key a.secret --program tiny.program").code, 4);
}

TEST_F(Owner, AnInterruptedUploadGoesOnAndSendsNothingTwice) {
  server_.terminate();
  EXPECT_EQ(create().code, 6);
  server_.start();
  const Said first = create();
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.json().at("sent_bytes"), first.json().at("upload_bytes"));
  EXPECT_EQ(first.json().at("version").get<int>(), 1);
  EXPECT_TRUE(fs::is_empty(path("salus-work/staged")));
}

TEST_F(Owner, KilledAnywhereItGoesOnAndMakesOneTwin) {
  Said said;
  for (int tries = 1; tries <= 60; ++tries) {
    said = limited(0.02 * tries,
                   "twin create --key a.secret --program tiny.program "
                   "--features f.json --name t --json");
    if (said.code == 0) break;
  }
  if (said.code != 0) said = create();
  ASSERT_EQ(said.code, 0) << said.err;
  const Said twins =
      run("twin list --json --server http://127.0.0.1:" + std::to_string(server_.port()) +
          " --token-file token");
  EXPECT_EQ(twins.json().at("twins").size(), 1u);
  ask("tiny.program");
}

TEST_F(Owner, ASecondQuestionReusesTheBasis) {
  ASSERT_EQ(create().code, 0);
  ask("tiny.program");

  const std::string id = ask("other.program");

  EXPECT_TRUE(run("run show " + id + " --json").json().at("basis_reused").get<bool>());
  EXPECT_EQ(run("run list --json").json().at("runs").size(), 2u);
}

TEST_F(Owner, AnotherProgramSendsOnlyTheKeyThatIsMissing) {
  const std::string create = "twin create --key a.secret --features f.json --name t --json ";
  const Said first = run(create + "--program tiny.program");
  ASSERT_EQ(first.code, 0) << first.err;
  ask("tiny.program");
  const auto keys_of = [](const Said& said) {
    return said.json().at("evaluation_key_count").get<int>();
  };

  const Said planned = run(create + "--program rotated.program --dry-run");
  ASSERT_EQ(planned.code, 0) << planned.err;
  EXPECT_EQ(planned.json().at("made_count").get<int>(), 1);
  const Said second = run(create + "--program rotated.program");
  ASSERT_EQ(second.code, 0) << second.err;

  EXPECT_EQ(second.json().at("made_count").get<int>(), 1);
  EXPECT_EQ(second.json().at("version").get<int>(), 2);
  EXPECT_EQ(keys_of(second), keys_of(first) + 1);
  EXPECT_EQ(second.json().at("sent_bytes"), planned.json().at("upload_bytes"));
  EXPECT_EQ(second.json().at("skipped_bytes"), first.json().at("evaluation_key_bytes"));
  ask("rotated.program");
  const std::string id = ask("tiny.program");
  EXPECT_EQ(open("--key a.secret --program tiny.program --run " + id).code, 0);

  // Nothing is missing any more; another secret key shares nothing.
  const Said third = run(create + "--program tiny.program");
  EXPECT_EQ(third.json().at("made_count").get<int>(), 0);
  EXPECT_EQ(keys_of(third), keys_of(second)) << "a version keeps the keys of the last one";
  const Said other =
      run("twin create --key b.secret --features f.json --name t --json "
          "--program tiny.program");
  EXPECT_EQ(other.json().at("made_count").get<int>(), keys_of(first));
  EXPECT_EQ(other.json().at("skipped_bytes").get<int>(), 0);
}

TEST_F(Owner, KeysThatTheServerLostAreMadeAgain) {
  ASSERT_EQ(create().code, 0);
  const std::string id = run("twin show t --json").json().at("id");
  ASSERT_EQ(shell(folder_.path(), "cp -r salus-work kept").code, 0);
  ASSERT_EQ(run("twin erase t").code, 0);
  ASSERT_EQ(shell(folder_.path(), "rm -r salus-work && mv kept salus-work").code, 0);

  const Said again = create();

  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.json().at("sent_bytes"), again.json().at("upload_bytes"));
  EXPECT_NE(again.json().at("id").get<std::string>(), id);
}

TEST_F(Owner, AnErasedTwinIsGoneOnBothSides) {
  ASSERT_EQ(create().code, 0);

  EXPECT_EQ(run("twin erase t").code, 0);

  EXPECT_EQ(run("twin show t").code, 5);
  EXPECT_TRUE(run("twin list --json").json().at("twins").empty());
}

TEST_F(Owner, WhatIsGivenWinsOverTheEnvironment) {
  EXPECT_EQ(run("twin list").code, 0);
  must(write_file(path("other"), as_bytes("wrong"), FileMode::kOwnerOnly));
  EXPECT_EQ(run("twin list --token-file other").code, 3);
  EXPECT_EQ(run("twin list --token-file absent").code, 5);
  EXPECT_EQ(run("log check --workspace elsewhere").code, 0);
  EXPECT_TRUE(fs::exists(path("elsewhere/logs")));
}

TEST_F(Owner, AWrongTokenIsRefused) {
  must(write_file(path("token"), as_bytes("wrong"), FileMode::kOwnerOnly));
  EXPECT_EQ(create().code, 3);
}

TEST_F(Owner, AProgramThatTheServerLacksIsNamedWithTheNextStep) {
  ASSERT_EQ(create().code, 0);

  const Said started = run("run start --twin t --program tiny.program");

  EXPECT_EQ(started.code, 5) << started.err;
  EXPECT_NE(started.err.find("salus program upload"), std::string::npos);
}

}  // namespace
}  // namespace salus::e2e
