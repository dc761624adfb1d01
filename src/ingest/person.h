// All the files that one person hands over, whatever their kind, as one list of features; and of
// everything else the reason why it is none.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/fhir.h"
#include "ingest/gene_table.h"
#include "ingest/genotype.h"
#include "ingest/sensor.h"

namespace salus::ingest {

inline constexpr std::size_t kMaxPersonFiles = 64;

enum class FileKind { kFhir, kVcf, kOutsideCalls, kOpenMHealth, kDicomReport };
/// "FHIR R4", "VCF", "outside calls", "Open mHealth", "DICOM report".
std::string_view name(FileKind kind);
/// By content, never by the file's name. Errors: kInvalidArgument, saying what is read and, for
/// what is compressed, how to unpack it.
Result<FileKind> kind_of(std::string_view text);

struct PersonFile {
  std::string name;  ///< for messages
  std::string text;
};

struct PersonOptions {
  std::optional<std::int64_t> as_of;  ///< seconds since 1970; nothing: the latest
  std::string sample;                 ///< of a VCF with several
  std::vector<GeneTable> tables;      ///< for VCFs and outside calls
  std::int64_t window_s = 3600;       ///< of sensors
  std::set<std::string> asked;        ///< a program's parameters; empty: no program
};

struct Person {
  std::string subject;             ///< the FHIR patient, else the VCF's sample
  std::vector<std::string> files;  ///< "b.json: FHIR R4"
  std::vector<Reading> readings;
  std::vector<Genotype> genotypes;
  std::vector<SensorSeries> sensors;
  std::vector<Chosen> chosen;
  std::vector<Unused> unused;
};

/// FHIR files together are one record; Open mHealth files and DICOM reports add to it; there is at
/// most one VCF and one file of outside calls, whose calls come before those of the VCF. Errors:
/// those of the readers, with the file's name; kInvalidArgument where files do not go together;
/// kLimit.
Result<Person> read_person(const std::vector<PersonFile>& files, const PersonOptions& options);

}  // namespace salus::ingest
