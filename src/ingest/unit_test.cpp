// Goal:   units convert by dimension, and nothing converts that should not.
// Method: factors known by heart.

#include "ingest/unit.h"

#include <gtest/gtest.h>

namespace salus::ingest {
namespace {

TEST(Unit, EqualQuantitiesConvert) {
  EXPECT_DOUBLE_EQ(must(convert(1, "mg/L", "ug/mL")), 1);
  EXPECT_DOUBLE_EQ(must(convert(250, "ng/mL", "mg/L")), 0.25);
  EXPECT_DOUBLE_EQ(must(convert(90, "min", "h")), 1.5);
  EXPECT_DOUBLE_EQ(must(convert(100, "mL/min", "L/h")), 6);
  EXPECT_DOUBLE_EQ(must(convert(2, "1/h", "/d")), 48);
  EXPECT_DOUBLE_EQ(must(convert(3, "cm3", "mL")), 3);
  EXPECT_DOUBLE_EQ(must(convert(4.02, "mg/kg", "mg/kg")), 4.02);
  EXPECT_DOUBLE_EQ(must(convert(7, "{score}", "{score}")), 7);
  EXPECT_FALSE(convert(7, "{score}", "{points}"));
  EXPECT_DOUBLE_EQ(must(convert(1, "h-1", "1/h")), 1);
}

TEST(Unit, DifferentQuantitiesDoNotConvert) {
  EXPECT_EQ(convert(1, "mg/L", "mmol/L").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(convert(1, "h", "1/h").error().code, ErrorCode::kInvalidArgument);
}

TEST(Unit, LaboratoryUnitsConvert) {
  EXPECT_NEAR(must(convert(120, "mm[Hg]", "cm[Hg]")), 12, 1e-12);
  EXPECT_NEAR(must(convert(150, "[lb_av]", "kg")), 68.0388555, 1e-9);
  EXPECT_NEAR(must(convert(70, "[in_i]", "cm")), 177.8, 1e-9);
  EXPECT_NEAR(must(convert(7.5, "10*3/uL", "10*9/L")), 7.5, 1e-12);
  EXPECT_NEAR(must(convert(2, "a", "mo")), 24, 1e-12);
  EXPECT_NEAR(must(convert(40, "U/L", "mU/mL")), 40, 1e-12);
  EXPECT_NEAR(must(convert(60, "mL/min/{1.73_m2}", "L/h/{1.73_m2}")), 3.6, 1e-12);
  EXPECT_FALSE(convert(60, "mL/min", "mL/min/{1.73_m2}")) << "an annotation is part of the unit";
  EXPECT_FALSE(convert(1, "{INR}", "1"));
  for (const char* text : {"{", "{a}b", "}", "mg/{", "{a}{b}"})
    EXPECT_FALSE(parse_unit(text).has_value()) << text;
}

TEST(Unit, MissingAndUnknownUnitsSayWhatToWrite) {
  EXPECT_NE(parse_unit("").error().message.find("UCUM"), std::string::npos);
  EXPECT_NE(parse_unit("mg/furlong").error().message.find("\"furlong\""), std::string::npos);
  for (const char* text : {"/", "mg//L", "mg/", ".", "kmin", "L99", "2", "-"}) {
    EXPECT_FALSE(parse_unit(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace salus::ingest
