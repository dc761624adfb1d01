// Goal:   a features file is read exactly as written, or refused with what is wrong with it.
// Method: round trip, then one broken field at a time.

#include "ingest/features.h"

#include <gtest/gtest.h>

namespace salus::ingest {
namespace {

Features example() {
  return {.subject = "1",
          .model = "theophylline",
          .weight_kg = 79.6,
          .dose_mg = 319.992,
          .origin = "fitted",
          .values = {{"CL", 1.586, "L/h"}, {"V", 29.39, "L"}, {"ka", 1.777, "1/h"}}};
}

std::string with(const std::string& features, const std::string& format = "salus-features 1") {
  return "{\"format\":\"" + format + "\",\"features\":" + features + "}";
}

TEST(Features, PrintAndParseAreInverse) {
  EXPECT_EQ(must(parse_features(print_features(example()))), example());
}

TEST(Features, BrokenFilesAreRefused) {
  EXPECT_EQ(parse_features("").error().code, ErrorCode::kParse);
  EXPECT_EQ(parse_features("[1]").error().code, ErrorCode::kParse);
  EXPECT_EQ(parse_features(with("{}", "salus-features 2")).error().code, ErrorCode::kVersion);
  EXPECT_EQ(parse_features(std::string(kMaxFeaturesBytes + 1, ' ')).error().code,
            ErrorCode::kLimit);
  for (const char* features :
       {"{}", "[]", "{\"CL\":1}", "{\"CL\":{\"value\":1}}", "{\"CL\":{\"unit\":\"L/h\"}}",
        "{\"CL\":{\"value\":null,\"unit\":\"L/h\"}}", "{\"CL\":{\"value\":1e999,\"unit\":\"L\"}}",
        "{\"CL\":{\"value\":1,\"unit\":\"\"}}", "{\"CL\":{\"value\":1,\"unit\":\"L\",\"x\":1}}"}) {
    EXPECT_FALSE(parse_features(with(features)).has_value()) << features;
  }
}

TEST(Features, ValuesAreConvertedToTheUnitsOfTheProgram) {
  program::Parameter clearance;
  clearance.name = "CL";
  clearance.unit = "L/h";
  const std::vector<program::Parameter> parameters = {clearance};
  Features features = example();
  features.values = {{"CL", 100, "mL/min"}};

  EXPECT_DOUBLE_EQ(must(to_parameters(features, parameters))[0].value, 6.0);

  features.values[0].unit = "L";
  EXPECT_EQ(to_parameters(features, parameters).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace salus::ingest
