#pragma once

namespace salus::base {

int answer();

}  // namespace salus::base
