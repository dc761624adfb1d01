// Goal:   only the holder of an identity that an account knows gets a token, once a challenge, for
//         some minutes; and nothing that is answered tells an attacker what was wrong.
// Method: a real ledger; a clock of our own; each attack under its name. Identities are libsodium
//         key pairs made here: the server's side knows no secret key.
#include "service/sign_in.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "base/testing/temporary_folder.h"
#include "identity/public_identity.h"
#include "identity/sign_in.h"
#include "service/accounts.h"
#include "store/sqlite/sqlite_ledger.h"

namespace salus::service {
namespace {

class Somebody {
 public:
  explicit Somebody(unsigned char seed) {
    std::array<unsigned char, crypto_sign_SEEDBYTES> from{};
    from.fill(seed);
    crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_.signing.data()),
                             secret_.data(), from.data());
    public_.agreement.fill(std::byte{seed});
  }
  const identity::PublicIdentity& known() const { return public_; }
  std::string sign(std::string_view context, std::string_view server,
                   std::string_view challenge) const {
    const Bytes all = identity::signed_bytes(context, identity::sign_in_message(server, challenge));
    identity::Signature out;
    crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr,
                         reinterpret_cast<const unsigned char*>(all.data()), all.size(),
                         secret_.data());
    return to_hex(out);
  }

 private:
  identity::PublicIdentity public_;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_{};
};

class SigningIn : public testing::Test {
 protected:
  SigningIn() {
    context_.ledger = must(store::open_sqlite_ledger(folder_.path() / "ledger.sqlite"));
    store::LogLedger& entries = context_.ledger->log();
    context_.journal = must(Journal::start(entries, log_in_folder(folder_.path(), "", entries)));
    context_.now = [this] { return now_; };
    sign_in_.emplace(context_);
    account_ =
        must(add_account_without_token(*context_.ledger, context_.limits, "ward", 1000, 1)).id;
    bind(alice_, account_);
  }
  void bind(const Somebody& who, store::AccountId account) {
    must(context_.ledger->accounts().bind(
        {.id = who.known().id(), .public_text = who.known().text(), .account = account}, 1));
  }
  std::string challenge(const Somebody& who) { return sign_in_->challenge(who.known().id()).text; }
  Result<SignIn::Opened> answer(const Somebody& who, const std::string& challenge,
                                std::string_view context = identity::kSignInContext,
                                std::string server = {}) {
    if (server.empty()) server = context_.journal->key();
    return sign_in_->open(who.known().id(), challenge, who.sign(context, server, challenge));
  }
  void expect_denied(const Result<SignIn::Opened>& opened) {
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::kDenied);
    if (denied_.empty()) denied_ = opened.error().message;
    EXPECT_EQ(opened.error().message, denied_) << "the same words whatever was wrong";
  }
  Result<store::Account> who_has(const std::string& token) {
    return authenticate(*context_.ledger, token, now_);
  }

  test::TemporaryFolder folder_;
  Context context_;
  std::optional<SignIn> sign_in_;
  store::TimeMs now_ = 1'000'000;
  store::AccountId account_ = 0;
  Somebody alice_{1}, eve_{2};
  std::string denied_;
};

TEST_F(SigningIn, GivesATokenThatEnds) {
  const SignIn::Opened opened = must(answer(alice_, challenge(alice_)));
  EXPECT_EQ(must(who_has(opened.token)).id, account_);
  EXPECT_EQ(opened.expires_at, now_ + context_.limits.session_ms);
  now_ = opened.expires_at - 1;
  EXPECT_TRUE(who_has(opened.token).has_value());
  now_ = opened.expires_at;
  EXPECT_EQ(who_has(opened.token).error().code, ErrorCode::kDenied);
}

TEST_F(SigningIn, ATokenStolenAfterSigningOutIsOfNoUse) {
  const SignIn::Opened opened = must(answer(alice_, challenge(alice_)));
  must(sign_in_->close(opened.token));
  EXPECT_EQ(who_has(opened.token).error().code, ErrorCode::kDenied);
  must(sign_in_->close(opened.token));
}

