#pragma once

namespace salus::keys {

int answer();

}  // namespace salus::keys
