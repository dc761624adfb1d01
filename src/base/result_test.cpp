// Goal:   an outcome is a value or an error, and opening the wrong one is a Defect, never silence.
// Method: each accessor on each kind of outcome; every error code's spelling.

#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace salus {
namespace {

const Error kLost{ErrorCode::kNotFound, "no twin 17"};

TEST(Result, HoldsAValueThatCanBeMovedOut) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(5));

  ASSERT_TRUE(result);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(**result, 5);
  EXPECT_EQ(*std::move(result).value(), 5);
}

TEST(Result, ArrowAndConstAccessReachTheValue) {
  const Result<std::string> text(std::string("abc"));

  EXPECT_EQ(text->size(), 3u);
  EXPECT_EQ(*text, "abc");
  EXPECT_EQ(text.value(), "abc");
}

TEST(Result, OpeningAnErrorAsAValueIsADefectThatNamesTheError) {
  const Result<int> result(kLost);

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  try {
    static_cast<void>(*result);
    FAIL() << "no Defect";
  } catch (const Defect& defect) {
    EXPECT_NE(std::string(defect.what()).find("no twin 17"), std::string::npos);
  }
}

TEST(Result, AskingAValueForItsErrorIsADefect) {
  EXPECT_THROW(static_cast<void>(Result<int>(3).error()), Defect);
  EXPECT_THROW(static_cast<void>(Status().error()), Defect);
}

TEST(Result, AStatusIsFineUnlessItWasGivenAnError) {
  EXPECT_TRUE(Status().has_value());
  EXPECT_FALSE(Status(kLost).has_value());
  EXPECT_EQ(Status(kLost).error().message, "no twin 17");
}

TEST(Result, MustTurnsAnErrorIntoADefect) {
  EXPECT_EQ(must(Result<int>(3)), 3);
  EXPECT_NO_THROW(must(Status()));
  EXPECT_THROW(must(Result<int>(kLost)), Defect);
  EXPECT_THROW(must(Status(kLost)), Defect);
}

TEST(Result, CheckThrowsADefectThatSaysWhere) {
  EXPECT_NO_THROW(check(true, "fine"));
  try {
    check(false, "two is not three");
    FAIL() << "no Defect";
  } catch (const Defect& defect) {
    EXPECT_NE(std::string(defect.what()).find("result_test.cpp"), std::string::npos);
    EXPECT_NE(std::string(defect.what()).find("two is not three"), std::string::npos);
  }
}

TEST(ErrorCodes, EachHasItsOwnStableSpelling) {
  std::set<std::string_view> names;
  const int last = static_cast<int>(ErrorCode::kNotBuilt);
  for (int code = 0; code <= last; ++code) names.insert(name(static_cast<ErrorCode>(code)));

  EXPECT_EQ(names.size(), static_cast<std::size_t>(last) + 1);
  EXPECT_EQ(names.count("unknown"), 0u);
  EXPECT_EQ(name(ErrorCode::kOutsideBox), "outside_box");
  EXPECT_EQ(name(static_cast<ErrorCode>(1000)), "unknown");
}

}  // namespace
}  // namespace salus
