// Goal:   an auditor with nothing but files sees that a log is what was signed, or where it is not.
// Method: the built `salus`; a log of the library's; Tessera's test log of the shared data, whose
//         verifier key stands in its README.
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/testing/shared_data.h"
#include "command_line.h"
#include "tlog/log.h"

namespace salus::e2e {
namespace {

namespace fs = std::filesystem;

class VerifyLog : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_);
    auto signer = must(tlog::Signer::generate("example.org/log", tlog::KeyType::kEd25519));
    keep("key", signer.key().text() + "\n");
    keep("policy", "log " + signer.key().text() + "\nquorum none\n");
    auto log = must(tlog::Log::create(folder_ / "log", std::move(signer)));
    for (int n = 0; n < 3; ++n) {
      std::vector<Bytes> entries;
      for (int i = 0; i < 150; ++i) entries.push_back(entry(150 * n + i));
      keep("old" + std::to_string(n), must(log.append(entries)).checkpoint);
    }
    keep("proof", print_proof(must(log.prove(7))));
    must(write_file(folder_ / "entry7", entry(7)));
    must(write_file(folder_ / "entry8", entry(8)));
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Bytes entry(int n) { return to_bytes(as_bytes("entry " + std::to_string(n))); }
  void keep(const std::string& name, const std::string& text) const {
    must(write_file(folder_ / name, as_bytes(text)));
  }
  Said run(const std::string& arguments) const { return salus(folder_, "verify " + arguments); }

  const fs::path folder_ = fs::temp_directory_path() / ("salus-verify-" + to_hex(random_seed()));
};

TEST_F(VerifyLog, HoldsAgainstItsKeyAndOlderCheckpoints) {
  const Said said = run("log log --key key --older old0 --older old1 --json");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.json().at("entries"), 450);
  EXPECT_EQ(said.json().at("older"), 2);
  EXPECT_EQ(run("proof proof --entry entry7 --policy policy --json").json().at("index"), 7);
}

TEST_F(VerifyLog, SaysWhereItDiffers) {
  const auto refused = [&](const std::string& arguments, const std::string& why) {
    const Said said = run(arguments);
    EXPECT_EQ(said.code, 4) << arguments << said.err;
    EXPECT_NE(said.err.find(why), std::string::npos) << said.err;
  };
  refused("proof proof --entry entry8 --policy policy", "proof");
  Bytes bundle = must(read_file(folder_ / "log/tile/entries/000", 1u << 20));
  bundle[20] ^= std::byte{1};
  must(write_file(folder_ / "log/tile/entries/000", bundle));
  refused("log log --key key", "tile/entries/000");
}

TEST_F(VerifyLog, AnotherKeyIsNotTheLogs) {
  const auto other = must(tlog::Signer::generate("example.org/log", tlog::KeyType::kEd25519));
  const Said said = run("log log --key " + other.key().text());
  EXPECT_NE(said.code, 0);
  EXPECT_NE(said.err.find("signature"), std::string::npos) << said.err;
  EXPECT_EQ(run("log log --key nonsense").code, 2);
  EXPECT_EQ(run("log nowhere --key key").code, 5);
}

TEST_F(VerifyLog, VerifiesTesserasLog) {
  const fs::path log = test::shared_data(SALUS_REPOSITORY, "tlog");
  if (log.empty()) GTEST_SKIP() << "no ../shared/data/tlog";
  const Said said = run("log " + log.string() +
                        " --key example.com/log/testdata+33d7b496+"
                        "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx --older " +
                        (log / "checkpoint.7").string() + " --json");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.json().at("entries"), 15);
}

}  // namespace
}  // namespace salus::e2e
