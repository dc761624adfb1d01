// Goal:   tables come in whole or with an error that names line and column.
// Method: small texts by hand, at each limit and format edge.

#include "ingest/csv.h"

#include <gtest/gtest.h>

namespace salus::ingest {
namespace {

TEST(Csv, ReadsHeaderRowsQuotesAndLineNumbers) {
  const CsvTable table =
      must(parse_csv("\xEF\xBB\xBF"
                     "a, b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,w"));

  EXPECT_EQ(table.header, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].cells[1], "x, \"y\"\nz");
  EXPECT_EQ(table.rows[1].line, 5u);
  EXPECT_EQ(table.column("b"), 1u);
  EXPECT_EQ(table.column("c"), 2u);
}

TEST(Csv, AnEmptyTextAndAHeaderWithoutRowsAreRefused) {
  EXPECT_EQ(parse_csv("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(parse_csv("\n\r\n").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(parse_csv("a,b\n").error().code, ErrorCode::kInvalidArgument);
}

TEST(Csv, ARaggedRowIsRefusedWithItsLineAndBothCounts) {
  const Error error = parse_csv("a,b\n1,2\n3\n").error();

  EXPECT_EQ(error.code, ErrorCode::kParse);
  EXPECT_EQ(error.message, "CSV line 3: 1 cells, the header has 2");
}

TEST(Csv, AColumnNamedTwiceIsRefused) {
  EXPECT_EQ(parse_csv("a,a\n1,2\n").error().code, ErrorCode::kInvalidArgument);
}

TEST(Csv, AnOpenQuoteIsRefused) {
  EXPECT_EQ(parse_csv("a\n\"1\n").error().code, ErrorCode::kParse);
  EXPECT_EQ(parse_csv("a\n\"1\"x\n").error().code, ErrorCode::kParse);
}

TEST(Csv, ColumnsAreLimited) {
  std::string header = "c0";
  std::string row = "1";
  for (std::size_t i = 1; i < kMaxCsvColumns; ++i) {
    header += ",c" + std::to_string(i);
    row += ",1";
  }

  EXPECT_TRUE(parse_csv(header + "\n" + row + "\n").has_value());
  EXPECT_EQ(parse_csv(header + ",x\n").error().code, ErrorCode::kLimit);
}

TEST(Csv, NumbersAreFiniteAndWhole) {
  EXPECT_EQ(must(parse_number("-1.5e2", 2, "x")), -150.0);
  for (const char* text : {"", "NaN", "nan", "inf", "1e999", "1,5", "1 ", "0x1", "<0.5"}) {
    EXPECT_EQ(parse_number(text, 7, "conc").error().code, ErrorCode::kInvalidArgument) << text;
  }
  const std::string message = parse_number("NaN", 7, "conc").error().message;
  EXPECT_NE(message.find("line 7"), std::string::npos);
  EXPECT_NE(message.find("\"conc\""), std::string::npos);
}

TEST(Csv, AWrittenCellIsReadBack) {
  for (const std::string text : {"plain", "a,b", "say \"x\"", "two\nlines", " edge "}) {
    const CsvTable table = must(parse_csv("h,k\n" + csv_cell(text) + ",1\n"));
    EXPECT_EQ(table.rows[0].cells[0], text);
  }
}

}  // namespace
}  // namespace salus::ingest
