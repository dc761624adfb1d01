// Goal:   without threads a loop runs on its caller, in order, and is a loop otherwise.
// Method: iterations that record themselves; a body that throws; counts inside and outside the
//         limits.

#include "base/parallel.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/result.h"

namespace salus {
namespace {

TEST(ParallelWithoutThreads, RunsEveryIterationInOrderAndNested) {
  std::vector<std::size_t> seen;
  parallel_for(3, [&](std::size_t i) {
    parallel_for(2, [&](std::size_t j) { seen.push_back(2 * i + j); });
  });

  EXPECT_EQ(seen, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
}

TEST(ParallelWithoutThreads, ThrowsWhatABodyThrows) {
  EXPECT_THROW(parallel_for(4, [](std::size_t i) { check(i != 2, "two"); }), Defect);
}

TEST(ParallelWithoutThreads, TakesAnyNumberOfThreadsAndUsesOne) {
  set_thread_count(8);

  EXPECT_EQ(thread_count(), 1);
  EXPECT_THROW(set_thread_count(0), Defect);
  EXPECT_THROW(set_thread_count(kMaxThreads + 1), Defect);
}

}  // namespace
}  // namespace salus
