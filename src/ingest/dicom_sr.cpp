#include "ingest/dicom_sr.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "ingest/date.h"
#include "ingest/dicom_items.h"
#include "ingest/unit.h"

namespace salus::ingest {
namespace {

constexpr DicomTag kSopClass = 0x00080016, kStudyDate = 0x00080020, kStudyTime = 0x00080030;
constexpr DicomTag kZone = 0x00080201, kPatientId = 0x00100020, kInstance = 0x00080018;
constexpr DicomTag kCompletion = 0x0040A491, kPreliminary = 0x0040A496;
constexpr DicomTag kContent = 0x0040A730, kValueType = 0x0040A040, kConceptName = 0x0040A043;
constexpr DicomTag kConceptCode = 0x0040A168, kMeasured = 0x0040A300, kNumber = 0x0040A30A;
constexpr DicomTag kUnits = 0x004008EA, kCode = 0x00080100, kScheme = 0x00080102;
constexpr std::string_view kReports = "1.2.840.10008.5.1.4.1.1.88.";

/// "SCT 10200004"; never its meaning in words.
std::string code_in(const DicomItem& item, DicomTag sequence) {
  const auto& codes = item.items(sequence);
  if (codes.empty()) return {};
  return std::string(codes[0].text(kScheme).substr(0, 16)) + " " +
         std::string(codes[0].text(kCode).substr(0, 64));
}

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  for (const std::string_view one : codes) {
    if (code == one) return true;
  }
  return false;
}

// SNOMED CT and the codes it had in DICOM before, by laterality where the organ is one of two.
struct Organ {
  std::string_view name;
  std::array<std::string_view, 2> codes;
  std::string_view side;  // "left", "right", or any
};
constexpr std::array kOrgans = std::to_array<Organ>({
    {"liver", {"SCT 10200004", "SRT T-62000"}, ""},
    {"spleen", {"SCT 78961009", "SRT T-C3000"}, ""},
    {"left_kidney", {"SCT 18639004", ""}, ""},
    {"right_kidney", {"SCT 9846003", ""}, ""},
    {"left_kidney", {"SCT 64033007", "SRT T-71000"}, "left"},
    {"right_kidney", {"SCT 64033007", "SRT T-71000"}, "right"},
});

struct Site {
  std::string code, side;
};

class Reader {
 public:
  Reader(const DicomItem& report, ImagingReport& out) : report_(report), out_(out) {}

  Status read() {
    out_.patient = report_.text(kPatientId);
    const std::string_view sop = report_.text(kSopClass);
    if (!sop.starts_with(kReports)) {
      return refuse("no structured report (class " + std::string(sop.substr(0, 40)) +
                    "); images and segmentations are not read");
    }
    if (const std::string root = code_in(report_, kConceptName); root != "DCM 126000") {
      return refuse("a report of another template (" + root +
                    "), expected Imaging Measurement Report (DCM 126000, TID 1500)");
    }
    if (!take_time()) return refuse("no study date; when it was measured cannot be told");
    if (report_.text(kCompletion) != "COMPLETE") whole_ = "the report is not complete";
    if (report_.text(kPreliminary) == "PRELIMINARY") whole_ = "the report is preliminary";
    source_ = "report " + std::string(report_.text(kInstance).substr(0, 64));
    walk(report_, {});
    if (out_.readings.empty() && out_.unused.empty())
      out_.unused.push_back({source_, "", "the report holds no measurement"});
    return {};
  }

 private:
  static Error refuse(const std::string& why) {
    return {ErrorCode::kInvalidArgument, "DICOM: " + why};
  }

