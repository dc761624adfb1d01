// Goal:   a release that was counted stays counted, whatever happens to process or disk.
// Method: the file is cut in and between lines, filled with what does not belong there, opened
// twice;
//         a child process is killed between counts.
#include "client/release_ledger.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/file.h"
#include "base/random.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

const ckks::FloodingTarget kTarget{.statistical_bits = 30, .releases = 4};
const std::string kKey(64, 'a');

Digest release(std::uint8_t number) {
  Digest out;
  out.bytes[0] = std::byte{number};
  return out;
}

class ReleaseLedgerTest : public testing::Test {
 protected:
  ReleaseLedgerTest() { fs::create_directories(folder_); }
  ~ReleaseLedgerTest() override { fs::remove_all(folder_); }

  Result<ReleaseLedger> open(const ckks::FloodingTarget& target = kTarget) const {
    return ReleaseLedger::open(path_, kKey, target);
  }
  std::string text() const { return must(read_text_file(path_, 1 << 20)); }
  void put(std::string_view content) const { must(write_file(path_, as_bytes(content))); }
  static void expect_refused(const auto& got, ErrorCode code, const std::string& part) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, code) << got.error().message;
    EXPECT_NE(got.error().message.find(part), std::string::npos) << got.error().message;
  }

  const Seed suffix_ = random_seed();
  const fs::path folder_ =
      fs::temp_directory_path() / ("salus-ledger-" + to_hex(ByteView(suffix_).first(8)));
  const fs::path path_ = folder_ / "releases";
};

TEST_F(ReleaseLedgerTest, CountsEachReleaseOnceAndRemembers) {
  {
    ReleaseLedger ledger = must(open());
    EXPECT_EQ(must(ledger.count(release(1))), 1u);
    EXPECT_EQ(must(ledger.count(release(2))), 2u);
    EXPECT_EQ(must(ledger.count(release(1))), 1u);
  }
  ReleaseLedger again = must(open());
  EXPECT_EQ(again.used(), 2u);
  EXPECT_EQ(must(again.count(release(2))), 2u);
  for (std::uint8_t i = 3; i <= 4; ++i) EXPECT_EQ(must(again.count(release(i))), i);
  expect_refused(again.count(release(5)), ErrorCode::kDenied, "4 of 4");
  EXPECT_EQ(again.used(), 4u);
}

TEST_F(ReleaseLedgerTest, ALineIsOnDiskBeforeTheCountReturns) {
  ReleaseLedger ledger = must(open());
  must(ledger.count(release(7)));
  EXPECT_EQ(text(), "salus-releases 1 " + kKey + " 30 4\n" + release(7).hex() + "\n");
}

TEST_F(ReleaseLedgerTest, CutAnywhereItHoldsTheWholeLinesAndGoesOn) {
  {
    ReleaseLedger ledger = must(open());
    for (std::uint8_t i = 1; i <= 3; ++i) must(ledger.count(release(i)));
  }
  const std::string whole = text();
  const std::size_t head = whole.find('\n') + 1;
  for (std::size_t size = 0; size <= whole.size(); size += 13) {  // 65 is a line
    put(whole.substr(0, size));
    const std::size_t lines = size < head ? 0 : (size - head) / 65;
    {
      ReleaseLedger ledger = must(open());
      ASSERT_EQ(ledger.used(), lines) << size;
      EXPECT_EQ(must(ledger.count(release(9))), lines + 1);
    }
    EXPECT_EQ(must(open()).used(), lines + 1) << size;
  }
}

TEST_F(ReleaseLedgerTest, HasOneOwnerAtATime) {
  const ReleaseLedger ledger = must(open());
  expect_refused(open(), ErrorCode::kConflict, "another process");
}

TEST_F(ReleaseLedgerTest, TheTargetStaysAsItWasMade) {
  must(open());
  expect_refused(open({30, 5}), ErrorCode::kConflict, "30 4");
  expect_refused(open({31, 4}), ErrorCode::kConflict, "30 4");
  expect_refused(open({0, 4}), ErrorCode::kInvalidArgument, "s lies");
  expect_refused(open({30, kMostLedgerReleases + 1}), ErrorCode::kInvalidArgument, "65536");
  expect_refused(ReleaseLedger::open(path_, std::string(64, 'b'), kTarget), ErrorCode::kMismatch,
                 "another key");
}

TEST_F(ReleaseLedgerTest, WhatDoesNotBelongThereIsRefused) {
  const std::string head = "salus-releases 1 " + kKey + " 30 4\n";
  const std::string line = release(1).hex() + "\n";
  put("something else\n");
  expect_refused(open(), ErrorCode::kParse, "no release ledger");
  put("something");
  expect_refused(open(), ErrorCode::kParse, "no release ledger");
  put("salus-releases 2 " + kKey + " 30 4\n");
  expect_refused(open(), ErrorCode::kVersion, "version");
  put(head + line + std::string(64, 'x') + "\n");
  expect_refused(open(), ErrorCode::kParse, "line 3");
  put(head + line + line);
  expect_refused(open(), ErrorCode::kParse, "repeats");
  EXPECT_EQ(text(), head + line + line) << "nothing is changed";
}

// The child reports each count after it returned; whatever it reported is there after its death.
TEST_F(ReleaseLedgerTest, AKilledProcessForgetsNoRelease) {
  const ckks::FloodingTarget many{.statistical_bits = 30, .releases = 1000};
  int reports[2];
  ASSERT_EQ(::pipe(reports), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto ledger = open(many);
    for (std::uint8_t i = 1; i < 255; ++i) {
      if (!ledger || !ledger->count(release(i)) || ::write(reports[1], &i, 1) != 1) break;
    }
    ::_exit(0);
  }
  ::close(reports[1]);
  std::uint8_t last = 0;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(::read(reports[0], &last, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::read(reports[0], &last, 1) == 1) {
  }
  ::close(reports[0]);

  EXPECT_GE(must(open(many)).used(), last);
}

}  // namespace
}  // namespace salus::client
