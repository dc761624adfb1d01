// Goal:   the memory model is never below what an operation takes, and on one thread at most a
// tenth above it. Method: the counters of ring::Limbs around each operation, at each level.

#include "ckks/memory.h"

#include <gtest/gtest.h>

#include "base/parallel.h"
#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::all_keys;
using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::Shape;

constexpr int kTop = 5;

class MemoryModelTest : public ::testing::TestWithParam<std::tuple<Shape, int>> {
 protected:
  MemoryModelTest() { set_thread_count(threads_); }
  ~MemoryModelTest() override { set_thread_count(before_); }
  MemoryModelTest(const MemoryModelTest&) = delete;
  MemoryModelTest& operator=(const MemoryModelTest&) = delete;

  template <class Work>
  void expect_peak(const char* what, std::size_t predicted, const Work& work) const {
    const std::size_t live = ring::limbs_use().bytes;
    ring::restart_limbs_peak();
    {
      const auto result = work();
      ASSERT_TRUE(result) << result.error().message;
    }
    const std::size_t taken = ring::limbs_use().peak - live;
    EXPECT_EQ(ring::limbs_use().bytes, live) << what;
    EXPECT_LE(taken, predicted) << what;
    if (threads_ > 1) return;
    EXPECT_LE(static_cast<double>(predicted), 1.1 * static_cast<double>(taken)) << what;
  }

  const int before_ = thread_count();
  const int threads_ = std::get<1>(GetParam());
  CkksFixture f_{literal_of(std::get<0>(GetParam())), 141, all_keys(kTop, {1, 2, 5})};
  const MemoryModel model_{*f_.params, threads_};
};

TEST_P(MemoryModelTest, PredictsThePeakOfEachOperation) {
  const Evaluator& e = f_.evaluator;
  const std::vector<int> steps = {1, 2, 5};
  for (int level = 1; level <= kTop; ++level) {
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, "level " + std::to_string(level));
    const Ciphertext a = f_.encrypt(f_.values(), level);
    const ExtendedCiphertext x = must(e.rotate_extended(a, {{0}}))[0];
    expect_peak("add", model_.ciphertext(level), [&] { return e.add(a, a); });
    expect_peak("rescale", model_.rescale(level), [&] { return e.rescale(a); });
    expect_peak("multiply", model_.multiply(level), [&] { return e.multiply(a, a); });
    expect_peak("multiply_rescale", model_.multiply(level),
                [&] { return e.multiply_rescale(a, a); });
    expect_peak("rotate", model_.rotate(level), [&] { return e.rotate(a, 5); });
    expect_peak("rotate_hoisted", model_.rotate_hoisted(level, steps.size()),
                [&] { return e.rotate_hoisted(a, steps); });
    expect_peak("rotate_extended", model_.rotate_extended(level, steps.size()),
                [&] { return e.rotate_extended(a, steps); });
    // With the copy that it consumes.
    expect_peak("rotate_add", model_.switched(level) + model_.rotate_add(level),
                [&] { return e.rotate_add(x, 5, x); });
    expect_peak("reduce", model_.switched(level) + model_.division(level, 2),
                [&] { return e.reduce(x); });
  }
}

TEST_P(MemoryModelTest, PredictsWhatKeysAndTablesKeep) {
  const std::size_t before = ring::limbs_use().bytes;
  const KeySwitchKey key = keys::make_relinearization_key(f_.secret, 2, f_.random);
  EXPECT_EQ(ring::limbs_use().bytes - before, model_.evaluation_key(2));
  const std::size_t with_key = ring::limbs_use().bytes;
  const ExtendedPlaintext table = must(f_.encoder.encode_extended({{1.0}}, 3, 0x1p40));
  EXPECT_EQ(ring::limbs_use().bytes - with_key, model_.extended_plaintext(3));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, MemoryModelTest,
    ::testing::Combine(
        ::testing::Values(Shape{.log_n = 12, .levels = kTop, .dnum = 6, .specials = 1},
                          Shape{.log_n = 12, .levels = kTop, .dnum = 2, .specials = 3}),
        ::testing::Values(1, 3)));

}  // namespace
}  // namespace salus::ckks
