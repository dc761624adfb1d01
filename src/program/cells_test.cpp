// Goal:   every point of the box lies in one cell; what is no tree is refused.
// Method: trees by hand.
#include "program/cells.h"

#include <gtest/gtest.h>

#include <random>

namespace salus::program {
namespace {

// x < 0.25 | y < -0.5 | rest
Cells three() { return {{{0, 0.25, -1, 1}, {1, -0.5, -2, -3}}, {5, 3, 7}}; }

TEST(Cells, PlaceEveryPointInTheBoxOfItsCell) {
  const Cells cells = three();
  ASSERT_TRUE(check_cells(cells, 2));
  EXPECT_EQ(cells.functions(), 15u);
  EXPECT_EQ(cells.first(2), 8u);
  const auto boxes = boxes_of(cells, 2);
  EXPECT_EQ(boxes[1].low, (std::vector<double>{0.25, -1}));
  EXPECT_EQ(boxes[1].high, (std::vector<double>{1, -0.5}));
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<int> seen(3, 0);
  for (int n = 0; n < 300; ++n) {
    const std::vector<double> u = {uniform(random), uniform(random)};
    const Place place = place_of(cells, u);
    ++seen[place.cell];
    for (std::size_t i = 0; i < 2; ++i) {
      const double low = boxes[place.cell].low[i], high = boxes[place.cell].high[i];
      EXPECT_GE(u[i], low);
      EXPECT_LE(u[i], high);
      EXPECT_NEAR(low + (place.u[i] + 1) * (high - low) / 2, u[i], 1e-15);
    }
  }
  for (const int n : seen) EXPECT_GT(n, 0);
  EXPECT_EQ(place_of(cells, {0.25, -0.5}).cell, 2u) << "a cut belongs to what lies above";
  EXPECT_EQ(place_of({}, {0.5, 0.5}).u, (std::vector<double>{0.5, 0.5}));
}

TEST(Cells, RefuseWhatIsNoTree) {
  const auto code = [](const Cells& cells) { return check_cells(cells, 2).error().code; };
  const auto mismatch = ErrorCode::kMismatch;
  const auto changed = [](auto change) {
    Cells out = three();
    change(out);
    return out;
  };
  EXPECT_EQ(code(changed([](Cells& c) { c.splits[0].above = 0; })), mismatch) << "a loop";
  EXPECT_EQ(code(changed([](Cells& c) { c.splits[0].above = 2; })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.splits[1].above = -1; })), mismatch) << "twice";
  EXPECT_EQ(code(changed([](Cells& c) { c.splits[1].above = -4; })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.splits[1].input = 2; })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.splits[1].input = -1; })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.splits[1].at = 1; })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.splits[1].at = NAN; })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) {
              c.splits[1] = {0, 0.25, -2, -3};
            })),
            mismatch)
      << "no width";
  EXPECT_EQ(code(changed([](Cells& c) { c.sizes[1] = 0; })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.sizes[1] = SIZE_MAX; })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.sizes.pop_back(); })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.splits.clear(); })), mismatch);
  EXPECT_EQ(code(changed([](Cells& c) { c.sizes.resize(400, 1); })), ErrorCode::kLimit);
}

}  // namespace
}  // namespace salus::program
