// Goal:   whatever a user gets wrong, `salus` says which object, which numbers and what next, with
// the
//         exit code of its kind, and leaves nothing half-written.
// Method: the built program on files that are broken in one place each; the tiny question.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "command_line.h"
#include "support/salusd_process.h"
#include "support/tiny_world.h"

namespace salus::e2e {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNobody = " --server http://127.0.0.1:9 --token-file token";

class BadInput : public testing::Test {
 protected:
  BadInput() {
    must(write_file(path("tiny.program"), program::serialize(tiny_program())));
    must(write_file(path("token"), as_bytes("secret-token\n"), FileMode::kOwnerOnly));
    features("0.5", "-0.25");
    EXPECT_EQ(run("key create --program tiny.program -o a.secret").code, 0);
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }
  Said run(const std::string& arguments) const { return salus(folder_.path(), arguments); }

  void features(const std::string& x, const std::string& y) const {
    must(write_file(path("f.json"),
                    as_bytes("{\"format\":\"salus-features 1\",\"features\":{\"x\":{\"value\":" +
                             x + ",\"unit\":\"1\"},\"y\":{\"value\":" + y + ",\"unit\":\"1\"}}}")));
  }
  Said create(const std::string& more) const {
    return run("twin create --key a.secret --program tiny.program --features f.json --name t " +
               more);
  }

  /// Exit code, and words of standard error.
  static void expect(const Said& said, int code, const std::vector<std::string>& words) {
    EXPECT_EQ(said.code, code) << said.err;
    for (const std::string& word : words) {
      EXPECT_NE(said.err.find(word), std::string::npos) << word << " is not in: " << said.err;
    }
  }

