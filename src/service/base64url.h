// base64url without padding (RFC 4648 section 5, RFC 7515 section 2): how tokens and keys spell
// bytes. Strict, so that no two texts mean the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace salus::service {

std::string encode_base64url(ByteView bytes);

/// The inverse. Errors: kParse for anything that encode_base64url would not have written: padding,
/// white space, the letters + and /, bits that are set behind the last byte.
Result<Bytes> decode_base64url(std::string_view text);

}  // namespace salus::service
