#pragma once

namespace salus::http {

int answer();

}  // namespace salus::http
