// Goal:   an identity file opens with its passphrase, for its owner, unchanged; or says why not.
// Method: round trip, then every way of damaging the bytes.
#include "client/identity_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "base/random.h"
#include "client/secret_file.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWords = "correct horse battery";

class IdentityFileTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_);
    save(path_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void save(const fs::path& path) const {
    must(save_identity(path, root_, "Alice", "2026-01-31T12:00:00Z", kWords, keys::kLeastCost));
  }

  const Secret<std::byte> root_ = make_root();
  const fs::path folder_ =
      fs::temp_directory_path() / ("salus-identity-test-" + to_hex(random_seed()));
  const fs::path path_ = folder_ / "alice.identity";
};

TEST_F(IdentityFileTest, OpensWithItsPassphraseOnly) {
  const IdentityFile file = must(load_identity(path_));
  EXPECT_EQ(file.label, "Alice");
  EXPECT_EQ(file.created_at, "2026-01-31T12:00:00Z");
  EXPECT_EQ(file.cost, keys::kLeastCost);
  const auto known = must(keys::Identity::derive(root_.reveal())).public_identity();
  EXPECT_EQ(file.public_identity, known);
  EXPECT_EQ(must(unlock(file, kWords)).public_identity(), known);
  EXPECT_TRUE(std::ranges::equal(must(unlock_root(file, kWords)).reveal(), root_.reveal()));
  EXPECT_EQ(unlock(file, "correct horse batterz").error().code, ErrorCode::kDenied);
}

TEST_F(IdentityFileTest, HoldsNoRootInTheClear) {
  const Bytes all = must(read_file(path_, kMaxSecretFileBytes));
  EXPECT_EQ(std::ranges::search(all, root_.reveal()).begin(), all.end());
  EXPECT_EQ(as_text(all).find(to_hex(root_.reveal())), std::string::npos);
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(IdentityFileTest, IsNeverOverwrittenAndReadByItsOwnerOnly) {
  EXPECT_EQ(save_identity(path_, root_, "", "", kWords, keys::kLeastCost).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(save_identity(folder_ / "b", root_, "", "", "short", keys::kLeastCost).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(folder_ / "b"));
  fs::permissions(path_, fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(load_identity(path_).error().code, ErrorCode::kDenied);
  EXPECT_EQ(load_identity(folder_ / "none").error().code, ErrorCode::kNotFound);
}

TEST_F(IdentityFileTest, EveryChangeIsSeen) {
  const Bytes all = must(read_file(path_, kMaxSecretFileBytes));
  const fs::path other = folder_ / "changed";
  for (std::size_t i = 0; i < all.size(); i += 3) {
    Bytes changed = all;
    changed[i] ^= std::byte{1};
    must(write_file(other, changed, FileMode::kOwnerOnly));
    EXPECT_FALSE(load_identity(other)) << "byte " << i;
    must(write_file(other, ByteView(all).first(i), FileMode::kOwnerOnly));
    EXPECT_FALSE(load_identity(other)) << i << " bytes";
  }
}

// Whoever mends the checksum after a change meets the passphrase: the header is bound to the root.
TEST_F(IdentityFileTest, AForgedHeaderDoesNotOpen) {
  const Bytes all = must(read_file(path_, kMaxSecretFileBytes));
  std::string text(as_text(all));
  const auto label = text.find("Alice");
  ASSERT_NE(label, std::string::npos);
  text.replace(label, 5, "Aljce");
  Bytes forged = to_bytes(as_bytes(text).first(text.size() - 32));
  append(forged, sha256(forged).bytes);
  must(write_file(folder_ / "forged", forged, FileMode::kOwnerOnly));
  const IdentityFile file = must(load_identity(folder_ / "forged"));
  EXPECT_EQ(unlock(file, kWords).error().code, ErrorCode::kDenied);
}

}  // namespace
}  // namespace salus::client
