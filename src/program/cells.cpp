#include "program/cells.h"

#include <algorithm>
#include <numeric>

namespace salus::program {
namespace {

// Calls visit(cell, box) for what lies below `node`, an index of a split or -1 - cell.
template <class Visit>
void walk(const Cells& cells, int node, CellBox& box, const Visit& visit) {
  if (node < 0) {
    visit(static_cast<std::size_t>(-1 - node), box);
    return;
  }
  const Split& split = cells.splits[static_cast<std::size_t>(node)];
  const auto i = static_cast<std::size_t>(split.input);
  const double low = box.low[i], high = box.high[i];
  box.high[i] = split.at;
  walk(cells, split.below, box, visit);
  box.high[i] = high;
  box.low[i] = split.at;
  walk(cells, split.above, box, visit);
  box.low[i] = low;
}

CellBox whole_box(std::size_t inputs) {
  return {std::vector<double>(inputs, -1.0), std::vector<double>(inputs, 1.0)};
}

// So that counting them cannot overflow; slots end far below.
constexpr std::size_t kMaxFunctions = 1u << 20;

Error mismatch(const std::string& why) { return {ErrorCode::kMismatch, "cells: " + why}; }

// Each child once, and splits only after their own parent: then the splits are a tree.
Status check_tree(const Cells& cells) {
  std::vector<int> reached(cells.splits.size(), 0), filled(cells.sizes.size(), 0);
  for (std::size_t i = 0; i < cells.splits.size(); ++i) {
    for (const int child : {cells.splits[i].below, cells.splits[i].above}) {
      std::vector<int>& among = child < 0 ? filled : reached;
      const auto index = static_cast<std::size_t>(child < 0 ? -1 - child : child);
      if (index >= among.size() || (child >= 0 && index <= i))
        return mismatch("split " + std::to_string(i) + " leads to " + std::to_string(child));
      ++among[index];
    }
  }
  const auto once = [](int n) { return n == 1; };
  if (std::all_of(reached.begin() + 1, reached.end(), once) &&
      std::all_of(filled.begin(), filled.end(), once)) {
    return {};
  }
  return mismatch("a split or a cell is not reached exactly once");
}

}  // namespace

std::size_t Cells::functions() const {
  return std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
}

std::size_t Cells::first(std::size_t cell) const {
  return std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(cell),
                         std::size_t{0});
}

Digest Cells::digest() const {
  Bytes out;
  for (const Split& s : splits) {
    append(out, as_bytes(std::to_string(s.input) + " " + std::to_string(s.below) + " " +
                         std::to_string(s.above) + " "));
    append_f64(out, s.at);
  }
  for (const std::size_t size : sizes) append(out, as_bytes(" " + std::to_string(size)));
  return sha256(out);
}

std::vector<CellBox> boxes_of(const Cells& cells, std::size_t inputs) {
  CellBox box = whole_box(inputs);
  if (cells.empty()) return {box};
  std::vector<CellBox> out(cells.sizes.size());
  walk(cells, 0, box, [&](std::size_t cell, const CellBox& of) { out[cell] = of; });
  return out;
}

Place place_of(const Cells& cells, std::vector<double> u) {
  if (cells.empty()) return {0, std::move(u)};
  CellBox box = whole_box(u.size());
  int node = 0;
  while (node >= 0) {
    const Split& split = cells.splits[static_cast<std::size_t>(node)];
    const auto i = static_cast<std::size_t>(split.input);
    const bool below = u[i] < split.at;
    (below ? box.high : box.low)[i] = split.at;
    node = below ? split.below : split.above;
  }
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double half = (box.high[i] - box.low[i]) / 2;
    u[i] = std::clamp((u[i] - (box.low[i] + half)) / half, -1.0, 1.0);
  }
  return {static_cast<std::size_t>(-1 - node), std::move(u)};
}

Status check_cells(const Cells& cells, std::size_t inputs) {
  if (cells.empty()) return cells.sizes.empty() ? Status() : mismatch("sizes without splits");
  if (cells.sizes.size() > kMaxCells) {
    return Error{ErrorCode::kLimit, "cells: " + std::to_string(cells.sizes.size()) + ", at most " +
                                        std::to_string(kMaxCells)};
  }
  if (cells.sizes.size() != cells.splits.size() + 1)
    return mismatch(std::to_string(cells.splits.size()) + " splits make not " +
                    std::to_string(cells.sizes.size()) + " cells");
  for (const Split& s : cells.splits) {
    const bool fine =
        s.input >= 0 && static_cast<std::size_t>(s.input) < inputs && s.at > -1 && s.at < 1;
    if (!fine) return mismatch("a split of input " + std::to_string(s.input));
  }
  if (Status s = check_tree(cells); !s) return s;
  bool wide = true;
  CellBox box = whole_box(inputs);
  walk(cells, 0, box, [&](std::size_t cell, const CellBox& of) {
    wide = wide && cells.sizes[cell] > 0 && cells.sizes[cell] <= kMaxFunctions;
    for (std::size_t i = 0; i < inputs; ++i) wide = wide && of.low[i] < of.high[i];
  });
  return wide ? Status() : mismatch("a cell of no width, or of no sensible number of functions");
}

}  // namespace salus::program
