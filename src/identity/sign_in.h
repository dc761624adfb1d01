// How an identity shows a server that it is there.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace salus::identity {

/// What a signature for signing in is for (signed_bytes).
inline constexpr std::string_view kSignInContext = "salus sign-in 1";

/// What is signed: "server <the server's log key>\nchallenge <challenge>\n". The key ties the
/// signature to one server, so that another one cannot pass its challenge on as its own.
Bytes sign_in_message(std::string_view server_key, std::string_view challenge);

}  // namespace salus::identity
