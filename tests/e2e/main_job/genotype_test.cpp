// Goal:   genes of a VCF and of a laboratory's list reach the server encrypted and come back as a
//         dose; what was not called stops a program that needs it, with the reason.
// Method: the built programs; a VCF made of the shipped gene tables; the published example of the
//         warfarin model (man of 50, VKORC1 A/G, CYP2C9 *1/*3).
#include <gtest/gtest.h>

#include "command_line.h"
#include "ingest/gene_table.h"
#include "support/salusd_process.h"

namespace salus::e2e {
namespace {

constexpr const char* kPatient =
    R"({"resourceType":"Patient","id":"p1","birthDate":"1970-06-01","gender":"male"}
{"resourceType":"Observation","id":"w","status":"final","effectiveDateTime":"2020-06-01",
"code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"subject":{"reference":"Patient/p1"},
"valueQuantity":{"value":80,"unit":"kg"}})";

/// Every place of the gene as on the genome, `changed` heterozygous.
std::string records(const std::string& gene, std::int64_t changed) {
  const auto table =
      must(ingest::load_gene_table(SALUS_REPOSITORY "/models/genes/" + gene + ".toml"));
  std::string out;
  for (const ingest::Locus& l : table.definition->loci) {
    out += table.definition->chromosome + "\t" + std::to_string(l.position) + "\t.\t" + l.ref +
           "\t" + l.alts[0] + "\t.\t.\t.\tGT\t" + (l.position == changed ? "0/1" : "0/0") + "\n";
  }
  return out;
}

class Genotypes : public testing::Test {
 protected:
  Genotypes() {
    std::string patient = kPatient;
    patient.erase(std::remove(patient.begin() + 80, patient.end(), '\n'), patient.end());
    patient.insert(patient.find("{\"resourceType\":\"Observation\""), "\n");
    put("p.ndjson", patient);
    const std::string head =
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n";
    put("both.vcf", head + records("CYP2C9", 94981296) + records("VKORC1", 31096368));
    put("one.vcf", head + records("VKORC1", 31096368));
    put("lab.tsv", "# gene, diplotype\nCYP2C9\t*1/*3\n");
  }
  void put(const std::string& name, const std::string& text) {
    must(write_file(folder.path() / name, as_bytes(text)));
  }
  Said run(const std::string& arguments) {
    return shell(folder.path(), "SALUS_MODELS=" SALUS_REPOSITORY "/models " + environment +
                                    " " SALUS_PATH " " + arguments);
  }
  Said fine(const std::string& arguments) {
    Said said = run(arguments);
    EXPECT_EQ(said.code, 0) << arguments << "\n" << said.err;
    return said;
  }

  TemporaryFolder folder;
  std::string environment;
};

TEST_F(Genotypes, BecomeAnEncryptedDose) {
  SalusdProcess server(folder.path() / "data", {});
  must(write_file(folder.path() / "token", as_bytes(add_account(folder.path() / "data", "owner")),
                  FileMode::kOwnerOnly));
  server.start();
  environment =
      "SALUS_TOKEN_FILE=token SALUS_SERVER=http://127.0.0.1:" + std::to_string(server.port());
  fine("program build warfarin_warg -o p.program -q");
  const auto read =
      fine("features read p.ndjson both.vcf --program p.program --set 'drugs=0 1' -o f.json --json")
          .json();
  EXPECT_EQ(read.at("genotypes").at(1).at("diplotypes").at(0).at("name"), "*1/*3");
  EXPECT_EQ(read.at("genotypes").at(1).at("activity_score"), 1.0);
  fine("program upload p.program");
  fine("key create --program p.program -o a.secret");
  fine("twin create --key a.secret --program p.program --name t --features f.json");
  const std::string out = fine("run start --twin t --program p.program").out;
  const std::string id = out.substr(0, out.find('\n'));
  fine("run watch " + id);
  fine("run fetch " + id + " -o r.ct");
  fine("result open r.ct --key a.secret --program p.program --features f.json -o o");
  const auto result =
      nlohmann::json::parse(must(read_text_file(folder.path() / "o/result.json", 1 << 22)));
  EXPECT_NEAR(result.at("subjects").at(0).at("curves").at(0).at(0).get<double>(), 33.048, 0.01);
}

TEST_F(Genotypes, TheSameFromALaboratorysList) {
  const auto read = fine("features read p.ndjson one.vcf lab.tsv --json").json();
  const auto value = [&](const std::string& name) {
    for (const auto& f : read.at("features")) {
      if (f.at("name") == name) return f.at("value").get<double>();
    }
    return -1.0;
  };
  EXPECT_EQ(value("CYP2C9_13"), 1);
  EXPECT_EQ(value("VKORC1_AG"), 1);
  EXPECT_EQ(value("weight"), 80);
}

TEST_F(Genotypes, WhatWasNotCalledIsNoReference) {
  fine("program build warfarin_warg -o p.program -q");
  const Said refused = run("features read p.ndjson one.vcf --program p.program --set 'drugs=0 1'");
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("the record does not say CYP2C9_12"), std::string::npos)
      << refused.err;
  EXPECT_NE(refused.err.find("none of its 83 places on chr10 is called"), std::string::npos)
      << refused.err;
  const Said packed = run("features read p.ndjson one.vcf lab.tsv lab.tsv");
  EXPECT_NE(packed.err.find("a second file of kind outside calls"), std::string::npos)
      << packed.err;
}

}  // namespace
}  // namespace salus::e2e
