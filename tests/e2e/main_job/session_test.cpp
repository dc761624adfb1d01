// Goal:   somebody with an identity signs in to a real server, works, signs out; nobody else does.
// Method: the built programs; an account without a token; a stolen token; another server's place.

#include "owner.h"

namespace salus::e2e {
namespace {

class Sessions : public Owner {
 protected:
  Sessions() {
    must(
        write_file(path("pass"), as_bytes("correct horse battery staple\n"), FileMode::kOwnerOnly));
    EXPECT_EQ(made("me").code, 0);
    EXPECT_EQ(made("eve").code, 0);
    const Said shown = run("identity show me.identity --json");
    must(write_file(path("me.public"),
                    as_bytes(shown.json().at("public").get<std::string>() + "\n")));
    const Finished added =
        run_salusd({"account", "add", "ward", "--identity", path("me.public").string(), "--data",
                    path("data").string(), "--json"});
    EXPECT_EQ(added.exit_code, 0) << added.output;
    EXPECT_EQ(added.output.find("token"), std::string::npos);
    fs::remove(path("token"));
  }
  Said made(const std::string& name) const {
    return run("identity create -o " + name +
               ".identity --passphrase-file pass --memory 19 --passes 2");
  }
  Said open(const std::string& name) const {
    return run("session open --identity " + name + ".identity --passphrase-file pass");
  }
};

TEST_F(Sessions, ComeWithAnIdentityAndEndWithSigningOut) {
  EXPECT_NE(run("twin list").code, 0) << "no token";
  const Said opened = open("me");
  ASSERT_EQ(opened.code, 0) << opened.err;
  EXPECT_NE(opened.out.find("signed in to account ward until"), std::string::npos) << opened.out;
  EXPECT_EQ(fs::status(path("token")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_EQ(create().code, 0);
  ask("tiny.program");
  EXPECT_EQ(Owner::open("--key a.secret --program tiny.program").code, 0);

  fs::copy_file(path("token"), path("stolen"));
  EXPECT_EQ(run("session close").code, 0);
  EXPECT_FALSE(fs::exists(path("token")));
  fs::rename(path("stolen"), path("token"));
  const Said stolen = run("twin list");
  EXPECT_EQ(stolen.code, 3) << stolen.err;
}

TEST_F(Sessions, AreNotForOtherIdentitiesOrPassphrases) {
  EXPECT_EQ(open("eve").code, 3);
  EXPECT_FALSE(fs::exists(path("token")));
  must(write_file(path("pass"), as_bytes("another one\n"), FileMode::kOwnerOnly));
  EXPECT_NE(open("me").code, 0);
  EXPECT_FALSE(fs::exists(path("token")));
}

TEST_F(Sessions, AreNotOpenedWithAServerOfAnotherKey) {
  ASSERT_EQ(open("me").code, 0);
  const std::string other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  ASSERT_EQ(run("log trust " + other).code, 0);
  const Said refused = open("me");
  EXPECT_EQ(refused.code, 3);
  EXPECT_NE(refused.err.find("salus log check"), std::string::npos) << refused.err;
}

TEST_F(Sessions, EndWhenTheOperatorUnbindsTheIdentity) {
  ASSERT_EQ(open("me").code, 0);
  EXPECT_EQ(run("twin list").code, 0);
  const std::string id = run("identity show me.identity --json").json().at("id");
  EXPECT_EQ(run_salusd({"account", "unbind", id, "--data", path("data").string()}).exit_code, 0);
  EXPECT_EQ(run("twin list").code, 3);
  EXPECT_EQ(run_salusd({"account", "bind", "ward", "--identity", path("me.public").string(),
                        "--data", path("data").string()})
                .exit_code,
            0);
  EXPECT_EQ(open("me").code, 0);
}

}  // namespace
}  // namespace salus::e2e
