// The look and the small behaviour of the report's page.
#pragma once

#include <string_view>

namespace salus::client {

std::string_view report_css();

/// A cursor for the charts: pointer, arrow keys, Home, End. The page is complete without it.
std::string_view report_script();

}  // namespace salus::client
