// The suite's settings files and CSV.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/sbml_suite.h"

namespace salus::model {
namespace {

using testing::HasSubstr;

TEST(SuiteSettings, AreReadWithEmptyListsAndStrayBlanks) {
  const SuiteSettings s = must(parse_suite_settings(
      "start: 0\r\nduration: 5.5\nsteps: 50\nvariables: S1, S2 ,k\nabsolute: 1.000000e-007\n"
      "relative: 0.0001 \namount: S1\nconcentration:\n",
      "settings.txt"));
  EXPECT_EQ(s.duration, 5.5);
  EXPECT_EQ(s.steps, 50);
  EXPECT_THAT(s.variables, testing::ElementsAre("S1", "S2", "k"));
  EXPECT_EQ(s.absolute, 1e-7);
  EXPECT_EQ(s.relative, 1e-4);
  EXPECT_THAT(s.amount, testing::ElementsAre("S1"));
  EXPECT_TRUE(s.concentration.empty());
}

TEST(SuiteSettings, RefuseWhatIsNoRun) {
  const auto why = [](const char* text) {
    const auto got = parse_suite_settings(text, "settings.txt");
    return got ? std::string("was not refused") : got.error().message;
  };
  EXPECT_THAT(why("duration: 1\nsteps: 0\n"), HasSubstr("settings.txt:2: steps"));
  EXPECT_THAT(why("duration: 1\nsteps: 1e9\n"), HasSubstr("1 to 100000"));
  EXPECT_THAT(why("duration: -1\nsteps: 1\n"), HasSubstr(":1: duration"));
  EXPECT_THAT(why("duration: nan\nsteps: 1\n"), HasSubstr(":1: duration"));
  EXPECT_THAT(why("duration 1\n"), HasSubstr("key: value"));
  EXPECT_THAT(why("start: 0\n"), HasSubstr("no duration"));
  EXPECT_THAT(why(std::string(kMaxSuiteSettingsBytes + 1, ' ').c_str()), HasSubstr("bytes"));
}

TEST(SuiteCsv, SpellsNumbersThatAreNone) {
  const double infinity = std::numeric_limits<double>::infinity();
  const SuiteTable table{{"time", "x", "y"}, {{0, 0.1, std::nan("")}, {1, infinity, -infinity}}};
  EXPECT_EQ(suite_csv(table), "time,x,y\n0,0.1,NaN\n1,INF,-INF\n");
}

}  // namespace
}  // namespace salus::model