  // "20040119", "072730.5", "+0100" as ISO 8601.
  bool take_time() {
    const std::string date(report_.text(kStudyDate)), time(report_.text(kStudyTime));
    if (date.size() != 8) return false;
    when_ = date.substr(0, 4) + "-" + date.substr(4, 2) + "-" + date.substr(6, 2);
    if (time.size() >= 4) {
      const std::string zone(report_.text(kZone));
      const std::string full =
          when_ + "T" + time.substr(0, 2) + ":" + time.substr(2, 2) +
          (time.size() >= 6 ? ":" + time.substr(4, 2) : "") +
          (zone.size() == 5 ? zone.substr(0, 3) + ":" + zone.substr(3, 2) : "Z");
      if (instant_of(full)) when_ = full;
    }
    const auto instant = instant_of(when_);
    instant_ = instant.value_or(0);
    return instant.has_value();
  }

  // The site that the content of `node` names, else the one around it.
  static Site site_in(const DicomItem& node, Site site) {
    for (const DicomItem& child : node.items(kContent)) {
      if (!is_one_of(code_in(child, kConceptName), {"SCT 363698007", "SRT G-C0E3"})) continue;
      site = {code_in(child, kConceptCode), ""};
      for (const DicomItem& modifier : child.items(kContent)) {
        if (!is_one_of(code_in(modifier, kConceptName), {"SCT 272741003", "SRT G-C171"})) continue;
        const std::string side = code_in(modifier, kConceptCode);
        if (is_one_of(side, {"SCT 7771000", "SRT G-A101"})) site.side = "left";
        if (is_one_of(side, {"SCT 24028007", "SRT G-A100"})) site.side = "right";
      }
    }
    return site;
  }

  void walk(const DicomItem& node, const Site& around) {
    const Site site = site_in(node, around);
    for (const DicomItem& child : node.items(kContent)) {
      if (child.text(kValueType) == "NUM") measure(child, site_in(child, site));
      walk(child, site);
    }
  }

  void measure(const DicomItem& item, const Site& site) {
    const std::string measure = code_in(item, kConceptName);
    const std::string shown = measure + (site.code.empty() ? "" : " of " + site.code);
    const auto skip = [&](const std::string& why) { out_.unused.push_back({source_, shown, why}); };
    if (!whole_.empty()) return skip(whole_);
    const std::string name = name_of(measure, site);
    if (name.empty()) return skip("no feature is made of this measure and organ");
    const auto& measured = item.items(kMeasured);
    const std::string_view text = measured.empty() ? "" : measured[0].text(kNumber);
    double value = 0;
    const auto from = text.find_first_not_of(" +");
    const char* begin = text.data() + std::min(from, text.size());
    const auto read = std::from_chars(begin, text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() ||
        !std::isfinite(value) || value < 0)
      return skip("it has no number from 0 on");
    const std::string unit = code_in(measured[0], kUnits);
    if (!unit.starts_with("UCUM ")) return skip("its unit is " + unit + ", not one of UCUM");
    const std::string own = name == "LVEF" ? "%" : "mL";
    const auto converted = convert(value, unit.substr(5), own);
    if (!converted) return skip(converted.error().message);
    out_.readings.push_back(
        {name, *converted, own, value, unit.substr(5), measure, when_, instant_, source_});
  }

  static std::string name_of(std::string_view measure, const Site& site) {
    if (measure == "LN 10230-1") return "LVEF";
    if (!is_one_of(measure, {"SCT 118565006", "SRT G-D705"})) return {};
    if (site.code.empty()) return {};
    for (const Organ& organ : kOrgans) {
      if ((site.code == organ.codes[0] || site.code == organ.codes[1]) &&
          (organ.side.empty() || organ.side == site.side))
        return std::string(organ.name) + "_volume";
    }
    return {};
  }

  const DicomItem& report_;
  ImagingReport& out_;
  std::string source_, when_, whole_;
  std::int64_t instant_ = 0;
};

}  // namespace

Result<ImagingReport> read_dicom_sr(std::string_view bytes) {
  const auto report = parse_dicom(bytes);
  if (!report) return report.error();
  ImagingReport out;
  if (Status s = Reader(*report, out).read(); !s) return s.error();
  return out;
}

}  // namespace salus::ingest
