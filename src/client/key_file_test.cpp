// Goal:   a key file gives its key back, to its owner only, or says what is wrong with it.
// Method: round trip, then every way of damaging the bytes.

#include "client/key_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "arith/primes.h"
#include "base/file.h"
#include "base/random.h"
#include "client/secret_file.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

circuit::Chain small_chain() {
  const auto primes = must(arith::find_primes(40, 3, arith::Side::kBelow));
  return {.log_n = 13, .q = {primes[0], primes[1]}, .p = {primes[2]}, .dnum = 2};
}

class KeyFileTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const Bytes& bytes) const { must(write_file(path_, bytes, FileMode::kOwnerOnly)); }

  const fs::path folder_ =
      fs::temp_directory_path() / ("salus-key-file-test-" + to_hex(random_seed()));
  const fs::path path_ = folder_ / "a.secret";
};

TEST_F(KeyFileTest, AFreshKeyIsSavedForItsOwnerOnlyAndReadBack) {
  const KeyFile key = must(make_key("twin a", small_chain(), "2026-01-31T12:00:00Z"));
  must(save_key(path_, key));

  const KeyFile read = must(load_key(path_));

  EXPECT_EQ(read.id, key.id);
  EXPECT_EQ(read.chain, key.chain);
  EXPECT_TRUE(std::ranges::equal(read.seed.reveal(), key.seed.reveal()));
  EXPECT_EQ(must(expand_key(read)).id().hex(), key.id);
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(describe(read).find(to_hex(key.seed.reveal())), std::string::npos);
}

TEST_F(KeyFileTest, AKeyIsNeverOverwritten) {
  const KeyFile key = must(make_key("twin a", small_chain(), "now"));
  must(save_key(path_, key));

  EXPECT_EQ(save_key(path_, key).error().code, ErrorCode::kConflict);
}

TEST_F(KeyFileTest, AFileThatOthersCanReadIsRefused) {
  must(save_key(path_, must(make_key("twin a", small_chain(), "now"))));
  fs::permissions(path_, fs::perms::group_read, fs::perm_options::add);

  EXPECT_EQ(load_key(path_).error().code, ErrorCode::kDenied);
}

TEST_F(KeyFileTest, EveryTruncationAndEveryFlippedByteIsNoticed) {
  must(save_key(path_, must(make_key("twin a", small_chain(), "now"))));
  const Bytes whole = must(read_file(path_, kMaxSecretFileBytes));

  for (std::size_t size = 0; size < whole.size(); size += 7) {
    write(Bytes(whole.begin(), whole.begin() + static_cast<long>(size)));
    EXPECT_FALSE(load_key(path_)) << size;
  }
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    Bytes flipped = whole;
    flipped[at] ^= std::byte{1};
    write(flipped);
    EXPECT_FALSE(load_key(path_)) << at;
  }
}

TEST_F(KeyFileTest, AnotherVersionAndAnotherFormatAreNamed) {
  write(to_bytes(as_bytes("salus-secret-key 2\n{}\n")));
  EXPECT_EQ(load_key(path_).error().code, ErrorCode::kVersion);
  write(to_bytes(as_bytes("-----BEGIN PGP")));
  EXPECT_EQ(load_key(path_).error().code, ErrorCode::kParse);
  fs::remove(path_);
  EXPECT_EQ(load_key(path_).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace salus::client
