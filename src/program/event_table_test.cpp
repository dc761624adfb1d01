// Goal:   an event table means what NONMEM takes it to mean, or is refused with file, line, column
// and
//         remedy.
// Method: small tables in text, one mistake at a time; the expanded doses and readings by hand.
//         Curves from tables are compared with a closed form where a solver is at hand:
//         src/model and tests/e2e.
#include "program/event_table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace salus::program {
namespace {

Result<EventTable> read(const std::string& text) {
  std::istringstream in(text);
  std::string line, cell;
  std::vector<std::vector<std::string>> cut;
  while (std::getline(in, line)) {
    std::istringstream cells(line + ",");
    cut.emplace_back();
    while (std::getline(cells, cell, ',')) cut.back().push_back(cell);
  }
  std::vector<TableLine> rows;
  for (std::size_t i = 1; i < cut.size(); ++i) rows.push_back({i + 1, cut[i]});
  return read_event_table("t.csv", cut[0], rows);
}

const Expansion kTwo{{"depot", "central"}, "depot", 3};

std::vector<EventSegment> expand(const std::string& text, const Expansion& expansion = kTwo) {
  const EventTable table = must(read(text));
  return must(expand_events("t.csv", must(find_event_subject(table, "")), expansion));
}

TEST(EventTable, ReadsAnyOrderAndCaseAndKeepsCovariates) {
  const EventTable table =
      must(read("wt,Dv,time,ID,amt,Sex\n70,.,0,a,100,F\n70,2.5,1,a,.,F\n80,.,0,b,50,M\n"));
  EXPECT_EQ(table.covariates, (std::vector<std::string>{"wt", "Sex"}));
  ASSERT_EQ(table.subjects.size(), 2u);
  const EventSubject& a = table.subjects[0];
  EXPECT_EQ(a.id, "a");
  EXPECT_EQ(a.records[0].evid, 1) << "a row with an AMT is a dose";
  EXPECT_EQ(a.records[1].observed, 2.5);
  EXPECT_EQ(a.records[1].covariates, (std::vector<std::string>{"70", "F"}));
  EXPECT_EQ(must(find_event_subject(table, "b")).records.size(), 1u);
  EXPECT_NE(find_event_subject(table, "c").error().message.find("which has a, b"),
            std::string::npos);
}

TEST(EventTable, ExpandsAdditionalDosesAndInfusions) {
  const auto segments = expand("TIME,AMT,RATE,II,ADDL,EVID\n2,100,50,12,2,1\n30,.,.,.,.,0\n");
  ASSERT_EQ(segments.size(), 1u);
  ASSERT_EQ(segments[0].doses.size(), 3u);
  EXPECT_EQ(segments[0].doses[2].time_h, 26);
  EXPECT_EQ(segments[0].doses[2].infusion_h, 2);
  EXPECT_EQ(segments[0].readings[0].time_h, 30);
}

TEST(EventTable, TakesAReadingBeforeTheDoseThatFollowsIt) {
  const auto segments = expand("TIME,AMT,EVID\n0,.,0\n0,100,1\n0,.,0\n5,.,2\n");
  ASSERT_EQ(segments[0].readings.size(), 3u);
  EXPECT_EQ(segments[0].readings[0].time_h, 0);
  EXPECT_EQ(segments[0].doses[0].time_h, kJustBeforeDoseHours);
  EXPECT_GE(segments[0].readings[1].time_h, segments[0].doses[0].time_h);
  EXPECT_EQ(segments[0].readings[2].table_time_h, 5);
}

TEST(EventTable, StartsAnewAtResetsAndSteadyStates) {
  const auto segments = expand(
      "TIME,AMT,II,SS,EVID\n0,10,.,.,1\n1,.,.,.,0\n4,.,.,.,3\n5,.,.,.,0\n3,20,.,.,4\n6,.,.,.,0\n"
      "24,30,12,1,1\n26,.,.,.,0\n");
  ASSERT_EQ(segments.size(), 4u);
  EXPECT_TRUE(segments[1].doses.empty()) << "reset: nothing is left";
  EXPECT_EQ(segments[1].start_h, 4);
  EXPECT_EQ(segments[1].readings[0].time_h, 1);
  EXPECT_EQ(segments[2].readings[0].time_h, 3) << "the clock goes back with EVID 4";
  EXPECT_TRUE(segments[3].reaches_steady_state);
  EXPECT_EQ(segments[3].start_h, 24 - 36);
  ASSERT_EQ(segments[3].doses.size(), 4u);
  EXPECT_EQ(segments[3].doses[3].time_h, 36);
  EXPECT_EQ(segments[3].readings[0].time_h, 38);
}

TEST(EventTable, KnowsCompartmentsByNumberAndName) {
  for (const std::string cmt : {"1", "depot", "DEPOT", "0", "."}) {
    EXPECT_EQ(expand("TIME,AMT,CMT\n0,1," + cmt + "\n1,.,2\n")[0].doses.size(), 1u) << cmt;
  }
}

struct Mistake {
  std::string text, place, remedy;
};

TEST(EventTable, RefusesEachMistakeWithFileLineColumnAndRemedy) {
  const std::vector<Mistake> mistakes = {
      {"ID,AMT\n1,1\n", "t.csv line 1, column TIME", "missing; add it"},
      {"TIME,time\n1,1\n", "t.csv line 1, column time", "twice"},
      {"TIME,AMT\nx,1\n", "t.csv line 2, column TIME", "expected a finite number"},
      {"TIME,AMT\n.,1\n", "t.csv line 2, column TIME", "give hours"},
      {"TIME,AMT\n-1,1\n", "t.csv line 2, column TIME", "count from"},
      {"TIME,AMT\n2,1\n1,.\n", "t.csv line 3, column TIME", "below that of line 2; sort"},
      {"TIME,AMT,EVID\n0,1,5\n", "t.csv line 2, column EVID", "from 0 to 4"},
      {"TIME,AMT,EVID\n0,1,0\n", "t.csv line 2, column AMT", "make it EVID 1"},
      {"TIME,AMT,EVID\n0,.,1\n", "t.csv line 2, column AMT", "must be positive"},
      {"TIME,AMT,RATE\n0,1,-2\n", "t.csv line 2, column RATE", "amount per hour"},
      {"TIME,AMT,ADDL\n0,1,3\n", "t.csv line 2, column II", "hours between doses"},
      {"TIME,AMT,ADDL,II\n0,1,2.5,1\n", "t.csv line 2, column ADDL", "whole number"},
      {"TIME,AMT,SS,II\n0,1,2,1\n", "t.csv line 2, column SS", "list the earlier doses"},
      {"ID,TIME,AMT\n1,0,1\n2,0,1\n1,1,1\n", "t.csv line 4, column ID",
       "rows of a subject together"},
      {"ID,TIME,AMT\n.,0,1\n", "t.csv line 2, column ID", "name the subject"},
      {"TIME,AMT,CMT\n0,1,central\n", "t.csv line 2, column CMT", "[dose] goes to depot"},
      {"TIME,AMT,CMT\n0,1,3\n", "t.csv line 2, column CMT", "there are 1 depot, 2 central"},
      {"TIME,AMT,II,ADDL\n0,1,1,9999\n1,1,0,0\n1,.,.,.\n", "t.csv line 3, column ADDL",
       "at most 10000"},
  };
  for (const Mistake& m : mistakes) {
    const Result<EventTable> table = read(m.text);
    const auto expanded = table ? expand_events("t.csv", table->subjects[0], kTwo)
                                : Result<std::vector<EventSegment>>(table.error());
    ASSERT_FALSE(expanded) << m.text;
    const std::string& message = expanded.error().message;
    EXPECT_TRUE(message.starts_with(m.place + ": ")) << m.place << "\n" << message;
    EXPECT_NE(message.find(m.remedy), std::string::npos) << m.remedy << "\n" << message;
  }
}

TEST(EventTable, RefusesDosesOfAModelWithoutADoseTarget) {
  const EventTable table = must(read("TIME,AMT\n0,1\n"));
  const auto refused = expand_events("t.csv", table.subjects[0], {{"x"}, "", 3});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("the model takes none"), std::string::npos);
}

}  // namespace
}  // namespace salus::program
