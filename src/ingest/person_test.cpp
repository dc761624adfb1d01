// Goal:   files of any kind are told apart by what is in them, and together make one list of
//         features.
// Method: small files by hand, alone and together.
#include "ingest/person.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ingest/date.h"

namespace salus::ingest {
namespace {

const std::string kPatient =
    R"({"resourceType":"Patient","id":"p1","birthDate":"1970-06-01","gender":"male"})";
const std::string kWeight =
    R"({"resourceType":"Observation","id":"w","status":"final","effectiveDateTime":"2020-06-01",)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},)"
    R"("subject":{"reference":"Patient/p1"},"valueQuantity":{"value":80,"unit":"kg"}})";
const std::string kVcf =
    "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
    "chr16\t31096368\t.\tC\tT\t.\t.\t.\tGT\t0/1\n";
const std::string kOutside = "# by the laboratory\nCYP2C9\t*1/*3\nHLA-B\t*57:01/*15:02\n";
const std::string kWeighing =
    R"({"body_weight":{"value":82,"unit":"kg"},"effective_time_frame":{"date_time":"2021-06-01T00:00:00Z"}})";
const std::string kPulse =
    R"({"heart_rate":{"value":61,"unit":"beats/min"},"effective_time_frame":{"date_time":"2021-06-01T00:00:00Z"}})";

PersonOptions with_tables() {
  PersonOptions out;
  out.tables = must(load_gene_tables(std::string(SALUS_SOURCE_DIR) + "/models/genes"));
  return out;
}

double value_of(const Person& person, std::string_view name) {
  const auto found =
      std::ranges::find(person.chosen, name, [](const Chosen& c) { return c.feature.name; });
  return found == person.chosen.end() ? -1 : found->feature.value;
}

TEST(Person, FilesAreToldApartByContent) {
  EXPECT_EQ(must(kind_of(kPatient)), FileKind::kFhir);
  EXPECT_EQ(must(kind_of("\n " + kPatient + "\n" + kWeight)), FileKind::kFhir);
  EXPECT_EQ(must(kind_of(kVcf)), FileKind::kVcf);
  EXPECT_EQ(must(kind_of("\xEF\xBB\xBF" + kOutside)), FileKind::kOutsideCalls);
  EXPECT_EQ(must(kind_of(kWeighing)), FileKind::kOpenMHealth);
  EXPECT_EQ(must(kind_of("[" + kPulse + "]")), FileKind::kOpenMHealth);
  for (const char* none : {"", "a,b\n1,2\n", "# only a comment\n", "\x1f\x8b\x08"}) {
    EXPECT_FALSE(kind_of(none)) << none;
  }
}

TEST(Person, FilesOfAllKindsMakeOneList) {
  const Person person = must(read_person({{"p.json", kPatient},
                                          {"o.ndjson", kWeight + "\n"},
                                          {"g.vcf", kVcf},
                                          {"g.tsv", kOutside},
                                          {"w.json", kWeighing},
                                          {"h.json", kPulse}},
                                         with_tables()));
  EXPECT_EQ(person.subject, "p1");
  EXPECT_EQ(person.files[1], "o.ndjson: FHIR R4");
  EXPECT_EQ(value_of(person, "weight"), 82) << "the later of a clinic's and a scale's";
  EXPECT_EQ(value_of(person, "heart_rate_mean"), 61);
  EXPECT_EQ(value_of(person, "VKORC1_AG"), 1);
  EXPECT_EQ(value_of(person, "CYP2C9_13"), 1);
  EXPECT_EQ(value_of(person, "age") > 50, true);
  const auto why = [&](const std::string& code) {
    const auto found = std::ranges::find(person.unused, code, &Unused::code);
    return found == person.unused.end() ? "" : found->why;
  };
  EXPECT_NE(why("HLA-B").find("no table"), std::string::npos);
  EXPECT_NE(why("CYP3A5").find("none of its 5 places"), std::string::npos);
  EXPECT_EQ(why("CYP2C9"), "the outside call comes before it");
}

TEST(Person, LaterThanTheDateAskedForIsNotUsed) {
  PersonOptions options;
  options.as_of = instant_of("2021-01-01");
  const Person person = must(read_person(
      {{"p.json", kPatient + "\n" + kWeight}, {"w.json", kWeighing}, {"h.json", kPulse}}, options));
  EXPECT_EQ(value_of(person, "weight"), 80);
  EXPECT_EQ(value_of(person, "heart_rate_mean"), -1);
}

TEST(Person, FilesThatDoNotGoTogetherAreRefusedByName) {
  const auto refused = [](const std::vector<PersonFile>& files) {
    const auto read = read_person(files, with_tables());
    return read ? "" : read.error().message;
  };
  EXPECT_NE(refused({{"a.vcf", kVcf}, {"b.vcf", kVcf}})
                .find("b.vcf: a second file of kind VCF beside a.vcf"),
            std::string::npos);
  EXPECT_NE(
      refused({{"a.json", kPatient}, {"b.json", "{\"resourceType\":1}"}}).find("b.json: FHIR: "),
      std::string::npos);
  EXPECT_NE(refused({{"a.json", kWeight}}).find("a.json: FHIR: no Patient"), std::string::npos);
  EXPECT_NE(refused({{"a.csv", "a,b\n"}}).find("a.csv: neither FHIR R4"), std::string::npos);
  EXPECT_NE(refused({{"a.vcf", kVcf + "x"}}).find("a.vcf: VCF line 4"), std::string::npos);
  EXPECT_NE(refused(std::vector<PersonFile>(65, {"a.json", kPatient})).find("65 files, at most 64"),
            std::string::npos);
}

}  // namespace
}  // namespace salus::ingest