  TemporaryFolder folder_;
};

TEST_F(BadInput, ADryRunPrintsSizesAndSendsNothing) {
  const Said said = create("--dry-run --json");

  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_GT(said.json().at("upload_bytes").get<std::uint64_t>(), 100'000u);
  EXPECT_FALSE(fs::exists(path("salus-work")));
}

TEST_F(BadInput, APlanListsEveryKeyWithItsSizeBeforeAnythingIsMade) {
  const Said plan = run("key plan tiny.program tiny.program --json");
  ASSERT_EQ(plan.code, 0) << plan.err;
  const nlohmann::json all = plan.json();
  std::uint64_t bytes = 0;
  for (const auto& key : all.at("keys")) {
    bytes += key.at("bytes").get<std::uint64_t>();
    EXPECT_GT(key.at("seconds").get<double>(), 0) << key;
    EXPECT_FALSE(key.at("name").get<std::string>().empty());
  }
  EXPECT_EQ(all.at("evaluation_key_bytes"), bytes);
  EXPECT_EQ(all.at("keys").size(), all.at("evaluation_key_count"));
  const Said dry = create("--dry-run --json");
  EXPECT_EQ(dry.json().at("keys").size(), all.at("keys").size());

  const Said text = run("key plan tiny.program");
  for (const char* word : {"relinearization", "rotation 1", "level", "seconds", "to make"}) {
    EXPECT_NE(text.out.find(word), std::string::npos) << word << " is not in: " << text.out;
  }
  expect(run("key plan nowhere.program"), 5, {"nowhere.program"});
}

TEST_F(BadInput, AValueOutsideTheBoxIsRefusedWithTheBox) {
  features("1.5", "0");
  expect(create("--dry-run"), 3, {"parameter x", "-1 .. 1"});
}

TEST_F(BadInput, NotANumberAndAMissingUnitAreRefused) {
  must(write_file(
      path("f.json"),
      as_bytes(R"({"format":"salus-features 1","features":{"x":{"value":NaN,"unit":"1"}}})")));
  expect(create("--dry-run"), 2, {"f.json"});
  must(write_file(path("f.json"),
                  as_bytes(R"({"format":"salus-features 1","features":{"x":{"value":0.5}}})")));
  expect(create("--dry-run"), 2, {"f.json", "x has no unit"});
  must(write_file(
      path("f.json"),
      as_bytes(R"({"format":"salus-features 1","features":{"x":{"value":0.5,"unit":"1"}}})")));
  expect(create("--dry-run"), 2, {"y"});
}

TEST_F(BadInput, FilesOfUnknownVersionsAreNamed) {
  must(write_file(path("v.program"), as_bytes("salus-program 9\n{}\n")));
  expect(run("program show v.program"), 2, {"v.program", "version"});
  must(write_file(path("v.secret"), as_bytes("salus-secret-key 9\n"), FileMode::kOwnerOnly));
  expect(run("key show v.secret"), 2, {"v.secret", "version 9"});
}

TEST_F(BadInput, ATruncatedOrChangedKeyFileIsNotVerified) {
  Bytes key = must(read_file(path("a.secret"), 1 << 20));
  key.pop_back();
  must(write_file(path("b.secret"), key, FileMode::kOwnerOnly));
  expect(run("key show b.secret"), 4, {"b.secret", "bytes, expected"});
}

TEST_F(BadInput, AKeyIsNeverOverwritten) {
  const Bytes before = must(read_file(path("a.secret"), 1 << 20));
  expect(run("key create --program tiny.program -o a.secret"), 2, {"never overwritten"});
  EXPECT_EQ(must(read_file(path("a.secret"), 1 << 20)), before);
}

TEST_F(BadInput, AServerThatIsDownIsUnavailableAndTheTwinIsKeptForLater) {
  const Said said = create(kNobody);

  expect(said, 6, {"127.0.0.1:9", "salusd"});
  EXPECT_EQ(said.err.find("secret-token"), std::string::npos);
  const Said list = run("twin list --json");
  EXPECT_EQ(list.json().at("twins").at(0).at("id").get<std::string>(), "");
}

TEST_F(BadInput, PlainHttpToAnotherMachineIsRefusedBeforeTheTokenLeaves) {
  expect(create("--server http://example.com --token-file token"), 3, {"tunnel"});
  expect(create("--server ftp://x --token-file token"), 2, {"http://"});
  expect(create("--server http://127.0.0.1:9 --token-file nowhere"), 5, {"nowhere"});
}

TEST_F(BadInput, AFullDiskLeavesNothingHalfWritten) {
  // A file size limit stands for a full disk: the write of the keys breaks off in the middle.
  const Said said =
      shell(folder_.path(), "trap '' XFSZ; ulimit -f 100; " + std::string(SALUS_PATH) +
                                " twin create --key a.secret --program tiny.program "
                                "--features f.json --name t" +
                                kNobody);

  EXPECT_NE(said.code, 0);
  EXPECT_NE(said.err.find("cannot write"), std::string::npos) << said.err;
  for (const auto& entry : fs::recursive_directory_iterator(path("salus-work"))) {
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
  }
  EXPECT_TRUE(run("twin list --json").json().at("twins").empty());
}

TEST_F(BadInput, UsageErrorsAreTwoAndEveryVerbExplainsItself) {
  expect(run("twin"), 2, {});
  expect(run("twin create"), 2, {});
  expect(run("frobnicate"), 2, {});
  EXPECT_EQ(run("--version").out.rfind("salus 0.", 0), 0u);
  for (const char* verb :
       {"model check",   "model show",   "model list",     "model simulate", "model fit",
        "program build", "program show", "program upload", "key create",     "key show",
        "key plan",      "twin create",  "twin list",      "twin show",      "twin erase",
        "run start",     "run show",     "run list",       "run watch",      "run cancel",
        "run fetch",     "result open",  "result join"}) {
    const Said said = run(std::string(verb) + " --help");
    EXPECT_EQ(said.code, 0) << verb;
    EXPECT_NE(said.out.find("--json"), std::string::npos) << verb;
  }
}

TEST_F(BadInput, ErrorsAreJsonWhereJsonWasAsked) {
  const Said said = run("twin show nobody --json");

  EXPECT_EQ(said.code, 5);
  EXPECT_EQ(said.json().at("error").at("code").get<std::string>(), "not_found");
}

TEST_F(BadInput, TablesOfMeasurementsAreCheckedColumnByColumn) {
  const std::string fit = "model fit " + std::string(SALUS_REPOSITORY) +
                          "/models/theophylline.toml --data d.csv --subject 1 --map subject=id "
                          "--map dose=dose:mg --map time=t:h --map value=c:mg/L";
  const auto table = [&](const std::string& text) {
    must(write_file(path("d.csv"), as_bytes(text)));
    return run(fit);
  };
  expect(table(""), 2, {"d.csv", "empty"});
  expect(table("id,dose,t,c,extra\n1,320,1,2,3\n"), 2, {"unknown column \"extra\""});
  expect(table("id,dose,t,c\n1,320,1,NaN\n"), 2, {"line 2", "\"c\""});
  expect(table("id,dose,t,c\n1,320,1,-2\n"), 2, {"negative"});
  expect(table("id,dose,t,c\n1,320,1,2\n1,320,1,3\n"), 2, {"two measurements"});
  expect(table("id,dose,t,c\n2,320,1,2\n"), 5, {"no subject \"1\""});
  must(write_file(path("d.csv"), as_bytes("id,dose,t,c\n1,320,1,2\n")));
  expect(run("model fit theophylline --data d.csv --subject 1 --models " +
             std::string(SALUS_REPOSITORY) + "/models"),
         5, {"d.mapping.toml", "--map"});
}

}  // namespace
}  // namespace salus::e2e
