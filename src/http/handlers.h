// What each route does.
#pragma once

#include <memory>
#include <string>

#include "http/message.h"
#include "http/routes.h"
#include "service/service.h"

namespace salus::http {

/// One authenticated request.
struct Request {
  service::Service& service;
  store::AccountId account = 0;
  std::string token;  ///< of signing out; otherwise empty
  std::string request_id;
  Match match;
};

/// Routes without a body.
Reply answer(const Request& request);
/// Routes with a JSON body, once it is complete.
Reply answer(const Request& request, const std::string& body);
bool takes_json(Endpoint endpoint);

/// The body of PUT /v1/objects/{digest}: what takes it, or the reply that refuses it.
std::unique_ptr<Exchange> open_append(const Request& request, Reply& refused);

}  // namespace salus::http
