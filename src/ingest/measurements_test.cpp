// Goal:   a clinic's CSV becomes subjects only when every column, unit and number is understood.
// Method: the theophylline file, then the same table broken in one place at a time.

#include "ingest/measurements.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace salus::ingest {
namespace {

const std::string kMapping = R"(format = "salus-mapping 1"
[subject]
column = "Subject"
[time]
column = "Time"
unit = "h"
[value]
column = "conc"
unit = "mg/L"
[weight]
column = "Wt"
unit = "kg"
[dose]
column = "Dose"
unit = "mg/kg"
)";

const std::string kHeader = "Subject,Wt,Dose,Time,conc\n";

Result<std::vector<Subject>> read(const std::string& rows, const std::string& mapping = kMapping) {
  const Result<CsvTable> table = parse_csv(rows);
  if (!table) return table.error();
  const Result<Mapping> known = parse_mapping(mapping);
  if (!known) return known.error();
  return read_subjects(*table, *known, "mg/L");
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Measurements, TheTheophyllineFileHasTwelveSubjectsOfElevenMeasurements) {
  const std::string folder = SALUS_SOURCE_DIR "/examples/data/";
  const std::string mapping = must(read_text_file(folder + "theophylline.mapping.toml", 1 << 20));

  const auto subjects =
      must(read(must(read_text_file(folder + "theophylline.csv", 1 << 20)), mapping));

  ASSERT_EQ(subjects.size(), 12u);
  for (const Subject& subject : subjects) EXPECT_EQ(subject.observations.size(), 11u);
  EXPECT_DOUBLE_EQ(subjects[0].dose_mg, 79.6 * 4.02);
  EXPECT_EQ(subjects[0].observations[3], (Observation{1.12, 10.5}));
}

TEST(Measurements, UnitsOfTheFileAreConverted) {
  const std::string mapping = replaced(replaced(kMapping, "\"h\"", "\"min\""), "mg/L", "ng/mL");

  const auto subjects = must(read(kHeader + "7,80,4,90,2500\n7,80,4,30,1000\n", mapping));

  EXPECT_EQ(subjects[0].observations[0], (Observation{0.5, 1.0}));
  EXPECT_EQ(subjects[0].observations[1], (Observation{1.5, 2.5}));
}

TEST(Measurements, AnUnknownColumnIsRefusedByName) {
  const Error error = read("Subject,Wt,Dose,Time,conc,BMI\n1,80,4,0,0,22\n").error();

  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_NE(error.message.find("\"BMI\""), std::string::npos);
}

TEST(Measurements, AMissingColumnIsRefusedByName) {
  EXPECT_NE(read("Subject,Wt,Dose,Time\n1,80,4,0\n").error().message.find("\"conc\""),
            std::string::npos);
}

TEST(Measurements, AMissingUnitIsRefused) {
  const Error error =
      read(kHeader + "1,80,4,0,0\n", replaced(kMapping, "unit = \"mg/L\"\n", "")).error();

  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_NE(error.message.find("\"conc\" (value) has no unit"), std::string::npos);
}

TEST(Measurements, NotANumberNegativeAndRepeatedTimesAreRefused) {
  for (const char* rows :
       {"1,80,4,0,NaN\n", "1,80,4,0,\n", "1,80,4,1,-0.1\n", "1,80,4,-1,0.1\n",
        "1,80,4,1,0.1\n1,80,4,1,0.2\n", "1,80,4,1,1\n1,81,4,2,1\n", ",80,4,1,1\n"}) {
    EXPECT_EQ(read(kHeader + rows).error().code, ErrorCode::kInvalidArgument) << rows;
  }
}

TEST(Measurements, ADosePerWeightNeedsTheWeight) {
  const std::string mapping = replaced(kMapping, "[weight]\ncolumn = \"Wt\"\nunit = \"kg\"\n", "");

  const Error error = read("Subject,Dose,Time,conc\n1,4,0,0\n", mapping).error();

  EXPECT_NE(error.message.find("no column is mapped to weight"), std::string::npos);
}

TEST(Measurements, AnUnknownSubjectIsNotFoundAndTheOthersAreListed) {
  const auto subjects = must(read(kHeader + "1,80,4,0,0\n2,80,4,0,0\n"));

  EXPECT_EQ(find_subject(subjects, "3").error().message, "no subject \"3\"; there are 1, 2");
}

TEST(Mapping, FormatsKeysAndTypesAreChecked) {
  EXPECT_EQ(parse_mapping("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(parse_mapping(replaced(kMapping, "mapping 1", "mapping 9")).error().code,
            ErrorCode::kVersion);
  EXPECT_EQ(parse_mapping("x = [").error().code, ErrorCode::kParse);
  EXPECT_EQ(parse_mapping(kMapping + "colour = 1\n").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(parse_mapping(kMapping + "[height]\ncolumn = \"x\"\n").error().code,
            ErrorCode::kInvalidArgument);
}

TEST(Mapping, OptionsOfTheCommandLineAddColumns) {
  Mapping mapping;

  ASSERT_TRUE(add_to_mapping(mapping, "subject=Subject"));
  ASSERT_TRUE(add_to_mapping(mapping, "time=t: of day:min"));
  ASSERT_TRUE(add_to_mapping(mapping, "value=conc:mg/L"));

  EXPECT_EQ(mapping.time, (MappedColumn{"t: of day", "min"}));
  EXPECT_TRUE(check_mapping(mapping));
  EXPECT_FALSE(add_to_mapping(mapping, "value=conc"));
  EXPECT_FALSE(add_to_mapping(mapping, "bmi=x:1"));
  EXPECT_FALSE(add_to_mapping(mapping, "time"));
}

}  // namespace
}  // namespace salus::ingest
