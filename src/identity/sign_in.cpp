#include "identity/sign_in.h"

namespace salus::identity {

Bytes sign_in_message(std::string_view server_key, std::string_view challenge) {
  return to_bytes(as_bytes("server " + std::string(server_key) + "\nchallenge " +
                           std::string(challenge) + "\n"));
}

}  // namespace salus::identity
