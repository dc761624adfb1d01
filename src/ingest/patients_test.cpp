// Goal:   a table of patients is read in the program's units, and every mistake is named.
// Method: small tables.
#include "ingest/patients.h"

#include <gtest/gtest.h>

namespace salus::ingest {
namespace {

using program::Parameter;
using program::Transform;

const std::vector<Parameter> kParameters = {{"CL", "L/h", "clearance", Transform::kLog, 1, 2, 4},
                                            {"V", "L", "volume", Transform::kLinear, 10, 20, 30}};

Result<Patients> read(const std::string& text, std::size_t most = 8) {
  return read_patients(must(parse_csv(text)), kParameters, most);
}

TEST(Patients, AreReadInTheProgramsUnits) {
  const Patients found = must(read("V [mL],id,CL [L/h]\n20000,a,2\n30000,b,4\n"));
  EXPECT_EQ(found.ids, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(found.values.size(), 2u);
  EXPECT_EQ(found.values[1][0].name, "CL");
  EXPECT_DOUBLE_EQ(found.values[1][0].value, 4);
  EXPECT_DOUBLE_EQ(found.values[1][1].value, 30);
}

TEST(Patients, NameEveryMistake) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"CL [L/h],V [L]\n2,20\n", "no column id"},
      {"id,CL [L/h]\na,2\n", "no column for V"},
      {"id,CL,V [L]\na,2,20\n", "column CL has no unit"},
      {"id,CL [L/h],V [L],age [a]\na,2,20,3\n", "column age [a] is none"},
      {"id,CL [kg],V [L]\na,2,20\n", "kg"},
      {"id,CL [L/h],V [L]\na,two,20\n", "line 2"},
      {"id,CL [L/h],V [L]\na,2,20\na,2,20\n", "line 3: id 'a'"}};
  for (const auto& [text, part] : cases) {
    const auto found = read(text);
    ASSERT_FALSE(found) << text;
    EXPECT_NE(found.error().message.find(part), std::string::npos) << found.error().message;
  }
  EXPECT_EQ(read("id,CL [L/h],V [L]\na,2,20\nb,2,20\n", 1).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace salus::ingest
