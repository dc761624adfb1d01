#pragma once

namespace salus::ring {

int answer();

}  // namespace salus::ring
