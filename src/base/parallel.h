// Loops whose iterations several threads share.
#pragma once

#include <cstddef>

namespace salus {

/// Threads that loops of this process use, their callers included. One pool serves all of them, so
/// that operations running at the same time share the processor. At first what the environment
/// variable SALUS_THREADS says, or the number of processors. Errors (Defect): outside 1 ..
/// kMaxThreads; a loop is running. As WebAssembly there are no threads: the number stays one.
void set_thread_count(int count);
int thread_count();

inline constexpr int kMaxThreads = 256;

namespace detail {
using LoopBody = void (*)(const void* context, std::size_t i);
void run_loop(std::size_t count, LoopBody body, const void* context);
}  // namespace detail

/// body(i) for i in [0, count), on the calling thread and on those of the pool that are idle, in
/// any order. Bodies write to places of their own, so results do not depend on the number of
/// threads. A body may run a loop itself. The first exception of a body is thrown here, after which
/// some i may not have run.
template <class Body>
void parallel_for(std::size_t count, const Body& body) {
  detail::run_loop(
      count, [](const void* context, std::size_t i) { (*static_cast<const Body*>(context))(i); },
      &body);
}

}  // namespace salus
