// Measurements that somebody took from images: DICOM structured reports of template TID 1500
// ("Imaging Measurement Report"; DICOM PS3.16). Numbers are read, never pixels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/fhir.h"

namespace salus::ingest {

/// Named limits of a report from outside.
inline constexpr std::size_t kMaxDicomBytes = 16u << 20;
inline constexpr std::size_t kMaxDicomElements = 200'000;
inline constexpr std::size_t kMaxDicomDepth = 40;
inline constexpr std::size_t kMaxDicomValue = 1'024;  ///< longer ones are passed over

struct ImagingReport {
  std::string patient;            ///< PatientID
  std::vector<Reading> readings;  ///< "liver_volume" in mL, "LVEF" in %
  std::vector<Unused> unused;
};

/// Whether a file starts like a DICOM file: "DICM" behind 128 bytes.
bool looks_like_dicom(std::string_view bytes);

/// Organs and measures are matched by code (SCT, SRT, LN), units by UCUM. Known are the volumes of
/// liver, spleen and each kidney, and the left ventricle's ejection fraction; everything else is
/// named in `unused`, as is all of a report that is partial or preliminary. Their time is the
/// study's. Little-endian transfer syntaxes, explicit and implicit, not deflated.
/// Errors: kParse (cut short, a length that lies, nesting), kInvalidArgument (another transfer
/// syntax, no structured report, another template, no study date), kLimit.
Result<ImagingReport> read_dicom_sr(std::string_view bytes);

}  // namespace salus::ingest
