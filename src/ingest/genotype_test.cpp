// Goal:   a VCF gives the diplotypes, phenotypes and scores that PharmCAT gives, and what is
// absent,
//         half called or undocumented never passes for the reference.
// Method: samples made of a gene's own table, place by place; expected calls are those of
// PharmCAT's
//         documentation and test cases (release 3.1.1); its two example patients with their files.
#include "ingest/genotype.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/testing/shared_data.h"

namespace salus::ingest {
namespace {

namespace fs = std::filesystem;
const std::string kHapB3 = "c.1129-5923C>G, c.1236G>A (HapB3)";

const std::vector<GeneTable>& tables() {
  static const std::vector<GeneTable> all =
      must(load_gene_tables(std::string(SALUS_SOURCE_DIR) + "/models/genes"));
  return all;
}

const GeneTable& table(const std::string& gene) {
  const auto found = std::ranges::find(tables(), gene, &GeneTable::gene);
  check(found != tables().end(), "the gene has a table");
  return *found;
}

// dbSNP name -> "0/1", "0|1", "1|0:PS", "./1", or "" to leave the place out; all others are
// `usual`.
using Edits = std::map<std::string, std::string>;

std::string sample_vcf(const std::string& gene, const Edits& edits, const std::string& usual) {
  std::string out =
      "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n";
  const AlleleDefinition& definition = *table(gene).definition;
  std::size_t used = 0;
  for (const Locus& l : definition.loci) {
    const auto edit = edits.find(l.id);
    used += static_cast<std::size_t>(edit != edits.end());
    const std::string value = edit == edits.end() ? usual : edit->second;
    if (value.empty()) continue;
    std::string alts;
    for (const std::string& a : l.alts) alts += (alts.empty() ? "" : ",") + a;
    if (value.ends_with("?")) alts = "<*>," + alts + ",ACGTACGT";
    const bool set = value.find(':') != std::string::npos;
    out += definition.chromosome + "\t" + std::to_string(l.position) + "\t.\t" + l.ref + "\t" +
           alts + "\t.\t.\t.\t" + (set ? "GT:PS" : "GT") + "\t" + value.substr(0, value.find('?')) +
           "\n";
  }
  check(used == edits.size(), "every edit is of a place of the gene");
  return out;
}

Genotype called(const std::string& gene, const Edits& edits, const std::string& usual = "0/0") {
  return call_genotype(table(gene), must(read_vcf(sample_vcf(gene, edits, usual), "")));
}

std::string names(const Genotype& g) {
  std::string out;
  for (const CalledDiplotype& d : g.diplotypes) out += (out.empty() ? "" : " | ") + d.name;
  return out;
}

struct Case {
  std::string gene;
  Edits edits;
  std::string diplotypes, phenotype;
  std::string usual = "0/0";
};

TEST(Genotype, StarAllelesAreCalledAsPharmCatCallsThem) {
  const std::vector<Case> cases = {
      {"CYP2C19", {}, "*38/*38", "Normal Metabolizer"},
      {"CYP2C19", {{"rs3758581", "1/1"}}, "*1/*1", "Normal Metabolizer"},
      {"CYP2C19",
       {{"rs12769205", "0/1"}, {"rs4244285", "0/1"}, {"rs3758581", "1/1"}},
       "*1/*2",
       "Intermediate Metabolizer"},
      {"CYP2C19",
       {{"rs12769205", "0/1"}, {"rs58973490", "0/1"}, {"rs4244285", "0/1"}, {"rs3758581", "1/1"}},
       "*1/*2",
       "Intermediate Metabolizer"},
      {"CYP2C19",
       {{"rs12248560", "1/1"}, {"rs28399504", "0/1"}, {"rs3758581", "1/1"}},
       "*4/*17",
       "Intermediate Metabolizer"},
      {"CYP2C19",
       {{"rs12248560", "1/1"}, {"rs28399504", ""}, {"rs3758581", "1/1"}},
       "*4/*4 | *4/*17 | *17/*17",
       ""},
      {"CYP2C19",
       {{"rs12248560", "0/1"}, {"rs28399504", "0/1"}, {"rs3758581", ""}},
       "*1/*4 | *4/*38",
       "Intermediate Metabolizer"},
      {"CYP2C9", {{"rs1799853", "0/1"}, {"rs1057910", "0/1"}}, "*2/*3", "Poor Metabolizer"},
      {"CYP2C9", {{"rs1057910", "1|0"}}, "*1/*3", "Intermediate Metabolizer", "0|0"},
      {"CYP3A5", {{"rs776746", "1/1"}, {"rs28383479", "0/1"}}, "", ""},
      {"CYP3A5", {{"rs776746", "0/1"}, {"rs28383479", "0/1"}}, "*3/*9", "Indeterminate"},
      {"TPMT", {{"rs1800460", "0/1"}, {"rs1142345", "0/1"}}, "*1/*3A", "Intermediate Metabolizer"},
      {"TPMT", {{"rs1800460", "0|1"}, {"rs1142345", "1|0"}}, "*3B/*3C", "Poor Metabolizer", "0|0"},
      {"UGT1A1",
       {{"rs887829", "0/1"}, {"rs3064744", "0/2"}},
       "*1/*80+*28",
       "Intermediate Metabolizer"},
      {"UGT1A1", {{"rs3064744", "2/3"}}, "*28/*37", "Poor Metabolizer"},
      {"UGT1A1",
       {{"rs3064744", ""}, {"rs887829", "0/1"}, {"rs4148323", "0/1"}},
       "*6/*80 | *6/*80+*28 | *6/*80+*37",
       ""},
      {"VKORC1",
       {{"rs9923231", "0/1"}},
       "rs9923231 reference (C)/rs9923231 variant (T)",
       "-1639 AG"},
  };
  for (const Case& c : cases) {
    const Genotype g = called(c.gene, c.edits, c.usual);
    EXPECT_EQ(names(g), c.diplotypes) << c.gene << " " << g.no_call;
    EXPECT_EQ(g.phenotype(), c.phenotype) << c.gene << " " << names(g);
  }
}

TEST(Genotype, DpydNamesEachStrandAndCountsTheWeakest) {
  struct Strands {
    Edits edits;
    std::string diplotypes, pair;
    double score;
    std::string usual = "0/0";
  };
  const std::vector<Strands> cases = {
      {{}, "Reference/Reference", "Reference/Reference", 2},
      {{{"rs67376798", "0/1"}}, "Reference/c.2846A>T", "Reference/c.2846A>T", 1.5},
      {{{"rs72549310", "1/1"}, {"rs150385342", "0/1"}},
       "c.61C>T/[c.61C>T + c.313G>A]",
       "c.61C>T/c.61C>T",
       0},
      {{{"rs67376798", "1|0"},
        {"rs72547601", "1|0"},
        {"rs60139309", "0|1"},
        {"rs139834141", "0|1"}},
       "[c.498G>A + c.2582A>G]/[c.2846A>T + c.2933A>G]",
       "c.498G>A/c.2933A>G",
       1,
       "0|0"},
      {{{"rs67376798", "1/0"}, {"rs72547601", "1/1"}, {"rs60139309", "0/1"}},
       "c.2582A>G and c.2846A>T and c.2933A>G and c.2933A>G",
       "c.2933A>G/c.2933A>G",
       0},
      {{{"rs56038477", "0/1"}, {"rs75017182", "0/1"}},
       "Reference and " + kHapB3,
       "Reference/" + kHapB3,
       1.5},
      {{{"rs56038477", "0|1"}, {"rs75017182", "1|1"}},
       "c.1129-5923C>G/" + kHapB3,
       "c.1129-5923C>G/" + kHapB3,
       1,
       "0|0"},
      {{{"rs56038477", "1/1"}}, "Reference/Reference", "Reference/Reference", 2},
      {{{"rs56038477", "0/1"}, {"rs75017182", ""}},
       "Reference/" + kHapB3,
       "Reference/" + kHapB3,
       1.5},
      {{{"rs56038477", ".|1"}, {"rs75017182", ".|1"}},
       "Reference/" + kHapB3,
       "Reference/" + kHapB3,
       1.5,
       "0|0"},
      {{{"rs1801267", "0|1:1"},
        {"rs55886062", "0|1:1"},
        {"rs56038477", "0|1:1"},
        {"rs75017182", "0|1:2"}},
       "Reference/[" + kHapB3 +
           " + c.1679T>G (*13) + c.2657G>A (*9B)] | "
           "c.1129-5923C>G/[c.1679T>G (*13) + c.2657G>A (*9B)]",
       "c.1129-5923C>G/c.1679T>G (*13)",
       0.5,
       "0|0"},
  };
  for (const Strands& c : cases) {
    const Genotype g = called("DPYD", c.edits, c.usual);
    EXPECT_EQ(names(g), c.diplotypes) << g.no_call;
    ASSERT_FALSE(g.diplotypes.empty());
    EXPECT_EQ(g.diplotypes[0].pair, c.pair);
    EXPECT_EQ(g.activity_score(), c.score) << names(g);
  }
  EXPECT_NE(called("DPYD", {{"rs56038477", "1/1"}}).notes[0].find("the cause decides"),
            std::string::npos);
}

TEST(Genotype, AbsentPlacesAreNoReference) {
  const Genotype nothing =
      call_genotype(table("CYP2C9"), must(read_vcf(sample_vcf("CYP3A5", {}, "0/0"), "")));
  EXPECT_NE(nothing.no_call.find("none of its 83 places on chr10"), std::string::npos);
  EXPECT_TRUE(nothing.diplotypes.empty());

  // PharmCAT calls *1/*1 here as well; models are not told of it.
  const Genotype partly = called("CYP3A5", {{"rs776746", ""}});
  EXPECT_EQ(names(partly), "*1/*1");
  EXPECT_NE(partly.not_for_models.find("not called at chr7:99672916"), std::string::npos);
  EXPECT_NE(partly.notes.at(0).find("*3"), std::string::npos);
  std::vector<Unused> unused;
  EXPECT_TRUE(genotype_features(table("CYP3A5"), partly, {}, &unused).empty());
  ASSERT_EQ(unused.size(), 1u);
}

TEST(Genotype, UnusableRecordsAreExplained) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"./.", "GT ./.: not called"},
      {"0/.", "one strand only, as on the genome: not called"},
      {"0/1?", "ALT <*> is not a sequence: not called"},
      {"0/3?", "ACGTACGT is in no definition (C)"},
  };
  for (const auto& [value, note] : cases) {
    const Genotype g = called("CYP3A5", {{"rs776746", value}});
    ASSERT_FALSE(g.notes.empty()) << value;
    EXPECT_NE(g.notes[0].find("chr7:99672916: "), std::string::npos);
    EXPECT_NE(g.notes[0].find(note), std::string::npos) << g.notes[0];
  }
  EXPECT_NE(
      called("CYP3A5", {{"rs776746", "0/3?"}}).no_call.find("no pair of named alleles explains"),
      std::string::npos);
  EXPECT_EQ(called("CYP3A5", {{"rs776746", "1/."}}).no_call,
            "a place is called on one strand only");
  // Genes of toxicity: CPIC's tables still guide where a change is not in them.
  EXPECT_EQ(names(called("TPMT", {{"rs1142345", "0/4?"}})), "*1/*1");
}

