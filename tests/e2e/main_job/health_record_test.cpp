// Goal:   a number of a FHIR bundle reaches the server encrypted and comes back as a score.
// Method: the built programs; a bundle by hand; CKD-EPI by its closed form.
#include <gtest/gtest.h>

#include <cmath>

#include "command_line.h"
#include "support/salusd_process.h"

namespace salus::e2e {
namespace {

constexpr const char* kBundle = R"({"resourceType":"Bundle","type":"collection","entry":[
 {"resource":{"resourceType":"Patient","id":"p1","birthDate":"1970-06-01","gender":"female"}},
 {"resource":{"resourceType":"Observation","id":"c1","status":"final","effectiveDateTime":"2020-06-01",
  "code":{"coding":[{"system":"http://loinc.org","code":"14682-9","display":"?"}]},
  "subject":{"reference":"Patient/p1"},
  "valueQuantity":{"value":106.1,"system":"http://unitsofmeasure.org","code":"umol/L"}}}]})";

TEST(HealthRecord, ABundleBecomesAnEncryptedScore) {
  const TemporaryFolder folder;
  SalusdProcess server(folder.path() / "data", {});
  must(write_file(folder.path() / "token", as_bytes(add_account(folder.path() / "data", "owner")),
                  FileMode::kOwnerOnly));
  must(write_file(folder.path() / "b.json", as_bytes(kBundle)));
  server.start();
  const auto run = [&](const std::string& arguments) {
    Said said =
        shell(folder.path(), "SALUS_SERVER=http://127.0.0.1:" + std::to_string(server.port()) +
                                 " SALUS_MODELS=" SALUS_REPOSITORY
                                 "/models SALUS_TOKEN_FILE=token " SALUS_PATH " " +
                                 arguments);
    EXPECT_EQ(said.code, 0) << arguments << "\n" << said.err;
    return said;
  };
  run("program build ckd_epi_2021 -o p.program -q");
  const auto read = run("features read b.json --program p.program -o f.json --json").json();
  EXPECT_NE(read.at("features").at(0).at("from").get<std::string>().find("umol/L"),
            std::string::npos);
  run("program upload p.program");
  run("key create --program p.program -o a.secret");
  run("twin create --key a.secret --program p.program --name t --features f.json");
  const std::string id = run("run start --twin t --program p.program").out;
  run("run watch " + id.substr(0, id.find('\n')));
  run("run fetch " + id.substr(0, id.find('\n')) + " -o r.ct");
  run("result open r.ct --key a.secret --program p.program --features f.json -o o");
  const auto result =
      nlohmann::json::parse(must(read_text_file(folder.path() / "o/result.json", 1 << 22)));
  const double creatinine = 106.1 * 113.12 / 1e4, age = 50;
  const double expected = 142 * std::pow(creatinine / 0.7, -1.2) * std::pow(0.9938, age) * 1.012;
  EXPECT_NEAR(result.at("subjects").at(0).at("curves").at(0).at(0).get<double>(), expected, 0.01);

  const Said missing = shell(
      folder.path(), SALUS_PATH " features read b.json --program p.program --set 'age=200 a'");
  EXPECT_EQ(missing.code, 3) << missing.err;
  EXPECT_NE(missing.err.find("certified box"), std::string::npos) << missing.err;
}

}  // namespace
}  // namespace salus::e2e
