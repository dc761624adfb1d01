// Goal:   of a VCF one sample's genotypes are read as written, or a message says which line is
// wrong
//         and what to do.
// Method: files of a few lines by hand, each with one thing wrong.
#include "ingest/vcf.h"

#include <gtest/gtest.h>

namespace salus::ingest {
namespace {

const std::string kHead = "##fileformat=VCFv4.2\n##contig=<ID=chr7,assembly=GRCh38.p14>\n";
const std::string kColumns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1";

std::string record(const std::string& format, const std::string& value,
                   const std::string& place = "chr7\t99672916") {
  return place + "\trs776746\tT\tc,g\t.\tPASS\t.\t" + format + "\t" + value + "\n";
}

std::string file(const std::string& records) { return kHead + kColumns + "\n" + records; }

std::string refused(const std::string& text, std::string_view sample = "") {
  const auto read = read_vcf(text, sample);
  return read ? "" : read.error().message;
}

TEST(Vcf, ReadsGenotypesPhasesAndDepths) {
  const Vcf vcf = must(read_vcf(
      file(record("GT", "0/1") + record("AD:GT:PS", "3,0,4:0|2:77", "chr7\t5") +
           record("GT:PS", "0/1:77", "chr7\t6") + record("GT", "./.", "chr7\t7") +
           record("GT", "1", "chr7\t8") + record("DP", "5", "chr7\t9") + "\n# a comment\n"),
      ""));
  EXPECT_EQ(vcf.sample, "S1");
  EXPECT_EQ(vcf.records, 6u);
  ASSERT_EQ(vcf.calls.size(), 6u);
  const VcfCall& first = vcf.calls[0];
  EXPECT_EQ(first.line, 4u);
  EXPECT_EQ(first.place, Place("chr7", 99672916));
  EXPECT_EQ(first.alts, (std::vector<std::string>{"C", "G"})) << "upper case";
  EXPECT_EQ(first.alleles, (std::vector<std::optional<std::size_t>>{0, 1}));
  EXPECT_FALSE(first.phased);
  EXPECT_TRUE(vcf.calls[1].phased);
  EXPECT_EQ(vcf.calls[1].phase_set, 77);
  EXPECT_EQ(vcf.calls[1].depths, (std::vector<std::int64_t>{3, 0, 4}));
  EXPECT_FALSE(vcf.calls[2].phase_set) << "PS of an unphased call means nothing";
  EXPECT_EQ(vcf.calls[3].alleles, (std::vector<std::optional<std::size_t>>{{}, {}}));
  EXPECT_EQ(vcf.calls[4].alleles.size(), 1u);
  EXPECT_TRUE(vcf.calls[5].genotype.empty());
}

TEST(Vcf, KeepsOnlyThePlacesAskedFor) {
  const std::string text = file(record("GT", "0/1") + record("GT", "9/9", "chr7\t5"));
  const Vcf vcf = must(read_vcf(text, "", {{"chr7", 99672916}}));
  EXPECT_EQ(vcf.records, 2u);
  EXPECT_EQ(vcf.calls.size(), 1u);
  EXPECT_NE(refused(text).find("line 5: GT \"9/9\" names an allele that is none of REF and 2 ALT"),
            std::string::npos);
}

TEST(Vcf, SeveralSamplesNeedAName) {
  const std::string text =
      kHead + kColumns + "\tS2\n" + "chr7\t99672916\t.\tT\tC\t.\t.\t.\tGT\t0/1\t1/1\n";
  EXPECT_NE(refused(text).find("2 samples (S1, S2); say whose it is with --sample NAME"),
            std::string::npos);
  EXPECT_NE(refused(text, "S3").find("no sample \"S3\"; there are S1, S2"), std::string::npos);
  EXPECT_EQ(must(read_vcf(text, "S2")).calls[0].genotype, "1/1");
  EXPECT_NE(refused(kHead + kColumns + "\tS1\n", "S1").find("there twice"), std::string::npos);
}

TEST(Vcf, SaysWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "line 1: does not start with ##fileformat"},
      {"{}", "is this a VCF?"},
      {kHead, "ends without a line #CHROM"},
      {kHead + record("GT", "0/1"), "line 3: a record before the line #CHROM"},
      {kHead + "#CHROM\tPOS\n", "expected the columns CHROM POS"},
      {kHead + kColumns.substr(0, kColumns.size() - 3) + "\n", "at least one sample"},
      {file("") + kColumns + "\n", "a second header line"},
      {file(record("GT", "0/1", "7\t99672916")), "chromosome \"7\" without \"chr\""},
      {file(record("GT", "0/1", "chr7\tx")), "POS is \"x\""},
      {file("chr7\t5\t.\tT\tC\n"), "line 4: 5 columns, the header has 10"},
      {file(record("GT", "0/a")), "GT \"0/a\""},
      {file(record("GT:PS", "0|1:x")), "PS is \"x\""},
      {"##fileformat=VCFv4.2\n##contig=<ID=chr7,assembly=hg19>\n" + kColumns + "\n",
       "line 2: made on another assembly than GRCh38"},
      {"##fileformat=VCFv4.2\n##reference=file:///x/human_g1k_v37.fasta\n" + kColumns + "\n",
       "another assembly"},
      {"\x1f\x8b\x08", "compressed (gzip or BGZF); unpack it first"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_NE(refused(text).find(message), std::string::npos) << refused(text);
}

TEST(Vcf, KeepsItsLimits) {
  const std::string wide = file(record("GT", "0/1") + "chr7\t" + std::string(kMaxVcfLine, '1'));
  EXPECT_NE(refused(wide).find("longer than"), std::string::npos);
  std::string alternatives = "chr7\t5\t.\tT\tC";
  for (std::size_t i = 0; i < kMaxVcfAlternatives; ++i) alternatives += ",C";
  EXPECT_NE(refused(file(alternatives + "\t.\t.\t.\tGT\t0/1\n")).find("more than 256 alternatives"),
            std::string::npos);
  EXPECT_NE(refused(file(record("GT", "0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"))).find("more than 16"),
            std::string::npos);
}

}  // namespace
}  // namespace salus::ingest
