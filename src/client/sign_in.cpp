#include "client/sign_in.h"

#include "client/verification.h"
#include "identity/sign_in.h"

namespace salus::client {

Result<SignedIn> sign_in(const Workspace& workspace, Api& api, const std::string& server,
                         const keys::Identity& identity) {
  const Result<std::string> key = server_key(workspace, api, server);
  if (!key) return key.error();
  const std::string id = identity.public_identity().id();
  const Result<std::string> challenge = api.challenge(id);
  if (!challenge) return challenge.error();
  const keys::Signature signature =
      identity.sign(identity::kSignInContext, identity::sign_in_message(*key, *challenge));
  Result<SignedIn> signed_in = api.sign_in(id, *challenge, signature);
  if (signed_in || signed_in.error().code != ErrorCode::kDenied) return signed_in;
  return Error{ErrorCode::kDenied, signed_in.error().message + ". This is identity " + id +
                                       "; the server is known here by the key " + *key +
                                       " (salus log check says whether it still has it)"};
}

}  // namespace salus::client
