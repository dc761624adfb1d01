#include "client/report_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace salus::client {
namespace {

/// The plot area and the scales of both axes.
struct Frame {
  double left, right, top, bottom;
  double x_max, y_max;

  double x(double time) const { return left + (right - left) * time / x_max; }
  double y(double value) const {
    return bottom - (bottom - top) * std::clamp(value / y_max, -0.02, 1.02);
  }
};

double largest_value(const Chart& chart) {
  double largest = 0;
  for (const Series& series : chart.series) {
    for (const double value : series.values) largest = std::max(largest, value);
  }
  for (const auto& point : chart.points) largest = std::max(largest, point.value);
  return largest > 0 ? largest : 1;
}

Frame frame_of(const Chart& chart, const std::vector<double>& x_ticks,
               const std::vector<double>& y_ticks) {
  double end = chart.times.back();
  for (const auto& point : chart.points) end = std::max(end, point.time_h);
  if (chart.bare) {
    return {.left = 2,
            .right = chart.width - 2.0,
            .top = 3,
            .bottom = chart.height - 3.0,
            .x_max = end,
            .y_max = largest_value(chart) * 1.05};
  }
  return {.left = 54,
          .right = chart.width - 14.0,
          .top = 14,
          .bottom = chart.height - 46.0,
          .x_max = std::max(end, x_ticks.empty() ? end : 0.0),
          .y_max = std::max(y_ticks.back(), largest_value(chart) * 1.03)};
}

std::string line_path(const Frame& frame, const std::vector<double>& times,
                      const std::vector<double>& values) {
  std::string path;
  for (std::size_t i = 0; i < times.size(); ++i) {
    path +=
        fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", frame.x(times[i]), frame.y(values[i]));
  }
  return path;
}

std::string band_path(const Frame& frame, const Chart& chart) {
  const std::vector<double>& values = chart.series.front().values;
  std::string path;
  for (std::size_t i = 0; i < values.size(); ++i) {
    path += fmt::format("{}{:.1f} {:.2f}", i == 0 ? "M" : "L", frame.x(chart.times[i]),
                        frame.y(values[i] + chart.band));
  }
  for (std::size_t i = values.size(); i-- > 0;) {
    path += fmt::format("L{:.1f} {:.2f}", frame.x(chart.times[i]),
                        frame.y(std::max(0.0, values[i] - chart.band)));
  }
  return path + "Z";
}

std::string axes(const Chart& chart, const Frame& frame, const std::vector<double>& x_ticks,
                 const std::vector<double>& y_ticks) {
  std::string svg = "<g class=\"axis\">";
  for (const double tick : y_ticks) {
    if (tick > frame.y_max) continue;
    svg += fmt::format(
        "<path class=\"{}\" d=\"M{:.1f} {:.1f}H{:.1f}\"/><text x=\"{:.1f}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{:g}</text>",
        tick == 0 ? "base" : "grid", frame.left, frame.y(tick), frame.right, frame.left - 8,
        frame.y(tick) + 4, tick);
  }
  for (const double tick : x_ticks) {
    if (tick > frame.x_max) continue;
    svg += fmt::format(
        "<path class=\"base\" d=\"M{0:.1f} {1:.1f}v5\"/><text x=\"{0:.1f}\" y=\"{2:.1f}\" "
        "text-anchor=\"middle\">{3:g}</text>",
        frame.x(tick), frame.bottom, frame.bottom + 19, tick);
  }
  svg += fmt::format(
      "<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
      (frame.left + frame.right) / 2, frame.bottom + 38, escape_html(chart.x_label));
  svg += fmt::format(
      "<text class=\"label\" transform=\"translate(15 {:.1f}) rotate(-90)\" "
      "text-anchor=\"middle\">{}</text></g>",
      (frame.top + frame.bottom) / 2, escape_html(chart.y_label));
  return svg;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::vector<double> round_ticks(double largest, int count) {
  const double raw = largest / std::max(1, count);
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= raw * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (int i = 0; i <= 2 * count + 2; ++i) {
    ticks.push_back(i * step);
    if (i * step >= largest) break;
  }
  return ticks;
}

std::string draw(const Chart& chart) {
  std::vector<double> x_ticks;
  for (double hour = 0; hour <= chart.times.back() + 1e-9; hour += chart.times.back() > 60   ? 24
                                                                   : chart.times.back() > 12 ? 4
                                                                                             : 1) {
    x_ticks.push_back(hour);
  }
  const std::vector<double> y_ticks = round_ticks(largest_value(chart), 5);
  const Frame frame = frame_of(chart, x_ticks, y_ticks);

  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\"",
                                chart.width, chart.height, escape_html(chart.title));
  if (!chart.bare) {
    svg += fmt::format(
        " data-x0=\"{}\" data-x1=\"{}\" data-y0=\"{}\" data-y1=\"{}\" data-xmax=\"{:g}\" "
        "data-ymax=\"{:.8g}\"",
        frame.left, frame.right, frame.bottom, frame.top, frame.x_max, frame.y_max);
  }
  svg += ">";
  if (!chart.bare) svg += axes(chart, frame, x_ticks, y_ticks);
  if (chart.band > 0) {
    svg += fmt::format("<path class=\"band\" d=\"{}\"/>", band_path(frame, chart));
  }
  for (const Series& series : chart.series) {
    svg += fmt::format("<path class=\"line {}\" d=\"{}\"/>", series.css,
                       line_path(frame, chart.times, series.values));
  }
  const double radius = chart.bare ? 1.6 : 4.2;
  for (const auto& point : chart.points) {
    svg += fmt::format("<circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\">",
                       frame.x(point.time_h), frame.y(point.value), radius);
    if (!chart.bare) {
      svg += fmt::format("<title>measured {:g} at {:g} h</title>", point.value, point.time_h);
    }
    svg += "</circle>";
  }
  if (!chart.bare) {
    svg += fmt::format(
        "<g class=\"cursor\" hidden><path d=\"M0 {:.1f}V{:.1f}\"/><circle r=\"4.5\"/></g>",
        frame.top, frame.bottom);
  }
  return svg + "</svg>";
}

}  // namespace salus::client
