#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace salus {
namespace {

struct Loop {
  std::size_t count;
  detail::LoopBody body;
  const void* context;
  std::atomic<std::size_t> next{0};
  int helpers = 0;  // both under the pool's mutex
  std::exception_ptr thrown;

  // Takes iterations until none is left.
  std::exception_ptr work() {
    try {
      for (std::size_t i = next++; i < count; i = next++) body(context, i);
    } catch (...) {
      next = count;
      return std::current_exception();
    }
    return nullptr;
  }
};

int first_count() {
  const char* wanted = std::getenv("SALUS_THREADS");
  if (wanted == nullptr) {
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
  }
  char* end = nullptr;
  const long count = std::strtol(wanted, &end, 10);
  check(*wanted != '\0' && *end == '\0' && count >= 1 && count <= kMaxThreads,
        "SALUS_THREADS is \"" + std::string(wanted) + "\", not a number of threads from 1 to " +
            std::to_string(kMaxThreads));
  return static_cast<int>(count);
}

class Pool {
 public:
  Pool() { start(first_count()); }
  ~Pool() { stop(); }

  int count() const { return count_; }

  void resize(int count) {
    check(count >= 1 && count <= kMaxThreads, "a number of threads outside 1 .. 256");
    {
      const std::lock_guard lock(mutex_);
      check(running_ == 0, "the number of threads changes while a loop runs");
    }
    stop();
    start(count);
  }

  void run(Loop& loop) {
    {
      const std::lock_guard lock(mutex_);
      loops_.push_back(&loop);
      ++running_;
    }
    wake_.notify_all();
    const std::exception_ptr thrown = loop.work();
    std::unique_lock lock(mutex_);
    std::erase(loops_, &loop);
    left_.wait(lock, [&loop] { return loop.helpers == 0; });
    --running_;
    if (thrown) std::rethrow_exception(thrown);
    if (loop.thrown) std::rethrow_exception(loop.thrown);
  }

 private:
  void start(int count) {
    count_ = count;
    stopping_ = false;
    for (int i = 1; i < count; ++i) threads_.emplace_back([this] { help(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    threads_.clear();
  }

  void help() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stopping_ || !loops_.empty(); });
      if (stopping_) return;
      Loop& loop = *loops_.front();
      ++loop.helpers;
      lock.unlock();
      const std::exception_ptr thrown = loop.work();
      lock.lock();
      if (thrown) loop.thrown = thrown;
      std::erase(loops_, &loop);
      if (--loop.helpers == 0) left_.notify_all();
    }
  }

  int count_ = 1;
  std::mutex mutex_;
  std::condition_variable wake_;  // a loop has come, or the pool ends
  std::condition_variable left_;  // the last helper has left a loop
  bool stopping_ = false;
  int running_ = 0;           // loops whose caller has not returned
  std::vector<Loop*> loops_;  // with iterations left, oldest first
  std::vector<std::jthread> threads_;
};

Pool& pool() {
  static Pool shared;
  return shared;
}

}  // namespace

void set_thread_count(int count) { pool().resize(count); }

int thread_count() { return pool().count(); }

void detail::run_loop(std::size_t count, LoopBody body, const void* context) {
  if (count <= 1 || pool().count() == 1) {
    for (std::size_t i = 0; i < count; ++i) body(context, i);
    return;
  }
  Loop loop{count, body, context};
  pool().run(loop);
}

}  // namespace salus
