// FHIR R4 resources -> what is known about a patient: on the owner's device, nothing is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/features.h"

namespace salus::ingest {

inline constexpr std::size_t kMaxFhirBytes = 64u << 20;

/// One number of a record that means a quantity.
struct Reading {
  std::string quantity;  ///< "creatinine"
  double value = 0;      ///< in `unit`
  std::string unit;      ///< the quantity's own, UCUM
  double given = 0;
  std::string given_unit;
  std::string code;          ///< LOINC
  std::string when;          ///< as written
  std::int64_t instant = 0;  ///< seconds since 1970, UTC
  std::string source;        ///< "Observation/69baee45-..."
};

/// What was not used, and why: nothing disappears without a line.
struct Unused {
  std::string source;
  std::string code;  ///< of an Observation; empty for another resource
  std::string why;
};

struct PatientRecord {
  std::string patient;     ///< id of the Patient resource
  std::string birth_date;  ///< as written; empty: not known
  std::string sex;         ///< "female", "male", or empty
  std::vector<Reading> readings;
  std::vector<Unused> unused;
};

/// Bundles (transaction, collection, searchset, ...), single resources, or NDJSON, a resource a
/// line. Codes are matched by system and code, units by their UCUM code, never by display text. A
/// number is used if its Observation is final, amended or corrected, is the patient's, has a time,
/// and its unit measures the quantity; components count like Observations of their own.
///
/// Errors: kParse (JSON, with the line of NDJSON; no resource), kLimit, kInvalidArgument (no
/// Patient, or several: a twin is of one).
Result<PatientRecord> read_fhir(std::string_view text);

/// A text and the name that messages call it by.
struct NamedText {
  std::string_view name;
  std::string_view text;
};
/// One record in several files, as bulk exports split it by type. Errors: as above, with the name
/// of the file where it is one's.
Result<PatientRecord> read_fhir(const std::vector<NamedText>& texts);

/// One feature and where it comes from.
struct Chosen {
  Feature feature;
  std::string
      from;  ///< "Observation/..., 2018-06-01" or "computed: CKD-EPI 2021 of creatinine ..."
};

/// The latest value of each quantity not after `as_of` (seconds since 1970; nothing: the latest
/// reading), age and sex (`age` in a, `female` and `male` as 0 or 1), and eGFR by CKD-EPI 2021 of
/// that creatinine, never a reported one. Two values of one quantity at one instant that differ are
/// not used; they, and what is older, are added to `unused` if given.
std::vector<Chosen> latest(const PatientRecord& record, std::optional<std::int64_t> as_of,
                           std::vector<Unused>* unused = nullptr);

}  // namespace salus::ingest