TEST_F(SigningIn, ReplayedSignaturesAreRefused) {
  const std::string asked = challenge(alice_);
  (void)must(answer(alice_, asked));
  expect_denied(answer(alice_, asked));
}

TEST_F(SigningIn, OldAndForgedChallengesAreRefused) {
  const std::string asked = challenge(alice_);
  std::string later = asked;
  const std::size_t dot = later.find('.');
  later[dot + 1] = '9';
  expect_denied(answer(alice_, later));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    std::string changed = asked;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    expect_denied(answer(alice_, changed));
  }
  for (const char* text : {"", ".", "..", "a.b.c", "1.2", "00.99999999999999999999.00"}) {
    expect_denied(answer(alice_, text));
  }
  now_ += context_.limits.challenge_ms;
  expect_denied(answer(alice_, asked));
}

TEST_F(SigningIn, AChallengeIsForOneIdentity) {
  bind(eve_, must(add_account_without_token(*context_.ledger, context_.limits, "eve", 1, 1)).id);
  expect_denied(answer(alice_, challenge(eve_)));
  const std::string asked = challenge(alice_);
  expect_denied(
      sign_in_->open(alice_.known().id(), asked,
                     eve_.sign(identity::kSignInContext, context_.journal->key(), asked)));
}

TEST_F(SigningIn, ASignatureForAnotherServerOrUseIsRefused) {
  expect_denied(answer(alice_, challenge(alice_), identity::kSignInContext, "another+00000000+AA"));
  expect_denied(answer(alice_, challenge(alice_), "salus grant 1"));
}

TEST_F(SigningIn, SaysNothingOfWhoIsKnown) {
  EXPECT_EQ(challenge(eve_).size(), challenge(alice_).size());
  expect_denied(answer(eve_, challenge(eve_)));
  const std::string asked = challenge(alice_);
  expect_denied(sign_in_->open(alice_.known().id(), asked, "00"));
  expect_denied(sign_in_->open(alice_.known().id(), asked, std::string(128, 'x')));
  EXPECT_TRUE(answer(alice_, asked).has_value()) << "a failed try uses nothing up";
}

TEST_F(SigningIn, AnIdentityThatIsUnboundIsOut) {
  const SignIn::Opened opened = must(answer(alice_, challenge(alice_)));
  must(context_.ledger->accounts().unbind(alice_.known().id()));
  EXPECT_EQ(who_has(opened.token).error().code, ErrorCode::kDenied);
  expect_denied(answer(alice_, challenge(alice_)));
  EXPECT_EQ(context_.ledger->accounts().unbind(alice_.known().id()).error().code,
            ErrorCode::kNotFound);
}

TEST_F(SigningIn, KeepsTheNewestSessionsOfAnIdentity) {
  context_.limits.max_sessions_per_identity = 2;
  std::vector<std::string> tokens;
  for (int i = 0; i < 3; ++i) {
    ++now_;
    tokens.push_back(must(answer(alice_, challenge(alice_))).token);
  }
  EXPECT_FALSE(who_has(tokens[0]).has_value());
  EXPECT_TRUE(who_has(tokens[1]).has_value());
  EXPECT_TRUE(who_has(tokens[2]).has_value());
}

TEST_F(SigningIn, RefusesRatherThanForgetsUsedChallenges) {
  context_.limits.max_used_challenges = 1;
  const std::string first = challenge(alice_);
  (void)must(answer(alice_, first));
  const auto second = answer(alice_, challenge(alice_));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  now_ += context_.limits.challenge_ms;
  EXPECT_TRUE(answer(alice_, challenge(alice_)).has_value());
  expect_denied(answer(alice_, first));
}

TEST_F(SigningIn, AnIdentityActsForOneAccount) {
  const auto again = context_.ledger->accounts().bind(
      {.id = alice_.known().id(), .public_text = alice_.known().text(), .account = account_}, 2);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(context_.ledger->accounts()
                .bind({.id = "x", .public_text = "y", .account = 77}, 2)
                .error()
                .code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace salus::service