TEST(Genotype, AnotherReferenceBaseOrReadsThatDisagreeAreNoCall) {
  const std::string head =
      "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n";
  const auto why = [&](const std::string& records) {
    const Genotype g = call_genotype(table("VKORC1"), must(read_vcf(head + records, "")));
    return (g.notes.empty() ? "" : g.notes[0]) + "|" + names(g);
  };
  EXPECT_EQ(why("chr16\t31096368\t.\tG\tA\t.\t.\t.\tGT\t0/1\n"),
            "chr16:31096368: REF is G, expected C (left-align and split the record): not called|");
  EXPECT_EQ(why("chr16\t31096368\t.\tC\tT\t.\t.\t.\tGT:AD\t0/1:0,40\n"),
            "chr16:31096368: GT 0/1 names two alleles, AD has reads of one: not called|");
  EXPECT_EQ(why("chr16\t31096368\t.\tC\tT\t.\t.\t.\tGT\t1/1\n"
                "chr16\t31096368\t.\tC\tT\t.\t.\t.\tGT\t0/0\n"),
            "chr16:31096368: a second record (line 4) is not used; the first that can be counts|"
            "rs9923231 variant (T)/rs9923231 variant (T)");
}

double value_of(const std::vector<Chosen>& chosen, std::string_view name) {
  const auto found =
      std::ranges::find(chosen, name, [](const Chosen& c) { return c.feature.name; });
  return found == chosen.end() ? -1 : found->feature.value;
}

