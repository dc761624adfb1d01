// Errors as replies: RFC 9457 problem documents and the table of status codes.
#pragma once

#include <string>

#include "http/message.h"

namespace salus::http {

/// The status code of an error: the one table.
int status_of(ErrorCode code);

/// `application/problem+json` for an error. What only the operator may see (paths) stays in
/// Reply::failure.
Reply problem(const Error& error, const std::string& request_id);

/// The same with the acknowledged offset of an upload.
Reply offset_problem(const Error& error, const std::string& request_id, std::uint64_t offset);

/// 405, with the methods that the path knows.
Reply method_not_allowed(const std::string& route, const std::string& allow,
                         const std::string& request_id);

}  // namespace salus::http
