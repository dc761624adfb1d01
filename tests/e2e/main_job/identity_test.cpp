// Goal:   an identity is made, opened, re-wrapped and brought back from paper and from guardians
//         through the command line, and a twin's key follows from it.
// Method: the built `salus`, files in a folder, no server.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "command_line.h"

namespace salus::e2e {
namespace {

namespace fs = std::filesystem;

class IdentityCommands : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_);
    keep("pw", "correct horse battery\n");
    keep("pw2", "another staple here\n");
    id_ = run("identity create -o alice.identity --passphrase-file pw" + cheap_)
              .json()
              .at("id")
              .get<std::string>();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void keep(const std::string& name, const std::string& text) const {
    must(write_file(folder_ / name, as_bytes(text), FileMode::kOwnerOnly));
  }
  Said run(const std::string& arguments) const { return salus(folder_, arguments + " --json"); }
  std::string id_of(const Said& said) const {
    EXPECT_EQ(said.code, 0) << said.err;
    return said.code == 0 ? said.json().at("id").get<std::string>() : "";
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("salus-identity-e2e-" + to_hex(random_seed()));
  const std::string cheap_ = " --memory 19 --passes 2";
  std::string id_;
};

TEST_F(IdentityCommands, ComeBackFromPaperAndFromGuardians) {
  const Said code = run("identity code alice.identity --passphrase-file pw");
  ASSERT_EQ(code.code, 0) << code.err;
  keep("code", code.json().at("code").get<std::string>());
  EXPECT_EQ(id_of(run("identity recover --code-file code -o paper.identity --passphrase-file pw2" +
                      cheap_)),
            id_);
  EXPECT_EQ(id_of(run("identity split alice.identity --passphrase-file pw --threshold 2 --count 3 "
                      "-o shares")),
            id_);
  EXPECT_EQ(id_of(run("identity recover --share shares/share-3.txt --share shares/share-1.txt -o "
                      "guardians.identity --passphrase-file pw2" +
                      cheap_)),
            id_);
  EXPECT_EQ(id_of(run("identity rewrap alice.identity --passphrase-file pw "
                      "--new-passphrase-file pw2 -o new.identity" +
                      cheap_)),
            id_);
  EXPECT_EQ(run("identity code new.identity --passphrase-file pw").code, 3);
  EXPECT_EQ(run("identity code new.identity --passphrase-file pw2").json(), code.json());
}

TEST_F(IdentityCommands, SayWhatIsWrong) {
  const auto refused = [&](const std::string& arguments, int code, const std::string& why) {
    const Said said = run("identity " + arguments);
    EXPECT_EQ(said.code, code) << arguments;
    EXPECT_NE(said.err.find(why), std::string::npos) << said.err;
  };
  refused("create -o alice.identity --passphrase-file pw" + cheap_, 2, "never overwritten");
  refused("code alice.identity --passphrase-file pw2", 3, "passphrase is wrong");
  refused("create -o b.identity --passphrase-file pw --memory 4", 3, "19 to 1024 MiB");
  keep("short", "short\n");
  refused("create -o b.identity --passphrase-file short" + cheap_, 2, "at least 12");
  refused("recover -o b.identity --passphrase-file pw", 2, "--code-file");
  keep("typo", "000G-40R4");
  refused("recover --code-file typo -o b.identity --passphrase-file pw", 2, "expected 56");
  fs::permissions(folder_ / "pw", fs::perms::others_read, fs::perm_options::add);
  refused("code alice.identity --passphrase-file pw", 3, "chmod 600");
  EXPECT_FALSE(fs::exists(folder_ / "b.identity")) << "nothing half-written";
}

TEST_F(IdentityCommands, ATwinsKeyFollowsFromTheIdentity) {
  ASSERT_EQ(salus(folder_,
                  "program build theophylline --models " SALUS_REPOSITORY "/models -o p.program -q")
                .code,
            0);
  const auto key = [&](const std::string& name, const std::string& more) {
    return id_of(run("key create --program p.program -o " + name + ".secret " + more));
  };
  const std::string alice = "--identity alice.identity --passphrase-file pw";
  const std::string first = key("heart", alice);
  EXPECT_EQ(key("again", alice + " --twin heart"), first);
  EXPECT_NE(key("liver", alice), first);
  EXPECT_NE(key("random", ""), first);
}

}  // namespace
}  // namespace salus::e2e
