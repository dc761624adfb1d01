// Goal:   what somebody measured in images arrives by its codes, in its unit and of its day;
// pixels,
//         partial reports and bytes that lie are refused.
// Method: reports made here, explicit and implicit, with defined and open lengths, each with one
// thing
//         wrong; every cut of one.
#include "ingest/dicom_sr.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace salus::ingest {
namespace {

// Writes data sets; a length of an item or sequence is left open where `open` says so.
struct Writer {
  bool implicit = false, open = false;

  static std::string number(std::uint32_t value, std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
    return out;
  }
  static std::string tag(std::uint32_t t) { return number(t >> 16, 2) + number(t & 0xFFFF, 2); }

  std::string value(std::uint32_t t, const char* vr, std::string text) const {
    if (text.size() % 2 == 1) text += ' ';
    const auto size = static_cast<std::uint32_t>(text.size());
    return tag(t) + (implicit ? number(size, 4) : vr + number(size, 2)) + text;
  }
  std::string sequence(std::uint32_t t, const std::vector<std::string>& items) const {
    std::string body;
    for (const std::string& one : items) {
      body += tag(0xFFFEE000) +
              number(open ? 0xFFFFFFFF : static_cast<std::uint32_t>(one.size()), 4) + one +
              (open ? tag(0xFFFEE00D) + number(0, 4) : "");
    }
    const std::string length =
        number(open ? 0xFFFFFFFF : static_cast<std::uint32_t>(body.size()), 4);
    return tag(t) + (implicit ? "" : std::string("SQ\0\0", 4)) + length + body +
           (open ? tag(0xFFFEE0DD) + number(0, 4) : "");
  }
  std::string code(std::uint32_t t, const std::string& scheme, const std::string& code) const {
    return sequence(t, {value(0x00080100, "SH", code) + value(0x00080102, "SH", scheme)});
  }
  std::string content(const std::string& type, const std::string& scheme,
                      const std::string& concept_code, const std::string& rest) const {
    return value(0x0040A040, "CS", type) + code(0x0040A043, scheme, concept_code) + rest;
  }
  std::string site(const std::string& organ, const std::string& side) const {
    const std::string modifier = content("CODE", "SCT", "272741003", code(0x0040A168, "SCT", side));
    return content(
        "CODE", "SCT", "363698007",
        code(0x0040A168, "SCT", organ) + (side.empty() ? "" : sequence(0x0040A730, {modifier})));
  }
  std::string measure(const std::string& scheme, const std::string& what,
                      const std::string& number_text, const std::string& unit,
                      const std::string& unit_scheme = "UCUM") const {
    const std::string measured =
        code(0x004008EA, unit_scheme, unit) + value(0x0040A30A, "DS", number_text);
    return content("NUM", scheme, what, sequence(0x0040A300, {measured}));
  }
  std::string group(const std::vector<std::string>& items) const {
    return content("CONTAINER", "DCM", "125007", sequence(0x0040A730, items));
  }

