// Loops where there are no threads: the caller runs every iteration, in order.
#include "base/parallel.h"

#include "base/result.h"

namespace salus {

void set_thread_count(int count) {
  check(count >= 1 && count <= kMaxThreads, "a number of threads outside 1 .. 256");
}

int thread_count() { return 1; }

void detail::run_loop(std::size_t count, LoopBody body, const void* context) {
  for (std::size_t i = 0; i < count; ++i) body(context, i);
}

}  // namespace salus
