// Goal:   notes are read strictly, and only good signatures of known keys make them count.
// Method: the example of C2SP signed-note, every bit of it flipped; notes with many, foreign and
//         colliding signatures; texts that break one rule each.

#include "tlog/note.h"

#include <gtest/gtest.h>

#include "tlog/text.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kFooKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view kFooNote =
    "This is an example message.\n\n"
    "\xe2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";
constexpr std::string_view kDash = "\xe2\x80\x94 ";

Status verify(std::string_view bytes, const std::vector<VerifierKey>& keys) {
  const Result<Note> note = parse_note(bytes);
  if (!note) return note.error();
  const auto verified = verify_note(*note, keys);
  return verified ? Status{} : verified.error();
}

TEST(Note, VerifiesTheExampleOfTheStandard) {
  const VerifierKey key = must(VerifierKey::parse(kFooKey));
  const Note note = must(parse_note(kFooNote));

  EXPECT_EQ(note.text, "This is an example message.\n");
  EXPECT_EQ(must(verify_note(note, {&key, 1})).size(), 1u);
  EXPECT_EQ(print_note(note), kFooNote);
}

TEST(Note, NoFlippedBitOfTheExampleVerifies) {
  const VerifierKey key = must(VerifierKey::parse(kFooKey));
  for (std::size_t i = 0; i < 8 * kFooNote.size(); ++i) {
    std::string wrong(kFooNote);
    wrong[i / 8] = static_cast<char>(wrong[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(verify(wrong, {key})) << "bit " << i;
  }
}

TEST(Note, TheLastEmptyLinePartsTextAndSignatures) {
  const Signer signer = must(Signer::generate("a", KeyType::kEd25519));
  const std::string text = "one\n\ntwo\n\n\n";
  const std::string bytes = print_note({text, {sign_note(signer, text)}});

  EXPECT_EQ(must(parse_note(bytes)).text, text);
  EXPECT_TRUE(verify(bytes, {signer.key()}));
}

TEST(Note, SignaturesOfUnknownKeysAreIgnoredEvenWithAKnownNameOrId) {
  const Signer known = must(Signer::generate("known", KeyType::kEd25519));
  const NoteSignature good = sign_note(known, "text\n");
  NoteSignature other_id = good;
  other_id.key_id ^= 1;
  NoteSignature other_name = good;
  other_name.name = "unknown";
  other_id.signature[0] ^= std::byte{1};
  other_name.signature[0] ^= std::byte{1};

  EXPECT_TRUE(verify(print_note({"text\n", {other_id, good, other_name}}), {known.key()}));
  const Status none = verify(print_note({"text\n", {other_id, other_name}}), {known.key()});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kDenied);
}

TEST(Note, OneWrongSignatureOfAKnownKeyRejectsTheNote) {
  const Signer a = must(Signer::generate("a", KeyType::kEd25519));
  const Signer b = must(Signer::generate("b", KeyType::kEd25519));
  NoteSignature wrong = sign_note(b, "text\n");
  wrong.signature[10] ^= std::byte{1};
  const std::string bytes = print_note({"text\n", {sign_note(a, "text\n"), wrong}});

  EXPECT_TRUE(verify(bytes, {a.key()}));
  const Status status = verify(bytes, {a.key(), b.key()});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(status.error().message.find("key b"), std::string::npos);
}

TEST(Note, HoldsUpToAHundredSignatures) {
  const Signer signer = must(Signer::generate("a", KeyType::kEd25519));
  Note note{"text\n", {kMaxNoteSignatures, sign_note(signer, "text\n")}};

  EXPECT_TRUE(verify(print_note(note), {signer.key()}));
  note.signatures.push_back(note.signatures[0]);
  EXPECT_EQ(verify(print_note(note), {signer.key()}).error().code, ErrorCode::kLimit);
}

TEST(Note, HoldsUpToAMillionBytes) {
  const Signer signer = must(Signer::generate("a", KeyType::kEd25519));
  const std::size_t overhead = print_note({"", {sign_note(signer, "")}}).size();
  for (const std::size_t beyond : {0u, 1u}) {
    std::string text(kMaxNoteBytes - overhead + beyond, 'x');
    text.back() = '\n';
    const std::string bytes = print_note({text, {sign_note(signer, text)}});
    EXPECT_EQ(verify(bytes, {signer.key()}).has_value(), beyond == 0);
  }
}

TEST(Note, BrokenNotesAreRefused) {
  const std::string line = std::string(kDash) + "a AAAAAAA=\n";
  ASSERT_TRUE(parse_note("text\n\n" + line));
  for (const std::string& wrong : {
           std::string(),
           std::string("text\n"),
           std::string("text\n\n"),
           "text\n" + line,
           "text\n\n" + line + "\n",
           "text\n\n" + line + "x\n",
           "te\txt\n\n" + line,
           "te\xffxt\n\n" + line,
           "text\n\n" + line.substr(0, line.size() - 1),
           std::string("text\n\n- a AAAAAAA=\n"),
           "text\n\n" + std::string(kDash) + "a  AAAAAAA=\n",
           "text\n\n" + std::string(kDash) + " AAAAAAA=\n",
           "text\n\n" + std::string(kDash) + "a+b AAAAAAA=\n",
           "text\n\n" + std::string(kDash) + "a AAAAAA==\n",
           "text\n\n" + std::string(kDash) + "a AAAAAAA= \n",
           "text\n\n" + std::string(kDash) + "a\n",
           "text\n\n" + std::string(kDash) + "a " + encode_base64(Bytes(4)) + "\n",
           "text\n\n" + std::string(kDash) + "a " +
               encode_base64(Bytes(4 + kMaxSignatureBytes + 1)) + "\n",
       }) {
    const Result<Note> note = parse_note(wrong);
    ASSERT_FALSE(note) << wrong;
    EXPECT_EQ(note.error().code, ErrorCode::kParse);
  }
}

TEST(Note, CosignaturesCarryTheirTime) {
  const Signer witness = must(Signer::generate("witness", KeyType::kCosignature));
  const VerifierKey& key = witness.key();
  const Note note{"log\n0\nroot\n", {cosign_note(witness, "log\n0\nroot\n", 1679315147)}};
  const auto verified = must(verify_note(must(parse_note(print_note(note))), {&key, 1}));

  ASSERT_EQ(verified.size(), 1u);
  EXPECT_EQ(verified[0].time, 1679315147u);
}

}  // namespace
}  // namespace salus::tlog
