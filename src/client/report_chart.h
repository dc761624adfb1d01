// Line charts as inline SVG: no script needed to draw them, colours come from the page's style.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/measurements.h"

namespace salus::client {

/// `text` inside HTML or an attribute: & < > " ' escaped.
std::string escape_html(std::string_view text);

/// About `count` round numbers from 0 to at least `largest`; the last one is the axis' end.
std::vector<double> round_ticks(double largest, int count);

/// One line of a chart.
struct Series {
  std::vector<double> values;
  std::string css;  ///< class names: "given", "alt p3"
};

struct Chart {
  int width = 720;
  int height = 330;
  std::string title;    ///< for screen readers
  std::string x_label;  ///< with unit
  std::string y_label;
  std::vector<double> times;
  std::vector<Series> series;  ///< drawn in this order
  double band = 0;             ///< half width around the first series; 0: none
  std::vector<ingest::Observation> points;
  bool bare = false;  ///< a sparkline: no axes, no labels
};

/// Axes start at 0; the y axis ends above the largest value or point. Where the chart is not bare
/// the element carries data-x0, data-x1, data-y0, data-y1, data-xmax and data-ymax (plot area in
/// viewBox units, ends of the axes in data units) for the page's cursor.
std::string draw(const Chart& chart);

}  // namespace salus::client
