// A loop on a few threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace salus::compiler {

/// body(i) for i in [0, count) on `threads` threads. Returns the error of the smallest failing i;
/// the others may then not have run. An exception is rethrown here. Bodies write to places of their
/// own, so the result does not depend on the number of threads.
template <class Body>
Status parallel_for(std::size_t count, int threads, const Body& body) {
  std::atomic<std::size_t> next{0};
  std::mutex failure_mutex;
  std::exception_ptr thrown;
  Status failure;
  std::size_t failed_at = count;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      Status status;
      std::exception_ptr caught;
      try {
        status = body(i);
      } catch (...) {
        caught = std::current_exception();
      }
      if (status && !caught) continue;
      const std::lock_guard lock(failure_mutex);
      next = count;
      if (caught) thrown = caught;
      if (!status && i < failed_at) {
        failed_at = i;
        failure = status;
      }
    }
  };
  std::vector<std::jthread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work);
  work();
  others.clear();
  if (thrown) std::rethrow_exception(thrown);
  return failure;
}

}  // namespace salus::compiler
