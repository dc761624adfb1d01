#include "program/slot_bounds.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "circuit/noise.h"

namespace salus::program {
namespace {

constexpr std::size_t kMostCorners = kBoundPoints / 2;

Result<Bounded> through(const Stage& stage, const Bounded& inputs) {
  const auto values = circuit::interpret(stage.circuit, stage.constants, inputs.values);
  if (!values) return values.error();
  const auto noise =
      circuit::propagate_noise(stage.circuit, stage.constants, *values, inputs.noise);
  Bounded out;
  for (const circuit::ValueId id : stage.circuit.outputs) {
    out.values.push_back((*values)[id]);
    out.noise.push_back(noise[id]);
  }
  return out;
}

// The centre, that of each cell, corners, then uniform points of [-1, 1]^count.
std::vector<std::vector<double>> points(const Cells& cells, std::size_t count) {
  RandomStream random(Seed{}, 0);
  std::vector<std::vector<double>> out{std::vector<double>(count, 0.0)};
  if (!cells.empty()) {
    for (const CellBox& box : boxes_of(cells, count)) {
      std::vector<double> u;
      for (std::size_t k = 0; k < count; ++k) u.push_back((box.low[k] + box.high[k]) / 2);
      out.push_back(std::move(u));
    }
  }
  const std::size_t corners = count < 5 ? std::size_t{1} << count : kMostCorners;
  for (int i = 1; i < kBoundPoints; ++i) {
    const auto index = static_cast<std::size_t>(i) - 1;
    std::vector<double> u;
    for (std::size_t k = 0; k < count; ++k) {
      const std::uint64_t word = random.next_u64();
      const bool listed = count < 5;  // all corners in turn; else some at random
      const bool high = listed ? (index >> k) % 2 == 1 : word % 2 == 1;
      u.push_back(index < corners ? (high ? 1.0 : -1.0)
                                  : 2 * static_cast<double>(word >> 11) * 0x1p-53 - 1);
    }
    out.push_back(std::move(u));
  }
  return out;
}

}  // namespace

Result<Bounded> bounded_outputs(const Program& program, std::vector<circuit::Slots> inputs) {
  const circuit::NoiseLedger ledger(program.basis.circuit.chain);
  const double fresh =
      ledger.fresh(circuit::Encryption::kPublicKey, program.basis.circuit.nodes[0].scale);
  Bounded given{std::move(inputs), {}};
  given.noise.assign(given.values.size(), circuit::Slots{fresh});
  const auto basis = through(program.basis, given);
  if (!basis) return basis.error();
  return through(program.readout, *basis);
}

Result<SlotBounds> slot_bounds(const Program& program) {
  if (program.layout == Layout::kCohort) {
    return Error{ErrorCode::kNotBuilt,
                 "program " + program.name + ": bounds of a cohort's slots, a patient in each"};
  }
  const circuit::Node& out = program.readout.circuit.nodes[program.readout.circuit.outputs[0]];
  SlotBounds bounds{out.level, out.scale, std::vector<double>(program.output.slots(), 0.0), 0};
  for (const std::vector<double>& u : points(program.cells, program.inputs.size())) {
    const auto result = bounded_outputs(program, input_slots(program, u));
    if (!result) return result.error();
    for (std::size_t s = 0; s < bounds.noise.size(); ++s) {
      bounds.noise[s] = std::max(bounds.noise[s], kBoundMargin * result->noise[0][s]);
      bounds.largest = std::max(bounds.largest, kBoundMargin * std::abs(result->values[0][s]));
    }
  }
  return bounds;
}

Status require_only_rows(const Program& program) {
  const circuit::Circuit& c = program.readout.circuit;
  std::vector<bool> zeros(c.nodes.size(), false);  // behind the rows
  for (std::size_t i = 0; i < c.nodes.size(); ++i) {
    const circuit::Node& node = c.nodes[i];
    switch (node.op) {
      case circuit::Op::kLinear: zeros[i] = node.fold == 1; break;
      case circuit::Op::kAdd:
      case circuit::Op::kSubtract:
      case circuit::Op::kNegate:
      case circuit::Op::kRescale:
      case circuit::Op::kDropLevel:
      case circuit::Op::kRelinearize:
        zeros[i] = std::ranges::all_of(node.operands, [&](circuit::ValueId x) { return zeros[x]; });
        break;
      default: break;
    }
  }
  for (const circuit::ValueId out : c.outputs) {
    if (zeros[out]) continue;
    return Error{ErrorCode::kMismatch,
                 "program " + program.name + ": behind its rows the result %" + c.nodes[out].name +
                     " holds values that were not asked for (a matrix with folds, or no matrix at "
                     "the end); share what the owner opens instead"};
  }
  return {};
}

}  // namespace salus::program
