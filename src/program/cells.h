// Cells: the inputs' box cut into pieces with functions of their own, of which a patient's
// ciphertexts hold one and zeros for all others. Which one, nobody but the client sees.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace salus::program {

/// A cut at u_input = at: `below` it lies what is less, `above` it the rest. Each is the index of a
/// later split, or -1 - cell.
struct Split {
  int input = 0;
  double at = 0;
  int below = 0;
  int above = 0;
  bool operator==(const Split&) const = default;
};

/// A binary tree of splits over [-1, 1]^inputs, its root first. None: one cell, the whole box.
struct Cells {
  std::vector<Split> splits;
  std::vector<std::size_t> sizes;  ///< functions of each cell; they lie cell by cell in the slots
  bool operator==(const Cells&) const = default;

  bool empty() const { return splits.empty(); }
  /// All cells' functions.
  std::size_t functions() const;
  /// The slot of a cell's first function.
  std::size_t first(std::size_t cell) const;
  /// For the names of ciphertexts that are filled by it.
  Digest digest() const;
};

/// One cell's own box within [-1, 1]^inputs.
struct CellBox {
  std::vector<double> low, high;
};
std::vector<CellBox> boxes_of(const Cells& cells, std::size_t inputs);

/// A patient's cell, and u relative to its box, in [-1, 1].
struct Place {
  std::size_t cell = 0;
  std::vector<double> u;
};
Place place_of(const Cells& cells, std::vector<double> u);

/// Every split and every cell is reached exactly once, and no cell is empty of width or functions.
/// Errors: kMismatch, kLimit.
Status check_cells(const Cells& cells, std::size_t inputs);

inline constexpr std::size_t kMaxCells = 256;

}  // namespace salus::program