TEST(Genotype, BecomesTheNumbersThatModelsAskFor) {
  const auto features = [](const Genotype& g, const std::set<std::string>& asked = {}) {
    return genotype_features(table(g.gene), g, asked, nullptr);
  };
  const auto two_three = features(called("CYP2C9", {{"rs1799853", "0/1"}, {"rs1057910", "0/1"}}));
  EXPECT_EQ(value_of(two_three, "CYP2C9_23"), 1);
  EXPECT_EQ(value_of(two_three, "CYP2C9_12"), 0);
  EXPECT_EQ(value_of(two_three, "CYP2C9_unknown"), 0);
  EXPECT_EQ(value_of(two_three, "CYP2C9_activity_score"), 0.5);
  EXPECT_EQ(value_of(two_three, "CYP2C9_poor_metabolizer"), 1);
  EXPECT_EQ(value_of(two_three, "CYP2C9_normal_metabolizer"), 0);
  EXPECT_EQ(value_of(two_three, "reduction"), 0.5);
  // *8 is no category of the warfarin models: neither of them, nor "unknown".
  const auto eight = features(called("CYP2C9", {{"rs7900194", "0/1"}}));
  EXPECT_EQ(value_of(eight, "CYP2C9_12"), -1);
  EXPECT_EQ(value_of(eight, "CYP2C9_unknown"), -1);
  EXPECT_EQ(value_of(features(called("VKORC1", {{"rs9923231", "0/1"}})), "VKORC1_AG"), 1);
  EXPECT_EQ(value_of(features(called("VKORC1", {{"rs9923231", "1/1"}})), "VKORC1_A_copies"), 2);
  EXPECT_EQ(value_of(features(called("CYP3A5", {{"rs776746", "0/1"}})), "expresser"), 1);
  EXPECT_EQ(value_of(features(called("CYP3A5", {{"rs776746", "1/1"}})), "expresser"), 0);

  // No call: only a program with a category for it gets one.
  const Genotype none =
      call_genotype(table("VKORC1"), must(read_vcf(sample_vcf("TPMT", {}, "0/0"), "")));
  EXPECT_TRUE(features(none).empty());
  EXPECT_TRUE(features(none, {"VKORC1_AG", "VKORC1_AA"}).empty());
  const auto unknown = features(none, {"VKORC1_AG", "VKORC1_AA", "VKORC1_unknown"});
  EXPECT_EQ(value_of(unknown, "VKORC1_unknown"), 1);
  EXPECT_EQ(value_of(unknown, "VKORC1_AG"), 0);
}

