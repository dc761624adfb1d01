// What the owner gets to see: curves, errors, measurements and the basis of every number. A report
// holds decrypted values; it is written on the owner's device only, rounded to declared precision.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/curve.h"
#include "ingest/features.h"
#include "program/program.h"

namespace salus::client {

/// What is common to all subjects: the program, its certificate and its parameters.
struct ReportBasis {
  std::string program_name;
  std::string program_digest;
  std::string model;
  std::string question;
  std::string formula;
  std::string citation;
  std::vector<program::Parameter> parameters;
  std::vector<program::Input> inputs;
  program::OutputGrid output;
  program::Certificate certificate;
  int security_bits = 0;
  int log_n = 0;
  double log_qp = 0;
  int prime_count = 0;
  bool operator==(const ReportBasis&) const = default;
};

struct SubjectReport {
  std::string id;
  double weight_kg = 0;   ///< 0: not given
  double dose = 0;        ///< of the first curve, in OutputGrid::dose_unit
  bool rescaled = false;  ///< the first curve was computed for another dose and scaled exactly
  std::string origin;     ///< of the features, in words
  std::vector<ingest::Feature> features;
  std::vector<std::vector<double>> curves;  ///< [row][time] as in OutputGrid; the first for `dose`
  std::vector<double> bands;                ///< half width of each curve's error band, its unit
  std::vector<ingest::Observation> measured;

  std::string key_id;
  std::string run_id;
  std::string log;              ///< the log that holds its receipt; empty: opened unverified
  std::uint64_t log_entry = 0;  ///< the receipt's number there
  std::uint64_t upload_bytes = 0;
  std::uint64_t key_bytes = 0;
  std::uint64_t ciphertext_bytes = 0;
  std::uint64_t result_bytes = 0;
  double server_seconds = 0;
  double basis_seconds = 0;
  double readout_seconds = 0;
  double encode_seconds = 0;
  bool basis_reused = false;
  double encrypted_vs_clear_error = 0;  ///< of the largest value, over all regimens
  std::optional<double> max_rel_error;  ///< against the reference, likewise; if it was computed
  std::optional<double> rmse_measured;
  std::size_t measured_outside = 0;  ///< measurements outside the grid, left out of the RMSE
  bool operator==(const SubjectReport&) const = default;

  /// The rows of one output, in the order of the regimens.
  std::vector<std::size_t> rows_of(const program::OutputGrid& grid, std::size_t output) const;
};

struct Report {
  ReportBasis basis;
  std::string created_at;
  std::vector<SubjectReport> subjects;
  bool operator==(const Report&) const = default;
};

/// Half width of the error band of each row, in its output's unit: (certificate's largest error
/// over the box + noise bound) x the curve's largest value, of a single value x the row's peak;
/// carried through the output's link. `curves` are as program::expand gives them.
Result<std::vector<double>> bands_of(const ReportBasis& basis,
                                     const std::vector<std::vector<double>>& curves);

/// Every curve rounded to declared_decimals of its band.
void round_curves(Report& report);

/// Subjects of several reports on one program. Errors: kMismatch (another program, its name and
/// both digests), kConflict (a subject twice), kInvalidArgument (none).
Result<Report> merge(const std::vector<Report>& parts);

/// JSON, "salus-report 2": summary fields at the top, then one object a subject. Curves are left
/// out of the summary; only a whole report can be parsed back.
enum class Detail { kSummary, kWhole };
std::string print_json(const Report& report, Detail detail);
/// Errors: kParse, kVersion, kLimit.
Result<Report> parse_report(std::string_view json);
inline constexpr std::size_t kMaxReportBytes = 64u << 20;

/// subject,output,unit,regimen,label,dose,time_h,value,band: one line a grid point.
std::string print_csv(const Report& report);

/// One self-contained page: no request leaves it.
std::string print_html(const Report& report);

}  // namespace salus::client