  struct Report {
    std::string sop = "1.2.840.10008.5.1.4.1.1.88.34", root = "126000", date = "20260131";
    std::string completion = "COMPLETE", preliminary = "FINAL", syntax;
  };
  std::string file(const std::vector<std::string>& groups, const Report& report) const {
    const std::string measurements =
        content("CONTAINER", "DCM", "126010", sequence(0x0040A730, groups));
    std::string body = value(0x00080016, "UI", report.sop) + value(0x00080018, "UI", "1.2.3") +
                       value(0x00080020, "DA", report.date) + value(0x00080030, "TM", "072730.5") +
                       value(0x00080201, "SH", "+0100") + value(0x00100020, "LO", "P1") +
                       value(0x0040A040, "CS", "CONTAINER") + code(0x0040A043, "DCM", report.root) +
                       value(0x0040A491, "CS", report.completion) +
                       value(0x0040A496, "CS", report.preliminary) +
                       sequence(0x0040A730, {measurements});
    const std::string syntax = !report.syntax.empty() ? report.syntax
                               : implicit             ? "1.2.840.10008.1.2"
                                                      : "1.2.840.10008.1.2.1";
    return std::string(128, '\0') + "DICM" + Writer{}.value(0x00020010, "UI", syntax) + body;
  }
};

std::string usual(const Writer& w) {
  return w.file({w.group({w.site("10200004", ""), w.measure("SCT", "118565006", "1510.5", "cm3")}),
                 w.group({w.site("64033007", "7771000"), w.measure("SRT", "G-D705", "0.152", "L")}),
                 w.measure("LN", "10230-1", "61", "%")},
                {});
}

TEST(DicomReport, ReadsVolumesByCodeInEveryEncoding) {
  for (const bool implicit : {false, true}) {
    for (const bool open : {false, true}) {
      const ImagingReport report = must(read_dicom_sr(usual({implicit, open})));
      EXPECT_EQ(report.patient, "P1");
      ASSERT_EQ(report.readings.size(), 3u) << report.unused.size();
      EXPECT_TRUE(report.unused.empty());
      EXPECT_EQ(report.readings[0].quantity, "liver_volume");
      EXPECT_DOUBLE_EQ(report.readings[0].value, 1510.5);
      EXPECT_EQ(report.readings[0].when, "2026-01-31T07:27:30+01:00");
      EXPECT_EQ(report.readings[1].quantity, "left_kidney_volume");
      EXPECT_DOUBLE_EQ(report.readings[1].value, 152);
      EXPECT_EQ(report.readings[2].quantity, "LVEF");
    }
  }
}

TEST(DicomReport, SaysWhyAMeasurementIsNotUsed) {
  const Writer w;
  const auto why = [&](const std::string& organ, const std::string& measure,
                       Writer::Report report = {}) {
    const ImagingReport read = must(read_dicom_sr(w.file({w.group({organ, measure})}, report)));
    return read.unused.empty() ? "" : read.unused[0].code + ": " + read.unused[0].why;
  };
  const std::string liver = w.site("10200004", ""),
                    volume = w.measure("SCT", "118565006", "1", "mL");
  EXPECT_EQ(why(liver, volume), "");
  EXPECT_EQ(why(w.site("64033007", ""), volume),
            "SCT 118565006 of SCT 64033007: no feature is made of this measure and organ");
  EXPECT_EQ(why(liver, w.measure("DCM", "112031", "40", "[hnsf'U]")),
            "DCM 112031 of SCT 10200004: no feature is made of this measure and organ");
  EXPECT_NE(why(liver, w.measure("SCT", "118565006", "1", "mm")).find("mm"), std::string::npos);
  EXPECT_NE(why(liver, w.measure("SCT", "118565006", "1", "x", "99X")).find("not one of UCUM"),
            std::string::npos);
  for (const char* none : {"", "x", "1x", "-1", "nan"}) {
    EXPECT_NE(why(liver, w.measure("SCT", "118565006", none, "mL")).find("no number from 0 on"),
              std::string::npos);
  }
  Writer::Report partial, preliminary;
  partial.completion = "PARTIAL";
  preliminary.preliminary = "PRELIMINARY";
  EXPECT_NE(why(liver, volume, partial).find("the report is not complete"), std::string::npos);
  EXPECT_NE(why(liver, volume, preliminary).find("the report is preliminary"), std::string::npos);
}

TEST(DicomReport, RefusesWhatIsNoReportOfMeasurements) {
  const Writer w;
  const auto refused = [&](const std::function<void(Writer::Report&)>& change) {
    Writer::Report report;
    change(report);
    const auto read = read_dicom_sr(w.file({}, report));
    return read ? "" : read.error().message;
  };
  EXPECT_NE(
      refused([](auto& r) { r.sop = "1.2.840.10008.5.1.4.1.1.2"; }).find("no structured report"),
      std::string::npos);
  EXPECT_NE(refused([](auto& r) { r.root = "121144"; }).find("another template (DCM 121144)"),
            std::string::npos);
  EXPECT_NE(refused([](auto& r) { r.date = "20260231"; }).find("no study date"), std::string::npos);
  EXPECT_NE(refused([](auto& r) { r.syntax = "1.2.840.10008.1.2.1.99"; }).find("dcmconv +te"),
            std::string::npos);
  EXPECT_EQ(refused([](auto&) {}), "");
  EXPECT_FALSE(read_dicom_sr("DICM"));
  EXPECT_TRUE(looks_like_dicom(w.file({}, {})));
}

TEST(DicomReport, EveryCutIsNoticedOrHarmless) {
  for (const bool open : {false, true}) {
    const std::string whole = usual({false, open});
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto read = read_dicom_sr(whole.substr(0, size));
      EXPECT_TRUE(!read || read->readings.size() <= 3);
    }
  }
}

TEST(DicomReport, NestingAndLengthsHaveLimits) {
  Writer w;
  std::string deep = w.measure("SCT", "118565006", "1", "mL");
  for (std::size_t i = 0; i < kMaxDicomDepth; ++i) deep = w.group({deep});
  const auto nested = read_dicom_sr(w.file({deep}, {}));
  ASSERT_FALSE(nested);
  EXPECT_NE(nested.error().message.find("nested deeper than 40"), std::string::npos);
  std::string lies = w.file({}, {});
  lies += Writer::tag(0x00400555) + "LO" + Writer::number(500, 2) + "x";
  const auto cut = read_dicom_sr(lies);
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().message.find("a value of 500 bytes, 1 are left"), std::string::npos);
}

}  // namespace
}  // namespace salus::ingest
