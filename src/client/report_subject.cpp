// One subject's section of the page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "client/report_chart.h"
#include "client/report_parts.h"
#include "client/result.h"

namespace salus::client {
namespace {

/// JSON that may stand inside a script element.
std::string script_json(const nlohmann::json& node) {
  std::string text = node.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
    text.replace(at, 1, "\\u003c");
  }
  return "<script type=\"application/json\">" + text + "</script>";
}

/// "0.00005": one or two digits, never an exponent.
std::string plain(double value) { return fmt::format("{:.{}f}", value, declared_decimals(value)); }

std::string y_label(const program::Output& output) {
  return output.name + " (" + output.unit + ")";
}

/// Values and bands as decimal strings at the declared precision.
nlohmann::json series_json(const std::string& label, const std::vector<double>& curve,
                           double band) {
  const int decimals = std::min(declared_decimals(band), 6);
  nlohmann::json values = nlohmann::json::array();
  const double step = std::pow(10.0, decimals);
  for (const double value : curve) values.push_back(std::round(value * step) / step);
  return {{"label", label}, {"values", values}, {"band", plain(band)}};
}

nlohmann::json cursor_json(const ReportBasis& basis, const SubjectReport& subject,
                           std::size_t output, bool all) {
  nlohmann::json measured = nlohmann::json::array();
  for (const auto& point : subject.measured) {
    if (!all) measured.push_back({point.time_h, point.value});
  }
  nlohmann::json node = {{"times", basis.output.times_h},
                         {"unit", basis.output.outputs[output].unit},
                         {"measured", measured},
                         {"series", nlohmann::json::array()}};
  for (const std::size_t r : subject.rows_of(basis.output, output)) {
    const std::string label = regimen_label(basis, subject, r);
    node["series"].push_back(series_json(label, subject.curves[r], subject.bands[r]));
    if (!all) break;
  }
  return node;
}

std::string legend(bool points) {
  std::string html =
      "<ul class=\"legend\"><li><svg viewBox=\"0 0 26 12\"><path class=\"line given\" d=\"M1 "
      "6H25\"/></svg>computed on ciphertext</li><li><svg viewBox=\"0 0 26 12\"><path "
      "class=\"band\" "
      "d=\"M1 2H25V10H1Z\"/></svg>error of the computation</li>";
  if (points) {
    html +=
        "<li><svg viewBox=\"0 0 26 12\"><circle class=\"point\" cx=\"13\" cy=\"6\" "
        "r=\"4.2\"/></svg>measured</li>";
  }
  return html + "</ul>";
}

/// The table twin of the first chart.
std::string given_table(const ReportBasis& basis, const SubjectReport& subject) {
  const std::vector<double>& curve = subject.curves.front();
  const double band = subject.bands.front();
  const int decimals = std::min(declared_decimals(band), 6);
  const MonotoneCubic between({basis.output.times_h, curve});
  std::string html = fmt::format(
      "<details><summary>Values as a table</summary><div class=\"scroll\"><table><caption>Computed "
      "with its error band, and measured, in {}</caption><thead><tr><th scope=\"col\">Time (h)</th>"
      "<th scope=\"col\">Computed</th><th scope=\"col\">Low</th><th scope=\"col\">High</th>"
      "<th scope=\"col\">Measured</th></tr></thead><tbody>",
      escape_html(basis.output.outputs.front().unit));
  const auto row = [&](double time, double value, const std::string& seen) {
    html += fmt::format(
        "<tr><th scope=\"row\">{:.2f}</th><td>{:.{}f}</td><td>{:.{}f}</td>"
        "<td>{:.{}f}</td><td>{}</td></tr>",
        time, value, decimals, std::max(0.0, value - band), decimals, value + band, decimals, seen);
  };
  std::map<double, std::string> measured;
  for (const auto& point : subject.measured)
    measured[point.time_h] = fmt::format("{:g}", point.value);
  for (const double time : basis.output.times_h) measured.try_emplace(time);
  for (const auto& [time, text] : measured) {
    if (const auto value = between.at(time)) row(time, *value, text);
  }
  return html + "</tbody></table></div></details>";
}

std::string caption(const ReportBasis& basis, const SubjectReport& subject, double band) {
  const program::OutputGrid& output = basis.output;
  std::string text;
  if (subject.rescaled) {
    text += fmt::format(
        "The server computed {:g} {}; the model is linear in the dose, so this device scaled the "
        "curve exactly to {:.1f} {}. ",
        output.regimens.front().dose, escape_html(output.dose_unit), subject.dose,
        escape_html(output.dose_unit));
  }
  text += fmt::format("Error of the computation: &plusmn; {} {}", plain(band),
                      escape_html(output.outputs.front().unit));
  const double peak = *std::ranges::max_element(subject.curves.front());
  if (band < 0.003 * peak) text += ", a band thinner than the line";
  text += ".";
  if (subject.measured_outside > 0) {
    text += fmt::format(" {} measurement(s) lie after the last computed time.",
                        subject.measured_outside);
  }
  return text;
}

std::string given_figure(const ReportBasis& basis, const SubjectReport& subject) {
  const double band = subject.bands.front();
  std::string html = "<figure data-cursor>";
  html += draw({.width = 720,
                .height = 430,
                .title = fmt::format("Curve of subject {} ({}) with {} measurements", subject.id,
                                     regimen_label(basis, subject, 0), subject.measured.size()),
                .x_label = "time (h)",
                .y_label = y_label(basis.output.outputs.front()),
                .times = basis.output.times_h,
                .series = {{subject.curves.front(), "given"}},
                .band = band,
                .points = subject.measured,
                .bare = false});
  html += script_json(cursor_json(basis, subject, 0, false));
  html += legend(!subject.measured.empty());
  html += "<output class=\"readout\" aria-live=\"polite\"></output>";
  html += "<figcaption>" + caption(basis, subject, band) + "</figcaption></figure>";
  return html;
}

std::string alternatives_table(const ReportBasis& basis, const SubjectReport& subject,
                               std::size_t output) {
  std::string html = fmt::format(
      "<div class=\"pickbox\" tabindex=\"-1\"><table><thead><tr><th scope=\"col\">Regimen</th>"
      "<th scope=\"col\">Peak</th><th scope=\"col\">at h</th><th scope=\"col\">Last</th>"
      "<th scope=\"col\">AUC</th></tr></thead><tbody>");
  std::size_t at = 0;
  for (const std::size_t r : subject.rows_of(basis.output, output)) {
    const CurveSummary summary = summarize({basis.output.times_h, subject.curves[r]});
    const std::string label = regimen_label(basis, subject, r);
    html += fmt::format(
        "<tr><td><label><input type=\"radio\" name=\"alt-{0}-{8}\" "
        "value=\"{1}\"{2}>{3}</label></td>"
        "<td>{4:.4g}</td><td>{5:.1f}</td><td>{6:.4g}</td><td>{7:.4g}</td></tr>",
        escape_html(subject.id), at, at == 0 ? " checked" : "", escape_html(label), summary.peak,
        summary.peak_time_h, summary.last, summary.area, output);
    ++at;
  }
  return html + "</tbody></table></div>";
}

std::string alternatives(const ReportBasis& basis, const SubjectReport& subject,
                         std::size_t output) {
  const program::Output& of = basis.output.outputs[output];
  const std::vector<std::size_t> rows = subject.rows_of(basis.output, output);
  std::vector<Series> series;
  for (std::size_t i = rows.size(); i-- > 1;) {
    series.push_back({subject.curves[rows[i]], fmt::format("alt p{}", i)});
  }
  series.push_back({subject.curves[rows.front()], "given p0"});
  std::string html = "<div class=\"alts\"><figure data-cursor>";
  html += draw({.width = 720,
                .height = 400,
                .title = fmt::format("{}: {} alternative regimens of subject {}", of.name,
                                     rows.size() - 1, subject.id),
                .x_label = "time (h)",
                .y_label = y_label(of),
                .times = basis.output.times_h,
                .series = series,
                .band = 0,
                .points = {},
                .bare = false});
  html += script_json(cursor_json(basis, subject, output, true));
  html +=
      "<ul class=\"legend\"><li><svg viewBox=\"0 0 26 12\"><path class=\"line given\" d=\"M1 "
      "6H25\"/></svg>the first regimen</li><li><svg viewBox=\"0 0 26 12\"><path "
      "class=\"line "
      "picked\" "
      "d=\"M1 6H25\"/></svg>selected regimen</li><li><svg viewBox=\"0 0 26 12\"><path "
      "class=\"line\" "
      "d=\"M1 6H25\"/></svg>the others</li></ul>"
      "<output class=\"readout\" aria-live=\"polite\"></output></figure><div>";
  const std::string what =
      basis.output.outputs.size() == 1 ? "" : escape_html(of.description) + ", ";
  html += fmt::format(
      "<h3>{}{} regimens, one encrypted run</h3>{}<p class=\"note\">Choose with the arrow keys. "
      "Peak and last value in {}, AUC over the grid in {} &middot; h. Every curve is in "
      "curves.csv.</p></div>",
      what, rows.size(), alternatives_table(basis, subject, output), escape_html(of.unit),
      escape_html(of.unit));
  return html + "</div>";
}

/// Where there is one time, a score say: a line for each value.
std::string values_table(const ReportBasis& basis, const SubjectReport& subject) {
  std::string html =
      "<div class=\"scroll\"><table><caption>Computed on ciphertext, with the error of the "
      "computation</caption><thead><tr><th scope=\"col\" class=\"left\">Value</th><th "
      "scope=\"col\" class=\"left\">For</th><th scope=\"col\">Result</th>"
      "<th scope=\"col\">&plusmn;</th><th scope=\"col\" class=\"left\">Unit</th></tr></thead>"
      "<tbody>";
  for (std::size_t r = 0; r < subject.curves.size(); ++r) {
    const program::Output& of = basis.output.output_of(r);
    html += fmt::format(
        "<tr><th scope=\"row\" class=\"left\">{}: {}</th><td class=\"left\">{}</td><td>{:.{}f}</td>"
        "<td>{}</td><td class=\"left\">{}</td></tr>",
        escape_html(of.name), escape_html(of.description),
        escape_html(basis.output.regimen_of(r).label), subject.curves[r].front(),
        std::min(declared_decimals(subject.bands[r]), 6), scientific(subject.bands[r]),
        escape_html(of.unit));
  }
  return html + "</tbody></table></div>";
}

/// Charts of curves, or a table of single values.
std::string answers(const ReportBasis& basis, const SubjectReport& subject) {
  if (basis.output.times_h.size() == 1) return values_table(basis, subject);
  return given_figure(basis, subject) + given_table(basis, subject);
}

}  // namespace

