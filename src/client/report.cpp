#include "client/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "client/result.h"
#include "ingest/csv.h"

namespace salus::client {

std::vector<std::size_t> SubjectReport::rows_of(const program::OutputGrid& grid,
                                                std::size_t output) const {
  std::vector<std::size_t> rows;
  for (std::size_t r = output; r < curves.size(); r += grid.outputs.size()) rows.push_back(r);
  return rows;
}

Result<std::vector<double>> bands_of(const ReportBasis& basis,
                                     const std::vector<std::vector<double>>& curves) {
  const program::OutputGrid& grid = basis.output;
  const double error = basis.certificate.box_max + basis.certificate.noise_bound;
  std::vector<double> bands;
  auto low = curves, high = curves;
  for (std::size_t r = 0; r < curves.size(); ++r) {
    double largest = curves[r].size() == 1 ? grid.peak[r] : 0;
    for (const double value : curves[r]) largest = std::max(largest, std::abs(value));
    bands.push_back(error * largest);
    for (double& value : low[r]) value -= bands[r];
    for (double& value : high[r]) value += bands[r];
  }
  auto middle = curves;
  for (auto* edge : {&low, &middle, &high}) {
    if (const Status fine = program::apply_links(grid, *edge); !fine) return fine.error();
  }
  for (std::size_t r = 0; r < curves.size(); ++r) {
    if (grid.output_of(r).link.empty()) continue;
    bands[r] = 0;
    for (std::size_t t = 0; t < curves[r].size(); ++t) {
      const double value = middle[r][t];
      bands[r] = std::max({bands[r], std::abs(low[r][t] - value), std::abs(high[r][t] - value)});
    }
  }
  return bands;
}

void round_curves(Report& report) {
  for (SubjectReport& subject : report.subjects) {
    for (std::size_t r = 0; r < subject.curves.size(); ++r) {
      const double step = std::pow(10.0, declared_decimals(subject.bands[r]));
      for (double& value : subject.curves[r])
        value = std::round(value * step) / step + 0.0;  // no -0
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
  std::string text =
      "subject,output,unit,regimen,label,dose_" + output.dose_unit + ",time_h,value,band\n";
  for (const SubjectReport& subject : report.subjects) {
    for (std::size_t r = 0; r < subject.curves.size(); ++r) {
      const program::Regimen& regimen = output.regimen_of(r);
      const program::Output& of = output.output_of(r);
      const double band = subject.bands[r];
      const int decimals = declared_decimals(band);
      const double dose = r < output.outputs.size() ? subject.dose : regimen.dose;
      const std::string head =
          fmt::format("{},{},{},{},{},{:.6g}", ingest::csv_cell(subject.id),
                      ingest::csv_cell(of.name), ingest::csv_cell(of.unit),
                      ingest::csv_cell(regimen.id), ingest::csv_cell(regimen.label), dose);
      for (std::size_t t = 0; t < output.times_h.size(); ++t) {
        text += fmt::format("{},{:.6g},{:.{}f},{:.2g}\n", head, output.times_h[t],
                            subject.curves[r][t], decimals, band);
      }
    }
  }
  return text;
}

}  // namespace salus::client