TEST(Genotype, OutsideCallsAreTakenAsTheyStand) {
  const auto taken = [](const std::string& line) {
    return take_outside_call(tables(), must(parse_outside_calls(line))[0]);
  };
  EXPECT_EQ(taken("CYP2D6\t*3/*1\n").diplotypes[0].name, "*1/*3");
  EXPECT_EQ(taken("CYP2D6\t*1/*3\n").phenotype(), "Intermediate Metabolizer");
  EXPECT_EQ(taken("CYP2D6\t*1/*3\n").activity_score(), 1.0);
  EXPECT_EQ(taken("CYP2C9\t\t\t2.0\n").phenotype(), "Normal Metabolizer");
  const Genotype clash = taken("CYP2C9\t*1/*1\tPM\t0.5\n");
  EXPECT_EQ(clash.phenotype(), "Poor Metabolizer");
  EXPECT_EQ(clash.activity_score(), 0.5);
  EXPECT_EQ(clash.notes.size(), 3u);
  EXPECT_NE(taken("HLA-B\t*15:02/*57:01\n").no_call.find("no model uses this gene"),
            std::string::npos);
  EXPECT_NE(taken("CYP2D6\t./.\n").no_call.find("none"), std::string::npos);
  EXPECT_NE(taken("CYP2C9\t*1/*999\n").notes.at(0).find("no allele '*999'"), std::string::npos);
}

// Gene, diplotype, phenotype and activity score as PharmCAT's report has them, scores as its
// matcher's file has them.
TEST(Genotype, AgreesWithPharmCatOnItsExamplePatients) {
  const fs::path found = test::shared_data(SALUS_SOURCE_DIR, "pharmcat");
  const std::string folder = found.string() + "/";
  if (found.empty()) GTEST_SKIP() << "no ../shared/data/pharmcat";
  int compared = 0;
  for (const char* name : {"pharmcat.example", "pharmcat.example2"}) {
    const Vcf vcf = must(read_vcf(must(read_text_file(folder + name + ".vcf", kMaxVcfBytes)), "",
                                  places_of(tables())));
    const auto match = nlohmann::json::parse(
        must(read_text_file(folder + name + std::string(".match.json"), 1u << 24)));
    const std::string report =
        must(read_text_file(folder + name + std::string(".report.tsv"), 1u << 20));
    for (const nlohmann::json& result : match.at("results")) {
      const std::string gene = result.at("gene");
      const auto t = std::ranges::find(tables(), gene, &GeneTable::gene);
      if (t == tables().end() || !t->definition) continue;
      const Genotype g = call_genotype(*t, vcf);
      ASSERT_EQ(g.diplotypes.size(), result.at("diplotypes").size()) << gene;
      EXPECT_EQ(g.diplotypes[0].name, result.at("diplotypes")[0].at("name"));
      if (!t->definition->by_strand) {
        EXPECT_EQ(g.diplotypes[0].score, result.at("diplotypes")[0].at("score"));
      }
      const std::string line =
          "\n" + gene + "\t" + g.diplotypes[0].name + "\t" + g.phenotype() + "\t" +
          (g.activity_score() ? nlohmann::json(*g.activity_score()).dump() : "") + "\t";
      EXPECT_NE(report.find(line), std::string::npos) << line;
      EXPECT_EQ(g.not_for_models, "");
      ++compared;
    }
  }
  EXPECT_EQ(compared, 14);
}

}  // namespace
}  // namespace salus::ingest
