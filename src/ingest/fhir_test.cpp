// Goal:   of a patient's record every number is used as its code and unit say, or a line says why
//         not.
// Method: small bundles by hand, each with one thing wrong; the 24 Synthea bundles of the shared
//         data, where every Observation has to turn up; CKD-EPI by its published examples.
#include "ingest/fhir.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/testing/shared_data.h"
#include "ingest/date.h"
#include "ingest/vocabulary.h"

namespace salus::ingest {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json patient(const std::string& id = "p1") {
  return {{"resourceType", "Patient"}, {"id", id}, {"birthDate", "1970-06-01"}, {"gender", "male"}};
}

json observation(const std::string& id, const std::string& loinc, double value,
                 const std::string& unit, const std::string& when = "2020-06-01") {
  return {{"resourceType", "Observation"},
          {"id", id},
          {"status", "final"},
          {"code", {{"coding", {{{"system", "http://loinc.org"}, {"code", loinc}}}}}},
          {"subject", {{"reference", "Patient/p1"}}},
          {"effectiveDateTime", when},
          {"valueQuantity",
           {{"value", value}, {"system", "http://unitsofmeasure.org"}, {"code", unit}}}};
}

std::string bundle(const std::vector<json>& resources) {
  json out = {{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", json::array()}};
  for (const json& r : resources) out["entry"].push_back({{"resource", r}});
  return out.dump();
}

// Why the only Observation of a record was not used; empty if it was.
std::string why_not(json changed) {
  const PatientRecord record = must(read_fhir(bundle({patient(), std::move(changed)})));
  EXPECT_EQ(record.readings.size() + record.unused.size(), 1u);
  return record.unused.empty() ? "" : record.unused[0].why;
}

double value_of(const std::vector<Chosen>& chosen, std::string_view name) {
  const auto found = std::find_if(chosen.begin(), chosen.end(),
                                  [&](const Chosen& c) { return c.feature.name == name; });
  return found == chosen.end() ? NAN : found->feature.value;
}

TEST(Fhir, UsesCodesAndUnitsNotDisplays) {
  json creatinine = observation("c", "14682-9", 88.4, "umol/L");
  creatinine["code"]["coding"][0]["display"] = "Creat\xe2\x80\x8binine";  // a zero-width space
  creatinine["code"]["text"] = "\xef\xbb\xbfweight";
  json pressure = observation("b", "85354-9", 0, "mm[Hg]");
  pressure.erase("valueQuantity");
  for (const auto& [code, value] : {std::pair{"8480-6", 120.0}, {"8462-4", 80.0}}) {
    const json part = observation("", code, value, "mm[Hg]");
    pressure["component"].push_back(
        {{"code", part["code"]}, {"valueQuantity", part["valueQuantity"]}});
  }
  const PatientRecord record = must(read_fhir(
      bundle({patient(), creatinine, pressure, observation("w", "29463-7", 150, "[lb_av]"),
              observation("h", "59261-8", 53, "mmol/mol"), observation("i", "6301-6", 1.1, "{INR}"),
              observation("e", "33914-3", 60, "mL/min"),
              observation("f", "77147-7", 61, "mL/min/{1.73_m2}", "2019-06-01")})));
  EXPECT_TRUE(record.unused.empty()) << record.unused[0].why;
  std::vector<Unused> unused;
  const auto chosen = latest(record, std::nullopt, &unused);
  EXPECT_NEAR(value_of(chosen, "creatinine"), 1.0, 1e-3);
  EXPECT_EQ(value_of(chosen, "SBP"), 120);
  EXPECT_EQ(value_of(chosen, "DBP"), 80);
  EXPECT_NEAR(value_of(chosen, "weight"), 68.04, 0.01);
  EXPECT_NEAR(value_of(chosen, "HbA1c"), 7.0, 0.01);
  EXPECT_EQ(value_of(chosen, "INR"), 1.1);
  EXPECT_NEAR(value_of(chosen, "age"), 50, 0.01);
  EXPECT_EQ(value_of(chosen, "male"), 1);
  EXPECT_EQ(value_of(chosen, "eGFR_mdrd"), 60) << "the newer, in either of its units";
  ASSERT_EQ(unused.size(), 1u);
  EXPECT_EQ(unused[0].why, "older than Observation/e");
  EXPECT_NEAR(value_of(chosen, "eGFR"), *ckd_epi_2021(value_of(chosen, "creatinine"), 50, false),
              0.01);
}

// The National Kidney Foundation's calculator: 1.0 mg/dL at 50 years is 92 for men, 69 for women.
TEST(Fhir, FiltrationRateIsThePublishedOne) {
  EXPECT_NEAR(*ckd_epi_2021(1.0, 50, false), 92, 0.5);
  EXPECT_NEAR(*ckd_epi_2021(1.0, 50, true), 69, 0.5);
  EXPECT_FALSE(ckd_epi_2021(1.0, 17.9, true));
  EXPECT_FALSE(ckd_epi_2021(0, 50, true));
}

TEST(Fhir, SaysWhyAValueIsNotUsed) {
  const auto changed = [](const std::function<void(json&)>& change) {
    json out = observation("c", "2160-0", 1, "mg/dL");
    change(out);
    return why_not(out);
  };
  EXPECT_EQ(changed([](json&) {}), "");
  EXPECT_EQ(changed([](json& o) { o["status"] = "preliminary"; }), "its status is 'preliminary'");
  EXPECT_EQ(changed([](json& o) { o.erase("effectiveDateTime"); }), "it has no time");
  EXPECT_EQ(changed([](json& o) { o["effectiveDateTime"] = "2020-02-30"; }), "its time is no date");
  EXPECT_EQ(changed([](json& o) { o["effectiveDateTime"] = "2020-06"; }), "its time is no date");
  EXPECT_EQ(changed([](json& o) { o["subject"]["reference"] = "Patient/p2"; }),
            "it is of another subject");
  EXPECT_EQ(changed([](json& o) { o.erase("subject"); }), "it names no subject");
  EXPECT_EQ(changed([](json& o) { o["valueQuantity"]["value"] = "1"; }), "it has no number");
  EXPECT_EQ(changed([](json& o) { o["valueQuantity"]["comparator"] = "<"; }),
            "its value is a limit (<), not a number");
  EXPECT_EQ(changed([](json& o) { o["code"]["coding"][0]["system"] = "urn:own"; }),
            "it has no LOINC code");
  EXPECT_EQ(changed([](json& o) { o["code"]["coding"][0]["code"] = "72514-3"; }),
            "no model uses it");
  EXPECT_NE(changed([](json& o) { o["valueQuantity"]["code"] = "kg"; }).find("does not measure"),
            std::string::npos);
  EXPECT_NE(changed([](json& o) { o["valueQuantity"].erase("code"); }).find("no unit"),
            std::string::npos);
}

TEST(Fhir, ClashingCodesAreNotUsed) {
  json both = observation("c", "2160-0", 1, "mg/dL");
  both["code"]["coding"].push_back({{"system", "http://loinc.org"}, {"code", "1975-2"}});
  EXPECT_EQ(why_not(both), "its codes clash: creatinine and bilirubin");
  std::vector<Unused> unused;
  const auto chosen =
      latest(must(read_fhir(bundle({patient(), observation("a", "2160-0", 1, "mg/dL"),
                                    observation("b", "38483-4", 2, "mg/dL")}))),
             std::nullopt, &unused);
  EXPECT_TRUE(std::isnan(value_of(chosen, "creatinine")));
  EXPECT_TRUE(std::isnan(value_of(chosen, "eGFR")));
  ASSERT_EQ(unused.size(), 2u);
  EXPECT_NE(unused[0].why.find("clashes"), std::string::npos);
}

TEST(Fhir, TakesWhatWasKnownAtADate) {
  const PatientRecord record =
      must(read_fhir(bundle({patient(), observation("a", "2160-0", 1, "mg/dL", "2018-01-01"),
                             observation("b", "2160-0", 2, "mg/dL", "2019-01-01")})));
  EXPECT_EQ(value_of(latest(record, instant_of("2018-06-01")), "creatinine"), 1);
  EXPECT_EQ(value_of(latest(record, std::nullopt), "creatinine"), 2);
  EXPECT_TRUE(std::isnan(value_of(latest(record, instant_of("2017-06-01")), "creatinine")));
}

TEST(Fhir, IsOfOnePatient) {
  const auto code = [](const std::string& text) { return read_fhir(text).error().code; };
  EXPECT_EQ(code(bundle({patient(), patient("p2")})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(bundle({observation("a", "2160-0", 1, "mg/dL")})), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(read_fhir(bundle({patient(), patient()}))) << "the same one twice";
}

TEST(Fhir, ReadsLinesAndRefusesWhatIsNone) {
  const std::string lines =
      patient().dump() + "\n\n" + observation("a", "2160-0", 1, "mg/dL").dump() + "\r\n";
  EXPECT_EQ(must(read_fhir(lines)).readings.size(), 1u);
  const auto refused = [](const std::string& text) { return read_fhir(text).error(); };
  EXPECT_EQ(refused("").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused("[1]").code, ErrorCode::kParse);
  EXPECT_EQ(refused("{}").code, ErrorCode::kParse);
  EXPECT_NE(refused(patient().dump() + "\n{\"a\":").message.find("line 2"), std::string::npos);
  std::string deep = "{\"resourceType\":\"Bundle\",\"x\":";
  for (int i = 0; i < 5000; ++i) deep += "[";
  EXPECT_EQ(refused(deep).code, ErrorCode::kLimit);
}

TEST(Fhir, DatesAreThoseOfTheCalendar) {
  EXPECT_EQ(instant_of("1970-01-02"), 86400);
  EXPECT_EQ(instant_of("1970-01-01T02:00:00.650+02:00"), 0);
  EXPECT_EQ(instant_of("2012-06-29T14:37:55+00:00"), 1340980675);
  EXPECT_EQ(instant_of("2012-06-29T14:37Z"), 1340980620);
  for (const char* text :
       {"", "2012", "2012-06", "2012-13-01", "2012-06-29T14:37:55", "2012-06-29 ",
        "2012-06-29T25:00:00Z", "2012-06-29T14:37:55.Z", "20120629", "-012-01-01"})
    EXPECT_FALSE(instant_of(text)) << text;
}

fs::path synthea() { return test::shared_data(SALUS_SOURCE_DIR, "fhir"); }

TEST(Fhir, EverySyntheaObservationIsUsedOrExplained) {
  if (synthea().empty()) GTEST_SKIP() << "no ../shared/data/fhir";
  std::size_t files = 0, rates = 0, readings = 0;
  for (const auto& entry : fs::directory_iterator(synthea())) {
    if (entry.path().extension() != ".json") continue;
    SCOPED_TRACE(entry.path().filename());
    const std::string text = must(read_text_file(entry.path(), kMaxFhirBytes));
    const PatientRecord record = must(read_fhir(text));
    std::set<std::string> mentioned;
    for (const Reading& r : record.readings) mentioned.insert(r.source);
    for (const Unused& u : record.unused) {
      mentioned.insert(u.source);
      EXPECT_FALSE(u.why.empty());
      EXPECT_EQ(u.why.find("unit"), std::string::npos) << u.code << ": " << u.why;
    }
    const json parsed = json::parse(text);  // outlives the loop over a part of it
    for (const json& e : parsed.at("entry")) {
      const json& r = e.at("resource");
      if (r.at("resourceType") != "Observation") continue;
      EXPECT_TRUE(mentioned.contains("Observation/" + r.at("id").get<std::string>()));
    }
    const auto chosen = latest(record, std::nullopt);
    const double creatinine = value_of(chosen, "creatinine"), rate = value_of(chosen, "eGFR");
    EXPECT_FALSE(std::isnan(value_of(chosen, "weight")));
    if (!std::isnan(rate)) {
      ++rates;
      EXPECT_GT(creatinine, 0);
      EXPECT_GT(rate, 1);
      EXPECT_LT(rate, 200);
    }
    ++files;
    readings += record.readings.size();
  }
  EXPECT_EQ(files, 24u);
  EXPECT_EQ(rates, 5u) << "all who have a creatinine";
  std::printf("%zu bundles, %zu readings, eGFR of %zu patients\n", files, readings, rates);
}

}  // namespace
}  // namespace salus::ingest
