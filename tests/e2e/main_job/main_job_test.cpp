// Goal:   tools/main-job, as tools/run starts it, gives right results for real patients and leaves
// the
//         server's side without their numbers.
// Method: two of the twelve subjects; results.json held against the acceptance of the main job and
//         against fits known from the literature note (domain-models.md 3.1).

#include <gtest/gtest.h>

#include <cmath>

#include "command_line.h"
#include "support/salusd_process.h"

namespace salus::e2e {
namespace {

namespace fs = std::filesystem;

nlohmann::json json_of(const fs::path& path) {
  return nlohmann::json::parse(must(read_text_file(path, 64u << 20)));
}

void expect_progress(const Said& said) {
  for (const char* words : {"== 1/2 subject 1", "== 2/2 subject 9", "basis re-used", "report "}) {
    EXPECT_NE(said.out.find(words), std::string::npos) << words;
  }
  EXPECT_NE(said.err.find("making keys"), std::string::npos);
}

void expect_acceptance(const nlohmann::json& all) {
  EXPECT_GE(all.at("security_bits").get<int>(), 128);
  EXPECT_EQ(all.at("ring_degree").get<int>(), 16384);
  EXPECT_LE(all.at("log_qp").get<double>(), 438);
  EXPECT_LE(all.at("max_error_encrypted_vs_clear").get<double>(), 1e-5);
  EXPECT_LE(all.at("max_error_encrypted_vs_clear").get<double>(),
            all.at("noise_bound").get<double>());
  ASSERT_EQ(all.at("subjects").size(), 2u);
  for (const nlohmann::json& subject : all.at("subjects")) {
    EXPECT_LE(subject.at("max_rel_error").get<double>(), 2e-4);
    EXPECT_GT(subject.at("rmse_measured").get<double>(), 0);
    EXPECT_LT(subject.at("rmse_measured").get<double>(), 1.5);
    EXPECT_GT(subject.at("upload_bytes").get<std::uint64_t>(),
              subject.at("key_bytes").get<std::uint64_t>());
    EXPECT_GT(subject.at("server_seconds").get<double>(), 0);
    EXPECT_FALSE(subject.at("basis_reused").get<bool>());
  }
}

void expect_known_fit(const nlohmann::json& fitted) {
  EXPECT_NEAR(fitted.at("ka").get<double>(), 1.777, 1.777e-3);
  EXPECT_NEAR(fitted.at("CL").get<double>(), 1.586, 1.586e-3);
  EXPECT_NEAR(fitted.at("V").get<double>(), 29.39, 29.39e-3);
}

void expect_reused_basis(const nlohmann::json& second) {
  EXPECT_TRUE(second.at("subjects").at(0).at("basis_reused").get<bool>());
  EXPECT_EQ(second.at("subjects").at(0).at("basis_seconds").get<double>(), 0);
}

void expect_files_of_the_owner(const fs::path& out) {
  const std::string csv = must(read_text_file(out / "curves.csv", 64u << 20));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 24 * 128);
  const std::string html = must(read_text_file(out / "report.html", 64u << 20));
  EXPECT_NE(html.find("id=\"subject-9\""), std::string::npos);
  EXPECT_EQ(html.find("https://"), std::string::npos);
  EXPECT_EQ(fs::status(out / "report.html").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

void expect_blind_server(const fs::path& folder) {
  const Said left = shell(folder, "grep -rlF 'salus-secret-key' job/server");
  EXPECT_NE(left.code, 0) << left.out;
  EXPECT_FALSE(fs::exists(folder / "job" / "server" / "listen"));
}

// One test: CTest gives each test a process of its own, and the job shall run once.
TEST(MainJob, TwoRealPatientsAreSimulatedOnCiphertextAndDrawn) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "job";
  const std::string bin = fs::path(SALUS_PATH).parent_path();

  const Said said = shell(folder.path(), std::string(SALUS_REPOSITORY) +
                                             "/tools/main-job --subjects 1,9 --bin '" + bin +
                                             "' --out '" + out.string() + "'");

  ASSERT_EQ(said.code, 0) << said.err;
  expect_progress(said);
  const nlohmann::json results = json_of(out / "results.json");
  expect_acceptance(results);
  expect_known_fit(results.at("subjects").at(0).at("fitted"));
  expect_reused_basis(json_of(out / "second" / "result.json"));
  expect_files_of_the_owner(out);
  expect_blind_server(folder.path());
}

}  // namespace
}  // namespace salus::e2e
