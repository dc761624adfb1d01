// Goal:   a loop on several threads does what it does on one, and no thread is left behind.
// Method: counts of every iteration, nested and concurrent loops, exceptions, on 1, 2 and 5
// threads.

#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace salus {
namespace {

class ParallelTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { set_thread_count(GetParam()); }
  void TearDown() override { set_thread_count(before_); }

  int before_ = thread_count();
};

TEST_P(ParallelTest, EveryIterationRunsOnce) {
  for (const std::size_t count : {0, 1, 2, 3, 1000}) {
    std::vector<int> ran(count);
    parallel_for(count, [&ran](std::size_t i) { ++ran[i]; });
    EXPECT_EQ(ran, std::vector<int>(count, 1));
  }
}

TEST_P(ParallelTest, LoopsMayRunInsideLoops) {
  std::vector<std::vector<int>> ran(20, std::vector<int>(30));
  parallel_for(ran.size(), [&ran](std::size_t i) {
    parallel_for(ran[i].size(), [&ran, i](std::size_t j) { ++ran[i][j]; });
  });
  EXPECT_EQ(ran, std::vector(20, std::vector<int>(30, 1)));
}

TEST_P(ParallelTest, LoopsOfSeveralThreadsShareThePool) {
  std::atomic<int> total = 0;
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller) {
      callers.emplace_back([&total] {
        for (int loop = 0; loop < 50; ++loop) parallel_for(10, [&total](std::size_t) { ++total; });
      });
    }
  }
  EXPECT_EQ(total, 4 * 50 * 10);
}

TEST_P(ParallelTest, AnExceptionReachesTheCallerAndThePoolGoesOn) {
  for (const std::size_t bad : {0, 57, 99}) {
    const auto loop = [bad] {
      parallel_for(100, [bad](std::size_t i) {
        if (i == bad) throw std::runtime_error("iteration " + std::to_string(i));
      });
    };
    EXPECT_THROW(loop(), std::runtime_error);
  }
  std::atomic<int> ran = 0;
  parallel_for(100, [&ran](std::size_t) { ++ran; });
  EXPECT_EQ(ran, 100);
}

INSTANTIATE_TEST_SUITE_P(Threads, ParallelTest, testing::Values(1, 2, 5));

TEST(ThreadCount, IsAtLeastOne) {
  EXPECT_GE(thread_count(), 1);
  EXPECT_THROW(set_thread_count(0), Defect);
  EXPECT_THROW(set_thread_count(kMaxThreads + 1), Defect);
}

TEST(ThreadCount, StaysWhileALoopRuns) {
  const int before = thread_count();
  set_thread_count(2);
  EXPECT_THROW(parallel_for(2, [](std::size_t) { set_thread_count(3); }), Defect);
  EXPECT_EQ(thread_count(), 2);
  set_thread_count(before);
}

}  // namespace
}  // namespace salus
