// Goal:   what a client remembers survives, and damage is an error instead of a surprise.
// Method: a folder in the system's temporary folder.

#include "client/workspace.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

class WorkspaceTest : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  const fs::path folder_ =
      fs::temp_directory_path() / ("salus-workspace-test-" + to_hex(random_seed()));
};

TEST_F(WorkspaceTest, TwinsAndRunsAreReadBack) {
  const Workspace workspace = must(Workspace::open(folder_));
  TwinRecord twin;
  twin.name = "subject-1";
  twin.features = {{"ka", "digest"}};
  twin.created = true;
  twin.keys = {{"rotation 16", {.digest = "d", .level = 2, .bytes = 5}},
               {"conjugation", {.digest = "e", .level = 0, .bytes = 2}}};
  must(workspace.save(twin));
  RunRecord run;
  run.last.id = "r-1";
  run.last.state = "done";
  run.last.server_seconds = 1.5;
  must(workspace.save(run));

  EXPECT_EQ(must(workspace.twin("subject-1")).features.at("ka"), "digest");
  EXPECT_TRUE(must(workspace.twin("subject-1")).created);
  EXPECT_EQ(must(workspace.twin("subject-1")).keys.at("rotation 16").level, 2);
  EXPECT_EQ(must(workspace.twin("subject-1")).key_bytes(), 7u);
  EXPECT_EQ(must(workspace.twins()).size(), 1u);
  EXPECT_EQ(must(workspace.run("r-1")).last.server_seconds, 1.5);
  must(workspace.forget_twin("subject-1"));
  EXPECT_EQ(workspace.twin("subject-1").error().code, ErrorCode::kNotFound);
}

TEST_F(WorkspaceTest, NamesThatAreNoFileNamesAreRefused) {
  const Workspace workspace = must(Workspace::open(folder_));

  for (const char* name : {"", "../x", "a/b", ".hidden", "a b", "\xC3\xA9"}) {
    EXPECT_EQ(workspace.twin(name).error().code, ErrorCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(workspace.twin(std::string(129, 'a')).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(workspace.twin(std::string(128, 'a')).error().code, ErrorCode::kNotFound);
}

TEST_F(WorkspaceTest, ARecordOfTheFirstFormatIsATwinWhoseKeysAreMadeAnew) {
  const Workspace workspace = must(Workspace::open(folder_));
  must(write_file(folder_ / "twins" / "old.json",
                  as_bytes(R"({"format":"salus-twin 1","name":"old","server":"s","id":"tw_1",
    "version":3,"key_id":"k","source":"s","evaluation_keys":"d","features":{"ka":"f"},
    "evaluation_key_bytes":7,"ciphertext_bytes":4})")));

  const TwinRecord twin = must(workspace.twin("old"));

  EXPECT_TRUE(twin.created);
  EXPECT_TRUE(twin.keys.empty());
  EXPECT_EQ(twin.version, 3u);
  EXPECT_EQ(must(workspace.twins()).size(), 1u);
}

TEST_F(WorkspaceTest, ADamagedRecordIsNamed) {
  const Workspace workspace = must(Workspace::open(folder_));
  must(write_file(folder_ / "twins" / "x.json", as_bytes("{\"format\":\"salus-twin 1\"}")));
  EXPECT_EQ(workspace.twin("x").error().code, ErrorCode::kParse);
  must(write_file(folder_ / "twins" / "x.json", as_bytes("{\"format\":\"salus-twin 9\"}")));
  EXPECT_EQ(workspace.twin("x").error().code, ErrorCode::kVersion);
}

TEST_F(WorkspaceTest, AStagedObjectIsThereUnlessItWasChanged) {
  const Workspace workspace = must(Workspace::open(folder_));
  const Bytes object = to_bytes(as_bytes("ciphertext"));
  const Digest digest = sha256(object);
  must(workspace.stage(digest, object));
  EXPECT_EQ(workspace.staged(digest), object);

  must(write_file(folder_ / "staged" / digest.hex(), as_bytes("ciphertexT")));
  EXPECT_FALSE(workspace.staged(digest));
  workspace.unstage(digest);
  EXPECT_FALSE(fs::exists(folder_ / "staged" / digest.hex()));
}

}  // namespace
}  // namespace salus::client
