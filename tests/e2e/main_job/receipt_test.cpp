// Goal:   a result is opened with its receipt, or not at all unless its owner says so; and what the
//         server did can be read from its log by anybody.
// Method: the built programs and a real server; files exchanged, changed and removed; the server's
//         log copied over HTTP and checked offline; a server with another history at the same
//         place.

#include "owner.h"
#include "receipt/entry.h"
#include "support/http_client.h"

namespace salus::e2e {
namespace {

class Receipts : public Owner {
 protected:
  std::string opens(const std::string& more = "") const {
    const Said opened = open("--key a.secret --program tiny.program --json " + more);
    if (opened.code != 0) return std::to_string(opened.code) + ": " + opened.err;
    return opened.json().at("subjects").at(0).at("verified").get<bool>() ? "verified"
                                                                         : "unverified";
  }
  std::string text(const std::string& name) const {
    return must(read_text_file(path(name), 1u << 20));
  }
  void put(const std::string& name, const std::string& content) const {
    must(write_file(path(name), as_bytes(content)));
  }
};

TEST_F(Receipts, ComeWithResultsAndAreCheckedBeforeTheyAreOpened) {
  ASSERT_EQ(create().code, 0);
  ask("tiny.program");
  EXPECT_EQ(opens(), "verified");
  const std::string html = text("o/report.html");
  EXPECT_NE(html.find("receipt verified: entry 1 of log salusd-"), std::string::npos);

  const std::string proof = text("r.ct.tlog-proof");
  for (std::size_t i = 7; i < proof.size(); i += 97) {
    std::string changed = proof;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    put("r.ct.tlog-proof", changed);
    const std::string said = opens();
    EXPECT_TRUE(said.starts_with("4: ") || said.starts_with("2: ") || said.starts_with("3: "))
        << i << ": " << said;
  }
  fs::remove(path("r.ct.tlog-proof"));
  EXPECT_NE(opens().find("has no receipt"), std::string::npos);
  EXPECT_EQ(opens("--unverified"), "unverified");
  EXPECT_NE(text("o/report.html").find("opened without a receipt"), std::string::npos);
}

TEST_F(Receipts, AreVerifiedByAnybodyWithoutAKeyThatDecrypts) {
  ASSERT_EQ(create().code, 0);
  const std::string id = ask("tiny.program");
  put("key", HttpClient(server_.port(), "").get("/v1/log/key")->body);
  server_.terminate();  // offline
  const Said fine = run("verify result r.ct --key key --program tiny.program --json");
  ASSERT_EQ(fine.code, 0) << fine.err;
  EXPECT_EQ(fine.json().at("run"), id);
  EXPECT_EQ(run("verify result r.ct --key key --program other.program").code, 4);
  EXPECT_EQ(run("verify result r.ct").code, 2) << "whom to trust is not said";
  const std::string other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  EXPECT_EQ(run("verify result r.ct --key " + other).code, 3);
  put("policy", "log " + text("key") + "quorum none\n");
  EXPECT_EQ(run("verify result r.ct --policy policy").code, 0);
  std::string changed = text("r.ct");
  changed.back() = static_cast<char>(changed.back() ^ 1);
  put("r.ct", changed);
  EXPECT_EQ(run("verify result r.ct --key key").code, 4);
}

TEST_F(Receipts, OfAnotherRunAreRefused) {
  ASSERT_EQ(create().code, 0);
  ask("other.program");
  const std::string other = text("r.ct.tlog-proof");
  ask("tiny.program");
  put("r.ct.tlog-proof", other);
  const std::string said = opens();
  EXPECT_TRUE(said.starts_with("4: ")) << said;
  EXPECT_NE(said.find("not verified"), std::string::npos) << said;
}

TEST_F(Receipts, AreNotTakenFromAServerWithAnotherHistory) {
  ASSERT_EQ(create().code, 0);
  ask("tiny.program");
  EXPECT_EQ(run("log check").code, 0);
  server_.terminate();
  // The same database under a new log and key: the operator starts history over.
  fs::remove_all(path("data/log"));
  fs::remove(path("data/log.key"));
  EXPECT_NE(
      run_salusd({"serve", "--data", path("data").string(), "--listen", "127.0.0.1:0"}).exit_code,
      0)
      << "nothing is made in its place";
  fs::remove_all(path("data"));
  must(write_file(path("token"), as_bytes(add_account(path("data"), "owner")),
                  FileMode::kOwnerOnly));
  server_.start();
  const Said checked = run("log check");
  EXPECT_EQ(checked.code, 4) << checked.err;
  const Said again =
      run("twin create --key a.secret --program tiny.program --features f.json"
          " --name u");
  ASSERT_EQ(again.code, 0) << again.err;
  ASSERT_EQ(run("program upload tiny.program").code, 0);
  const Said started = run("run start --twin u --program tiny.program");
  const std::string id = started.out.substr(0, started.out.find('\n'));
  ASSERT_EQ(run("run watch " + id).code, 0);
  const Said fetched = run("run fetch " + id + " -o new.ct");
  EXPECT_EQ(fetched.code, 4) << fetched.err;
  EXPECT_FALSE(fs::exists(path("new.ct"))) << "nothing is written";

  const HttpReply key = *HttpClient(server_.port(), "").get("/v1/log/key");
  const Said trusted = run("log trust " + key.body.substr(0, key.body.find('\n')));
  EXPECT_EQ(trusted.code, 0) << trusted.err;
  EXPECT_EQ(run("run fetch " + id + " -o new.ct").code, 0);
}

TEST_F(Receipts, StandInALogThatAnybodyMayCopyAndCheck) {
  ASSERT_EQ(create().code, 0);
  const std::string id = ask("tiny.program");
  const Said shown = run("log show t --json");
  ASSERT_EQ(shown.code, 0) << shown.err;
  ASSERT_EQ(shown.json().at("entries").size(), 2u);
  const std::string entry = shown.json().at("entries").at(1).at("entry");
  EXPECT_EQ(must(receipt::parse_receipt(entry)).run, id);
  EXPECT_NE(run("log show t").out.find("twin-version 1"), std::string::npos);

  const HttpClient nobody(server_.port(), "");
  for (const std::string name : {"checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2"}) {
    const HttpReply file = *nobody.get("/v1/log/" + name);
    ASSERT_EQ(file.status, 200) << name;
    fs::create_directories((path("copy") / name).parent_path());
    put("copy/" + name, file.body);
  }
  EXPECT_EQ(nobody.get("/v1/log/tile/0/000")->status, 404);
  EXPECT_EQ(nobody.get("/v1/log/state")->status, 404);
  const std::string key = nobody.get("/v1/log/key")->body;
  put("key", key);
  EXPECT_EQ(run("verify log copy --key key").code, 0);

  ASSERT_EQ(run("twin erase t").code, 0);
  EXPECT_EQ(run("log check").code, 0);
  server_.terminate();
  const Finished sound = run_salusd({"check", "--data", path("data").string(), "--json"});
  EXPECT_EQ(sound.exit_code, 0) << sound.output;
  EXPECT_EQ(nlohmann::json::parse(sound.output).at("log_entries"), 3);
  const std::string database = text("data/ledger.sqlite");
  const std::string pseudonym = shown.json().at("pseudonym");
  EXPECT_NE(database.find(pseudonym), std::string::npos) << "in the entries, as text";
  EXPECT_EQ(database.find("tw_"), std::string::npos) << "no row ties it to a twin";
}

}  // namespace
}  // namespace salus::e2e
