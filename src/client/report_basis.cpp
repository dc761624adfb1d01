// The panel that says where a subject's numbers come from.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "client/report_chart.h"
#include "client/report_parts.h"

namespace salus::client {
namespace {

double on_scale(const program::Parameter& parameter, double value) {
  return parameter.transform == program::Transform::kLog ? std::log(value) : value;
}

/// Where a value lies in its certified box, as a little picture.
std::string where_in_box(const program::Parameter& parameter, double value) {
  const double low = on_scale(parameter, parameter.low);
  const double high = on_scale(parameter, parameter.high);
  const double share = high > low ? (on_scale(parameter, value) - low) / (high - low) : 0.5;
  const double typical =
      high > low ? (on_scale(parameter, parameter.typical) - low) / (high - low) : 0.5;
  return fmt::format(
      "<svg class=\"where\" viewBox=\"0 0 86 12\" role=\"img\" aria-label=\"{:.0f} percent of the "
      "box\"><path d=\"M4 6H82\"/><path class=\"mid\" d=\"M{:.1f} 1V11\"/><circle cx=\"{:.1f}\" "
      "cy=\"6\" r=\"4\"/></svg>",
      100 * share, 4 + 78 * typical, 4 + 78 * std::clamp(share, 0.0, 1.0));
}

std::string inputs_table(const ReportBasis& basis, const SubjectReport& subject) {
  std::string html =
      "<table><thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">Value</th>"
      "<th scope=\"col\">Certified box</th><th></th></tr></thead><tbody>";
  for (const program::Parameter& parameter : basis.parameters) {
    const auto feature =
        std::ranges::find(subject.features, parameter.name, &ingest::Feature::name);
    if (feature == subject.features.end()) continue;
    html += fmt::format(
        "<tr><th scope=\"row\" title=\"{}\">{}</th><td>{:.4g} {}</td><td>{:.3g} &ndash; {:.3g}</td>"
        "<td>{}</td></tr>",
        escape_html(parameter.description), escape_html(parameter.name), feature->value,
        escape_html(parameter.unit), parameter.low, parameter.high,
        where_in_box(parameter, feature->value));
  }
  html += "</tbody></table>";
  std::string encrypted;
  for (const program::Input& input : basis.inputs) {
    encrypted += (encrypted.empty() ? "" : ", ") + escape_html(input.name);
    if (input.formula != input.name) encrypted += " = " + escape_html(input.formula);
  }
  return html + "<p class=\"note\">Encrypted and sent: " + encrypted + ". " +
         escape_html(subject.origin) + "</p>";
}

std::string item(const std::string& term, const std::string& text) {
  return "<dt>" + term + "</dt><dd>" + text + "</dd>";
}

std::string checks(const ReportBasis& basis, const SubjectReport& subject) {
  std::string html = "<dl>";
  if (subject.max_rel_error) {
    html += item("Against CVODE",
                 scientific(*subject.max_rel_error) + " of the peak, worst of all regimens");
  }
  const bool below = subject.encrypted_vs_clear_error <= basis.certificate.noise_bound;
  html += item("Against clear",
               scientific(subject.encrypted_vs_clear_error) + " of the peak" +
                   (below ? ", <span class=\"ok\">below the bound</span>" : ", ABOVE THE BOUND"));
  html += item("Noise bound", scientific(basis.certificate.noise_bound));
  if (subject.rmse_measured) {
    html += item("Measurements", fmt::format("RMSE {:.3f} {}, {} points", *subject.rmse_measured,
                                             escape_html(basis.output.outputs.front().unit),
                                             subject.measured.size() - subject.measured_outside));
  }
  return html + "</dl>";
}

std::string certificate(const program::Certificate& c) {
  return "<dl>" +
         item("Held-out patients",
              fmt::format("median {}, 99 % {}, worst {} (n = {})", scientific(c.population_median),
                          scientific(c.population_p99), scientific(c.population_max),
                          c.population_samples)) +
         item("Whole box", fmt::format("99 % {}, worst {} (n = {})", scientific(c.box_p99),
                                       scientific(c.box_max), c.box_samples)) +
         item("Reference", fmt::format("CVODE on {} samples, within {}", c.cvode_samples,
                                       scientific(c.cvode_max))) +
         "</dl>";
}

}  // namespace

std::string basis_html(const ReportBasis& basis, const SubjectReport& subject) {
  std::string html = fmt::format(
      "<aside aria-label=\"Basis of the numbers of subject {}\"><h3>What went in</h3>{}<h3>Checks "
      "of "
      "this run</h3>{}<h3>Certificate of the program</h3>{}",
      escape_html(subject.id), inputs_table(basis, subject), checks(basis, subject),
      certificate(basis.certificate));
  html += fmt::format(
      "<details><summary>Formula, source, encryption</summary><dl "
      "style=\"margin-top:10px\">{}{}{}{}{}"
      "</dl></details></aside>",
      item("Formula", "<pre>" + escape_html(basis.formula) + "</pre>"),
      item("Source", escape_html(basis.citation)),
      item("Scheme", fmt::format("RNS-CKKS, N = {}, log QP = {:.0f} bits in {} primes, {}-bit "
                                 "security",
                                 std::uint64_t{1} << basis.log_n, basis.log_qp, basis.prime_count,
                                 basis.security_bits)),
      item("Program", "<code>" + escape_html(basis.program_digest.substr(0, 24)) + "</code>"),
      item("Run, key", "<code>" + escape_html(subject.run_id) + "</code>, <code>" +
                           escape_html(subject.key_id.substr(0, 16)) + "</code>"));
  return html;
}

}  // namespace salus::client
