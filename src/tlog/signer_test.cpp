// Goal:   signing keys are exchanged with other tools, and signatures are those of RFC 8032.
// Method: the example key and signature of Go's sumdb/note, which Ed25519 makes the same every
//         time; round trips; every wrong character.

#include "tlog/signer.h"

#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "tlog/note.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kSigner =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

std::string plain(const Secret<char>& text) { return {text.reveal().begin(), text.reveal().end()}; }

TEST(Signer, KeysHaveOneSpelling) {
  for (int tries = 0; tries < 200; ++tries) {
    std::string text = plain(must(Signer::generate("log", KeyType::kEd25519)).text());
    const std::size_t at = text.find('/', text.size() - 44);
    if (at == std::string::npos) continue;
    EXPECT_TRUE(Signer::parse(text).has_value());
    text[at] = '\xff';
    EXPECT_EQ(Signer::parse(text).error().code, ErrorCode::kParse);
    return;
  }
  FAIL() << "none of 200 keys had a slash";
}

TEST(Signer, FilesAreTheirOwnersAlone) {
  const salus::test::TemporaryFolder folder;
  const auto path = folder.path() / "log.key";
  const Signer made = must(Signer::generate("log.example", KeyType::kEd25519));
  must(made.save(path));
  EXPECT_EQ(must(Signer::load(path)).key(), made.key());
  EXPECT_EQ(made.save(path).error().code, ErrorCode::kConflict);
  std::filesystem::permissions(path, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(Signer::load(path).error().code, ErrorCode::kDenied);
  EXPECT_EQ(Signer::load(folder.path() / "none").error().code, ErrorCode::kNotFound);
}

TEST(Signer, SignsAsGosNotePackage) {
  const Signer signer = must(Signer::parse(kSigner));
  const std::string text =
      "If you think cryptography is the answer to your problem,\n"
      "then you don't know what your problem is.\n";

  EXPECT_EQ(signer.key().text(),
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  EXPECT_EQ(print_signature(sign_note(signer, text)),
            "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
            "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n");
  EXPECT_EQ(plain(signer.text()), kSigner);
}

TEST(Signer, GeneratedKeysComeBackFromTheirText) {
  for (const KeyType type : {KeyType::kEd25519, KeyType::kCosignature}) {
    const Signer signer = must(Signer::generate("example.com/x", type));
    const Signer again = must(Signer::parse(plain(signer.text())));
    EXPECT_EQ(again.key(), signer.key());
  }
  EXPECT_NE(must(Signer::generate("a", KeyType::kEd25519)).key(),
            must(Signer::generate("a", KeyType::kEd25519)).key());
}

TEST(Signer, AnyWrongCharacterIsFoundAndNothingOfTheKeyIsPrinted) {
  for (std::size_t i = 0; i < kSigner.size(); ++i) {
    std::string wrong(kSigner);
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    const Result<Signer> signer = Signer::parse(wrong);
    ASSERT_FALSE(signer) << i;
    EXPECT_EQ(signer.error().message.find("AYEKFALV"), std::string::npos);
  }
  for (std::size_t size = 0; size < kSigner.size(); ++size) {
    EXPECT_FALSE(Signer::parse(kSigner.substr(0, size)));
  }
  EXPECT_FALSE(Signer::parse(std::string(kSigner) + "\n"));
}

TEST(Signer, NamesWithSpacesOrPlusAreRefused) {
  for (const std::string_view name : {"", "a b", "a+b"}) {
    EXPECT_EQ(Signer::generate(name, KeyType::kEd25519).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(Signer, EachTypeSignsInItsOwnWayOnly) {
  const Signer log = must(Signer::generate("log", KeyType::kEd25519));
  const Signer witness = must(Signer::generate("witness", KeyType::kCosignature));

  EXPECT_THROW((void)witness.sign("x\n"), Defect);
  EXPECT_THROW((void)log.cosign("x\n", 1), Defect);
  EXPECT_THROW((void)witness.cosign("x\n", 0), Defect);
  EXPECT_THROW((void)witness.cosign("x\n", kMaxCosignatureTime + 1), Defect);
}

TEST(Signer, ACosignatureIsATimeAndASignatureOverItAndTheText) {
  const Signer witness = must(Signer::generate("witness", KeyType::kCosignature));
  const Bytes blob = witness.cosign("log\n0\nroot\n", 0x0102030405060708u);

  ASSERT_EQ(blob.size(), kCosignatureBytes);
  EXPECT_EQ(to_hex(ByteView(blob).first(8)), "0102030405060708");
  EXPECT_EQ(cosignature_message(1679315147, "log\n"), "cosignature/v1\ntime 1679315147\nlog\n");
  EXPECT_TRUE(verify_signature(witness.key(), "log\n0\nroot\n", blob));
  EXPECT_FALSE(verify_signature(witness.key(), "log\n1\nroot\n", blob));
  for (std::size_t i = 0; i < blob.size(); ++i) {
    Bytes wrong = blob;
    wrong[i] ^= std::byte{1};
    EXPECT_FALSE(verify_signature(witness.key(), "log\n0\nroot\n", wrong)) << i;
  }
}

}  // namespace
}  // namespace salus::tlog
