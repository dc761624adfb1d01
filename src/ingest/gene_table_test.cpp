// Goal:   diplotypes get the activity scores and phenotypes of the published tables; what a table
// does
//         not know is said, never guessed.
// Method: the worked pairs of the guidelines, and the calls that another tool made of two patients.
#include "ingest/gene_table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace salus::ingest {
namespace {

const std::filesystem::path kGenes = std::filesystem::path(SALUS_SOURCE_DIR) / "models/genes";

GeneTable table(const std::string& gene) {
  return must(load_gene_table(kGenes / (gene + ".toml")));
}

struct Expected {
  std::string gene, diplotype;
  double score;  // below 0: none
  std::string phenotype;
};

TEST(Genes, GiveThePublishedScoresAndPhenotypes) {
  const std::vector<Expected> cases = {
      {"CYP2D6", "*1/*1", 2, "Normal Metabolizer"},
      {"CYP2D6", "*1/*4", 1, "Intermediate Metabolizer"},
      {"CYP2D6", "*10/*10", 0.5, "Intermediate Metabolizer"},
      {"CYP2D6", "*1/*10", 1.25, "Normal Metabolizer"},
      {"CYP2D6", "*4/*5", 0, "Poor Metabolizer"},
      {"CYP2D6", "*1x2/*2", 3, "Ultrarapid Metabolizer"},
      {"CYP2D6", "*4x2/*41", 0.25, "Intermediate Metabolizer"},
      {"CYP2C19", "*1/*17", 2.5, "Rapid Metabolizer"},
      {"CYP2C19", "*17/*17", 3, "Ultrarapid Metabolizer"},
      {"CYP2C19", "*2/*17", 1.5, "Intermediate Metabolizer"},
      {"CYP2C19", "*17/*2", 1.5, "Intermediate Metabolizer"},
      {"CYP2C19", "*2/*3", 0, "Poor Metabolizer"},
      {"CYP2C9", "*1/*3", 1, "Intermediate Metabolizer"},
      {"CYP2C9", "*2/*3", 0.5, "Poor Metabolizer"},
      {"CYP2C9", "*1/*7", -1, "Indeterminate"},
      {"CYP3A5", "*3/*3", 0, "Poor Metabolizer"},
      {"CYP3A5", "*1/*6", 1, "Intermediate Metabolizer"},
      {"DPYD", "Reference/c.2846A>T", 1.5, "Intermediate Metabolizer"},
      {"DPYD", "c.1905+1G>A (*2A)/c.1679T>G (*13)", 0, "Poor Metabolizer"},
      {"TPMT", "*1/*3A", 1, "Intermediate Metabolizer"},
      {"TPMT", "*3C/*2", 0, "Poor Metabolizer"},
      {"UGT1A1", "*28/*6", 1, "Poor Metabolizer"},
      {"UGT1A1", "*1/*28", 1.5, "Intermediate Metabolizer"},
  };
  for (const Expected& e : cases) {
    const auto call = call_gene(table(e.gene), e.diplotype);
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->phenotype, e.phenotype) << e.gene << " " << e.diplotype;
    EXPECT_EQ(call->activity_score.value_or(-1), e.score) << e.gene << " " << e.diplotype;
  }
}

TEST(Genes, NameAllelesThatTheTableLacks) {
  const auto unknown = call_gene(table("CYP2C9"), "*1/*999");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_NE(unknown.error().message.find("CYP2C9 has no allele '*999'"), std::string::npos);
  EXPECT_FALSE(call_gene(table("CYP2C9"), "*1x2/*1")) << "this gene is not counted in copies";
  EXPECT_FALSE(call_gene(table("CYP2D6"), "*1x99/*1"));
  for (const char* bad : {"", "*1", "*1/*1/*1", "/", "*1/"}) {
    EXPECT_FALSE(call_gene(table("CYP2D6"), bad)) << bad;
  }
}

TEST(Genes, RefuseTablesThatContradictThemselves) {
  const std::string good =
      "gene = \"G\"\ntitle = \"t\"\ncitation = \"c\"\n[[function]]\nname = \"normal\"\nvalue = "
      "1.0\n"
      "alleles = [\"*1\"]\n[[phenotype]]\nname = \"N\"\nfrom = 2.0\nto = 2.0\n";
  EXPECT_TRUE(parse_gene_table(good, "g.toml"));
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return !parse_gene_table(text, "g.toml");
  };
  EXPECT_TRUE(refused("[\"*1\"]", "[\"*1\", \"*1\"]"));
  EXPECT_TRUE(refused("[\"*1\"]", "[\"*1/*2\"]"));
  EXPECT_TRUE(refused("value = 1.0", "value = -1.0"));
  EXPECT_TRUE(refused("from = 2.0", "from = 3.0"));
  EXPECT_TRUE(refused("gene = \"G\"\n", ""));
  EXPECT_TRUE(refused("title", "titel"));
}

// PharmCAT's report of its two example patients: gene, diplotype, phenotype, score.
TEST(Genes, AgreeWithPharmCatOnItsExamplePatients) {
  const std::filesystem::path folder =
      std::filesystem::path(SALUS_SOURCE_DIR) / "../shared/data/pharmcat";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no data in shared/data/pharmcat";
  int compared = 0;
  for (const char* file : {"pharmcat.example.report.tsv", "pharmcat.example2.report.tsv"}) {
    std::ifstream in(folder / file);
    std::string line;
    while (std::getline(in, line)) {
      std::vector<std::string> cells;
      std::istringstream row(line);
      for (std::string cell; std::getline(row, cell, '\t');) cells.push_back(cell);
      if (cells.size() < 4 || !std::filesystem::exists(kGenes / (cells[0] + ".toml"))) continue;
      const auto call = call_gene(table(cells[0]), cells[1]);
      ASSERT_TRUE(call) << call.error().message;
      EXPECT_EQ(call->phenotype, cells[2]) << line;
      if (!cells[3].empty()) {
        EXPECT_EQ(call->activity_score, std::stod(cells[3])) << line;
      }
      ++compared;
    }
  }
  std::printf("PharmCAT examples: %d calls of our genes agree\n", compared);
  EXPECT_GE(compared, 12);
}

}  // namespace
}  // namespace salus::ingest
