// What a reader of objects accepts at most.
#pragma once

#include <cstddef>

namespace salus::wire {

inline constexpr std::size_t kMaxGaloisKeys = 1024;  ///< of one secret key

}  // namespace salus::wire
