// Signing in to a server by an identity.
#pragma once

#include "client/api.h"
#include "client/workspace.h"
#include "keys/identity.h"

namespace salus::client {

/// A token for the account that the identity acts for, for some minutes. What is signed names the
/// server by its log's key as the workspace knows it (server_key), so that nobody else can use it.
/// Errors: kDenied (the server does not know the identity, or has another key than is pinned); of
/// server_key and the requests.
Result<SignedIn> sign_in(const Workspace& workspace, Api& api, const std::string& server,
                         const keys::Identity& identity);

}  // namespace salus::client
