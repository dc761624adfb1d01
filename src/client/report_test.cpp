// Goal:   a report says what it was given, in three forms, and cannot be turned against its reader.
// Method: a small report with hostile text, parsed back and searched.

#include "client/report.h"

#include <gtest/gtest.h>

#include "client/report_chart.h"
#include "ingest/csv.h"

namespace salus::client {
namespace {

Report example() {
  Report report;
  report.created_at = "2026-01-31T12:00:00Z";
  ReportBasis& basis = report.basis;
  basis.program_name = "theophylline/regimens";
  basis.program_digest = std::string(64, 'a');
  basis.question = "What if <script>alert(1)</script>?";
  basis.parameters.resize(1);
  basis.parameters[0].name = "CL";
  basis.parameters[0].low = 1;
  basis.parameters[0].typical = 2;
  basis.parameters[0].high = 4;
  basis.output.outputs = {{"C", "mg/L", "concentration", {}, ""}};
  basis.output.dose_unit = "mg";
  basis.output.times_h = {0, 1, 2};
  basis.output.regimens.resize(2);
  basis.output.regimens[0].label = "once";
  basis.output.regimens[1].label = "</script><img src=x onerror=alert(2)>, twice";
  basis.output.peak = {10, 20};
  basis.certificate.box_max = 1e-3;
  basis.certificate.noise_bound = 1e-6;
  basis.log_n = 14;
  basis.security_bits = 128;
  SubjectReport subject;
  subject.id = "7\"><b>";
  subject.features = {{"CL", 1.5, "L/h"}};
  subject.curves = {{0, 10.123456789, 5}, {0, 20, 30}};
  subject.bands = must(bands_of(basis, subject.curves));
  subject.measured = {{1, 9.5}};
  subject.max_rel_error = 1e-4;
  report.subjects = {subject};
  return report;
}

TEST(Report, JsonIsReadBackUnchanged) {
  EXPECT_EQ(must(parse_report(print_json(example(), Detail::kWhole))), example());
}

TEST(Report, BrokenJsonIsRefused) {
  EXPECT_EQ(parse_report("").error().code, ErrorCode::kParse);
  EXPECT_EQ(parse_report("{}").error().code, ErrorCode::kParse);
  EXPECT_EQ(parse_report(R"({"format":"salus-report 1"})").error().code, ErrorCode::kVersion);
  EXPECT_EQ(parse_report(print_json(example(), Detail::kSummary)).error().code, ErrorCode::kParse);
  Report uneven = example();
  uneven.subjects[0].curves[1].pop_back();
  EXPECT_EQ(parse_report(print_json(uneven, Detail::kWhole)).error().code, ErrorCode::kParse);
}

TEST(Report, CurvesAreRoundedToTheDeclaredPrecision) {
  Report report = example();
  round_curves(report);

  EXPECT_DOUBLE_EQ(report.subjects[0].curves[0][1], 10.12);  // band 0.01: two places
}

TEST(Report, CsvHasALineForEachPointAndReadsBack) {
  const ingest::CsvTable table = must(ingest::parse_csv(print_csv(example())));

  EXPECT_EQ(table.rows.size(), 6u);
  EXPECT_EQ(table.rows[4].cells[4], example().basis.output.regimens[1].label);
}

TEST(Report, ThePageEscapesTextAndAsksNobody) {
  const std::string html = print_html(example());

  EXPECT_EQ(html.find("<script>alert(1)"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("</script><img"), std::string::npos);
  EXPECT_EQ(html.find("\"><b>"), std::string::npos);
  EXPECT_EQ(html.find("http"), html.find("http-equiv"));
  EXPECT_EQ(html.find("http", html.find("http-equiv") + 1), std::string::npos);
  EXPECT_EQ(html.find("src="), html.find("src=x"));  // escaped text, no element
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(html.find("<details>"), std::string::npos);
}

TEST(Report, SubjectsOfOneProgramAreMerged) {
  Report other = example();
  other.subjects[0].id = "8";

  EXPECT_EQ(must(merge({example(), other})).subjects.size(), 2u);
  EXPECT_EQ(merge({example(), example()}).error().code, ErrorCode::kConflict);
  other.basis.program_digest = std::string(64, 'b');
  EXPECT_EQ(merge({example(), other}).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(merge({}).error().code, ErrorCode::kInvalidArgument);
}

TEST(Report, TicksAreRoundAndCoverTheLargestValue) {
  EXPECT_EQ(round_ticks(9.7, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_GE(round_ticks(1e-9, 5).back(), 1e-9);
}

}  // namespace
}  // namespace salus::client
