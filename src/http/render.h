// What the use cases return, as the JSON of docs/formats/openapi.yaml.
#pragma once

#include <string>
#include <vector>

#include "service/service.h"

namespace salus::http {

std::string render(const service::ObjectStatus& status);
std::string render(const store::Twin& twin);
std::string render(const std::vector<store::Twin>& twins);
std::string render(const service::RunView& run);
std::string render(const std::vector<service::RunView>& runs);
std::string render(const service::SignIn::Challenge& challenge);
std::string render(const service::SignIn::Opened& session);
/// Entries of the log, as {"entries": [{"number", "entry"}]}.
std::string render(const std::vector<store::LogRow>& entries);
std::string render(const service::Limits& limits);
std::string render_health();

/// RFC 3339 in UTC with milliseconds.
std::string render_time(store::TimeMs time);

}  // namespace salus::http