std::string regimen_label(const ReportBasis& basis, const SubjectReport& subject, std::size_t r) {
  const program::Regimen& regimen = basis.output.regimen_of(r);
  if (r >= basis.output.outputs.size() || regimen.id != "given") return regimen.label;
  return fmt::format("given: {:.0f} {} once", subject.dose, basis.output.dose_unit);
}

std::string subject_html(const Report& report, const SubjectReport& subject) {
  const ReportBasis& basis = report.basis;
  std::string facts = escape_html(regimen_label(basis, subject, 0));
  if (subject.weight_kg > 0) facts += fmt::format(" &middot; {:.1f} kg", subject.weight_kg);
  facts += fmt::format(" &middot; {:.1f} MB uploaded &middot; {:.2f} s on the server",
                       static_cast<double>(subject.upload_bytes) / 1e6, subject.server_seconds);
  if (subject.basis_reused) facts += " &middot; basis re-used";
  facts += subject.log.empty()
               ? std::string(" &middot; <strong>not verified: opened without a receipt</strong>")
               : fmt::format(" &middot; receipt verified: entry {} of log {}", subject.log_entry,
                             escape_html(subject.log));
  std::string more;
  const std::size_t outputs = basis.output.outputs.size();
  const bool charts = basis.output.times_h.size() > 1 && subject.curves.size() > 1;
  for (std::size_t o = 0; charts && o < outputs; ++o) more += alternatives(basis, subject, o);
  return fmt::format(
             "<section class=\"card\" id=\"subject-{0}\" aria-labelledby=\"h-{0}\"><div "
             "class=\"head\"><h2 id=\"h-{0}\">Subject {0}</h2><p>{1}</p></div><div class=\"split\">"
             "<div>",
             escape_html(subject.id), facts) +
         answers(basis, subject) + "</div>" + basis_html(basis, subject) + "</div>" + more +
         "</section>";
}

}  // namespace salus::client
