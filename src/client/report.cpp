#include "client/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "client/result.h"
#include "ingest/csv.h"

namespace salus::client {

double band_of(const ReportBasis& basis, const std::vector<double>& curve) {
  double largest = 0;
  for (const double value : curve) largest = std::max(largest, std::abs(value));
  return (basis.certificate.box_max + basis.certificate.noise_bound) * largest;
}

void round_curves(Report& report) {
  for (SubjectReport& subject : report.subjects) {
    for (std::vector<double>& curve : subject.curves) {
      const double step = std::pow(10.0, declared_decimals(band_of(report.basis, curve)));
      for (double& value : curve) value = std::round(value * step) / step + 0.0;  // no -0
    }
  }
}

Result<Report> merge(const std::vector<Report>& parts) {
  if (parts.empty()) return Error{ErrorCode::kInvalidArgument, "report: no results given"};
  Report all = parts.front();
  all.subjects.clear();
  std::set<std::string> seen;
  for (const Report& part : parts) {
    if (part.basis.program_digest != all.basis.program_digest) {
      return Error{ErrorCode::kMismatch,
                   "report: results of two programs, " + all.basis.program_name + " " +
                       all.basis.program_digest.substr(0, 16) + " and " + part.basis.program_name +
                       " " + part.basis.program_digest.substr(0, 16) +
                       "; make one report for each"};
    }
    for (const SubjectReport& subject : part.subjects) {
      if (!seen.insert(subject.id).second) {
        return Error{ErrorCode::kConflict, "report: subject " + subject.id + " is there twice"};
      }
      all.subjects.push_back(subject);
    }
    all.created_at = std::max(all.created_at, part.created_at);
  }
  return all;
}

std::string print_csv(const Report& report) {
  const program::OutputGrid& output = report.basis.output;
  std::string text = "subject,regimen,label,dose_" + output.dose_unit + ",time_h,value,band\n";
  for (const SubjectReport& subject : report.subjects) {
    for (std::size_t r = 0; r < subject.curves.size(); ++r) {
      const program::Regimen& regimen = output.regimens[r];
      const double band = band_of(report.basis, subject.curves[r]);
      const int decimals = declared_decimals(band);
      const double dose = r == 0 ? subject.dose : regimen.dose;
      const std::string head =
          fmt::format("{},{},{},{:.6g}", ingest::csv_cell(subject.id), ingest::csv_cell(regimen.id),
                      ingest::csv_cell(regimen.label), dose);
      for (std::size_t t = 0; t < output.times_h.size(); ++t) {
        text += fmt::format("{},{:.6g},{:.{}f},{:.2g}\n", head, output.times_h[t],
                            subject.curves[r][t], decimals, band);
      }
    }
  }
  return text;
}

}  // namespace salus::client
