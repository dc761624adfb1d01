// The page around the subjects.
#include <fmt/format.h>

#include <algorithm>

#include "client/report_chart.h"
#include "client/report_parts.h"
#include "client/report_style.h"

namespace salus::client {
namespace {

/// The selected regimen's line stands out: one rule each, so that no script is needed.
std::string picked_css(std::size_t regimens) {
  std::string css = ".picked";
  for (std::size_t r = 1; r < regimens; ++r) {
    css += fmt::format(",.alts:has([value=\"{0}\"]:checked) .p{0}", r);
  }
  return css + "{stroke:var(--pick);stroke-width:2.6}";
}

// "2 outputs of 24 regimens at 128 times"
std::string counted(const program::OutputGrid& grid) {
  const auto many = [](std::size_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
  };
  std::string text = many(grid.regimens.size(), "regimen");
  if (grid.outputs.size() > 1) text = many(grid.outputs.size(), "output") + " of " + text;
  return grid.times_h.size() == 1 ? text : text + " at " + many(grid.times_h.size(), "time");
}

std::string head_html(const Report& report) {
  const ReportBasis& basis = report.basis;
  const std::size_t count = report.subjects.size();
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
      "style-src 'unsafe-inline';script-src 'unsafe-inline'\">"
      "<title>{0} - Salus report</title><style>{1}</style></head><body>"
      "<a class=\"skip\" href=\"#summary\">Skip to the summary</a><header class=\"top\">"
      "<p class=\"kicker\">Salus &middot; encrypted digital twins</p><h1>{2}</h1>",
      escape_html(basis.program_name),
      std::string(report_css()) + picked_css(basis.output.regimens.size()),
      escape_html(basis.question));
  html += fmt::format(
      "<p class=\"lead\">Each patient's parameters were encrypted on the owner's device. A server "
      "that "
      "holds no secret key computed <strong>{}</strong> for {} on ciphertext; "
      "the "
      "curves below were decrypted here. They are plaintext from now on: share this file as you "
      "would "
      "share the record.</p>",
      counted(basis.output),
      count == 1 ? "one patient" : fmt::format("each of {} patients", count));
  return html;
}

std::string nav_html(const Report& report) {
  if (report.subjects.size() < 2) return {};
  std::string html = "<nav aria-label=\"Subjects\"><ul>";
  for (const SubjectReport& subject : report.subjects) {
    html +=
        fmt::format("<li><a href=\"#subject-{0}\">Subject {0}</a></li>", escape_html(subject.id));
  }
  return html + "</ul></nav>";
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

std::string tile(const std::string& value, const std::string& words) {
  return "<li><b>" + value + "</b><span>" + words + "</span></li>";
}

std::string megabytes(double bytes) { return fmt::format("{:.1f} MB", bytes / 1e6); }

}  // namespace

std::string scientific(double value) {
  if (value == 0) return "0";
  const std::string text = fmt::format("{:.1e}", value);
  const auto e = text.find('e');
  return fmt::format("<span class=\"sci\">{} &times; 10<sup>{}</sup></span>", text.substr(0, e),
                     std::stoi(text.substr(e + 1)));
}

std::string tiles_html(const Report& report) {
  std::vector<double> seconds;
  std::vector<double> upload;
  double clear = 0;
  double reference = -1;
  std::size_t verified = 0;
  for (const SubjectReport& s : report.subjects) {
    seconds.push_back(s.server_seconds);
    upload.push_back(static_cast<double>(s.upload_bytes));
    clear = std::max(clear, s.encrypted_vs_clear_error);
    verified += s.log.empty() ? 0 : 1;
    if (s.max_rel_error) reference = std::max(reference, *s.max_rel_error);
  }
  std::string html = "<ul class=\"tiles\">";
  html += tile(fmt::format("{}-bit", report.basis.security_bits),
               fmt::format("security, ring degree {}", std::uint64_t{1} << report.basis.log_n));
  html += tile(fmt::format("{:.2f} s", median(seconds)), "on the server, median of a run");
  html += tile(megabytes(median(upload)), "uploaded once for a twin");
  if (reference >= 0) {
    html += tile(scientific(reference), "worst error against the reference, of the peak");
  }
  html += tile(scientific(clear), "worst error of encryption, of the peak");
  html += tile(fmt::format("{} of {}", verified, report.subjects.size()),
               "receipts found in the server's log and fitting");
  return html + "</ul>";
}

namespace {

std::string sparkline(const ReportBasis& basis, const SubjectReport& s) {
  if (basis.output.times_h.size() < 2) return {};
  return draw({.width = 112,
               .height = 30,
               .title = "curve of subject " + s.id,
               .x_label = {},
               .y_label = {},
               .times = basis.output.times_h,
               .series = {{s.curves.front(), "given"}},
               .band = 0,
               .points = s.measured,
               .bare = true});
}

}  // namespace

std::string summary_html(const Report& report) {
  const ReportBasis& basis = report.basis;
  const program::Output& first = basis.output.outputs.front();
  const std::string unit = escape_html(first.unit);
  std::string html =
      "<section class=\"card\" id=\"summary\"><div class=\"head\"><h2>Summary</h2>"
      "<p>one line a subject; errors are shares of the curve's largest value</p></div>"
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Subject</th>"
      "<th scope=\"col\" class=\"left\">Curve</th><th scope=\"col\"></th>";
  for (const program::Parameter& parameter : basis.parameters) {
    html += fmt::format("<th scope=\"col\">{}<br>{}</th>", escape_html(parameter.name),
                        escape_html(parameter.unit));
  }
  html += fmt::format(
      "<th scope=\"col\">{1}<br>{0}</th><th scope=\"col\">RMSE<br>{0}</th>"
      "<th scope=\"col\">Error vs<br>reference</th><th scope=\"col\">Error vs<br>clear</th>"
      "<th scope=\"col\">Upload<br>MB</th><th scope=\"col\">Server<br>s</th></tr></thead><tbody>",
      unit, basis.output.times_h.size() == 1 ? escape_html(first.name) : "Peak");
  for (const SubjectReport& s : report.subjects) {
    html += fmt::format(
        "<tr><th scope=\"row\"><a href=\"#subject-{0}\">{0}</a></th><td class=\"left\">{1}</td>"
        "<td class=\"spark\">{2}</td>",
        escape_html(s.id), escape_html(regimen_label(basis, s, 0)), sparkline(basis, s));
    for (const program::Parameter& parameter : basis.parameters) {
      const auto feature = std::ranges::find(s.features, parameter.name, &ingest::Feature::name);
      html += feature == s.features.end() ? "<td></td>"
                                          : fmt::format("<td>{:.4g}</td>", feature->value);
    }
    const double peak = *std::ranges::max_element(s.curves.front());
    html += fmt::format(
        "<td>{:.2f}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.1f}</td><td>{:.2f}</td></tr>", peak,
        s.rmse_measured ? fmt::format("{:.3f}", *s.rmse_measured) : "",
        s.max_rel_error ? scientific(*s.max_rel_error) : "", scientific(s.encrypted_vs_clear_error),
        static_cast<double>(s.upload_bytes) / 1e6, s.server_seconds);
  }
  return html + "</tbody></table></div></section>";
}

std::string print_html(const Report& report) {
  std::string html = head_html(report);
  html += tiles_html(report) + nav_html(report) + "</header><main style=\"margin-top:26px\">";
  html += summary_html(report);
  for (const SubjectReport& subject : report.subjects) html += subject_html(report, subject);
  html += fmt::format(
      "</main><footer><p>Program <code>{}</code>. Written {} by salus {}. The error bands cover "
      "the "
      "computation, not the model's fit to a patient. Not a medical device.</p></footer>"
      "<script>{}</script></body></html>\n",
      escape_html(report.basis.program_digest), escape_html(report.created_at), SALUS_VERSION,
      report_script());
  return html;
}

}  // namespace salus::client
