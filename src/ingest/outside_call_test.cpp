// Goal:   calls that were made elsewhere arrive as they stand, what is rewritten is said.
// Method: lines by hand, those of PharmCAT's documentation among them; its example file.
#include "ingest/outside_call.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/testing/shared_data.h"

namespace salus::ingest {
namespace {

std::vector<OutsideCall> read(const std::string& text) { return must(parse_outside_calls(text)); }

TEST(OutsideCalls, FourColumnsInAnyCompany) {
  const auto calls = read(
      "# made by hand\r\n\nCYP2D6\t*1/*3\nCYP2C9\t\t\t2.0\nHLA-B\t\t*57:01 positive\r\n"
      "MT-RNR1\t1555A>G\nCYP3A5\t./.\nTPMT\t TPMT*1 / TPMT*3A \t\t\n");
  ASSERT_EQ(calls.size(), 6u);
  EXPECT_EQ(calls[0], (OutsideCall{3, "CYP2D6", "*1/*3", "", "", {}}));
  EXPECT_EQ(calls[1].activity_score, "2.0");
  EXPECT_EQ(calls[2].phenotype, "*57:01 positive");
  EXPECT_EQ(calls[3].diplotype, "1555A>G");
  EXPECT_EQ(calls[4].diplotype, "") << "no call";
  EXPECT_EQ(calls[5].diplotype, "*1/*3A");
}

TEST(OutsideCalls, SubAllelesAndWordsBecomeTheUsualOnes) {
  EXPECT_EQ(read("CYP2D6\t*4.024/*1\n")[0].diplotype, "*4/*1");
  EXPECT_EQ(read("CYP2D6\t*4.024/*1\n")[0].notes,
            std::vector<std::string>{"*4.024 is taken as *4"});
  EXPECT_EQ(read("HLA-B\tB*07:02:01:127/*57:01\n")[0].diplotype, "*07:02/*57:01");
  const std::vector<std::pair<std::string, std::string>> words = {
      {"PM", "Poor Metabolizer"},
      {"EM", "Normal Metabolizer"},
      {"CYP2D6 Ultrarapid Metabolizers (UM)", "Ultrarapid Metabolizer"},
      {"likely cyp2c19 poor metaboliser", "Likely Poor Metabolizer"},
      {"Possible intermediate metabolizer", "Possible Intermediate Metabolizer"},
      {"-1639 AG", "-1639 AG"},
  };
  for (const auto& [given, term] : words)
    EXPECT_EQ(read("CYP2D6\t\t" + given + "\n")[0].phenotype, term);
}

TEST(OutsideCalls, SayWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "no line with a gene and a tab"},
      {"# nothing\n", "no line with a gene and a tab"},
      {"\nCYP2D6 *1/*3\n", "line 2: one column; separate gene and diplotype by a tab"},
      {"\t*1/*3\n", "line 1: no gene"},
      {"CYP2D6\t\t\t\n", "neither diplotype nor phenotype nor activity score of CYP2D6"},
      {"CYP2D6\t*1/*2/*3\n", "more than two alleles"},
      {"CYP2D6\t*1/CYP2D6\n", "has no name"},
      {"CYP2D6\t*1/*2\tx\t1\ty\n", "more than four columns"},
      {"CYP2D6\t*1/*2\nCYP2D6\t*1/*1\n", "line 2: CYP2D6 is called in line 1 already"},
      {std::string("CYP2D6\t*1\x01\n"), "a control character"},
      {"CYP2D6\t" + std::string(201, '*') + "\n", "more than 200 bytes"},
      {std::string(kMaxOutsideCallBytes + 1, '#'), "bytes, at most"},
  };
  for (const auto& [text, message] : cases) {
    const auto parsed = parse_outside_calls(text);
    ASSERT_FALSE(parsed) << message;
    EXPECT_NE(parsed.error().message.find(message), std::string::npos) << parsed.error().message;
  }
}

TEST(OutsideCalls, ReadPharmCatsExample) {
  const auto folder = test::shared_data(SALUS_SOURCE_DIR, "pharmcat");
  if (folder.empty()) GTEST_SKIP() << "no ../shared/data/pharmcat";
  const auto calls =
      read(must(read_text_file(folder / "pharmcat.example.outsideCall.tsv", kMaxOutsideCallBytes)));
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].gene + " " + calls[0].diplotype, "CYP2D6 *1/*3");
  EXPECT_EQ(calls[1].diplotype, "*15:02/*57:01");
}

}  // namespace
}  // namespace salus::ingest
