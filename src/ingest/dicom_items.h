// DICOM data sets as trees of values (DICOM PS3.5). Private to the reader of reports.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::ingest {

/// Group and element, 0x0040A730.
using DicomTag = std::uint32_t;

struct DicomItem {
  std::map<DicomTag, std::string> values;  ///< without padding; long and binary ones left out
  std::map<DicomTag, std::vector<DicomItem>> sequences;

  /// Empty, or none, where there is none.
  std::string_view text(DicomTag tag) const;
  const std::vector<DicomItem>& items(DicomTag tag) const;
};

/// A file: preamble, meta group, data set. Errors: as read_dicom_sr's of the format.
Result<DicomItem> parse_dicom(std::string_view bytes);

}  // namespace salus::ingest
