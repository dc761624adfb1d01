#include "compiler/plan.h"

#include <algorithm>
#include <cmath>

#include "compiler/chain.h"

namespace salus::compiler {
namespace {

// Milliseconds for each limb of a ciphertext at N = 2^14, one core.
constexpr double kKeySwitch = 0.9, kProduct = 0.06, kDiagonal = 0.05, kElementwise = 0.03;
constexpr double kSummand = 0.004;
// Levels of the Taylor and doubling steps for n <= 3 states: reference/numerics.md section 2.
constexpr double kPropagatorLevels = 11, kClosedLevels = 9;
constexpr std::size_t kSmallSystem = 3;
constexpr double kLevelsOfStep = 4, kStability = 2.8;  // of a classical Runge-Kutta step

double milliseconds(const program::Stage& stage) {
  double sum = 0;
  const circuit::Circuit& c = stage.circuit;
  for (const circuit::Node& node : c.nodes) {
    const int level = node.operands.empty() ? node.level : c.nodes[node.operands[0]].level;
    const double limbs = level + 1.0;
    switch (node.op) {
      case circuit::Op::kMultiply: sum += limbs * (kKeySwitch + 3 * kProduct); break;
      case circuit::Op::kRotate:
      case circuit::Op::kConjugate: sum += limbs * kKeySwitch; break;
      case circuit::Op::kMultiplyPlain: sum += limbs * kProduct; break;
      case circuit::Op::kMultiplyUnrelinearized: sum += limbs * 4 * kProduct; break;
      case circuit::Op::kRelinearize: sum += limbs * kKeySwitch; break;
      case circuit::Op::kWeightedSum:
        sum += (node.level + 1.0) * kSummand * static_cast<double>(node.operands.size());
        break;
      case circuit::Op::kLinear: {
        const circuit::LinearShape shape = circuit::linear_shape(
            node, stage.constants.find(node.constant)->second, c.chain.slot_count());
        const std::size_t giants = shape.diagonals / shape.baby;
        const double rotations =
            static_cast<double>(shape.baby + giants) + std::log2(static_cast<double>(shape.fold));
        sum += limbs * (rotations * kKeySwitch + kDiagonal * static_cast<double>(shape.diagonals));
        break;
      }
      default: sum += limbs * kElementwise;
    }
  }
  return sum * static_cast<double>(c.chain.slot_count()) / 8192;
}

// An upper bound of the fastest rate: the largest row sum of the Jacobian at the typical start, by
// differences.
double stiffness(const model::Model& model, const model::Equations& equations) {
  std::vector<double> parameters;
  for (const model::Parameter& p : model.parameters) parameters.push_back(p.typical);
  std::vector<double> values = equations.prepare(parameters);
  std::vector<double> x = equations.initial(values), base(x.size()), moved(x.size());
  equations.rates(values, 0, x, base);
  std::vector<double> rows(x.size(), 0.0);
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double start = x[j], step = 1e-6 * std::max(std::abs(start), 1.0);
    x[j] = start + step;
    equations.rates(values, 0, x, moved);
    x[j] = start;
    for (std::size_t i = 0; i < x.size(); ++i) rows[i] += std::abs(moved[i] - base[i]) / step;
  }
  return rows.empty() ? 0 : *std::max_element(rows.begin(), rows.end());
}

FamilyOption refused(std::string family, std::string layout, double levels, std::string reason) {
  FamilyOption out;
  out.family = std::move(family);
  out.layout = std::move(layout);
  out.levels = levels;
  out.reason = std::move(reason);
  return out;
}

std::string beyond_levels() {
  return "more levels than the " + std::to_string(kMaxLevels) +
         " that 128 bits leave at N = 2^14 without bootstrapping";
}

const char* name_of(program::Layout layout) {
  switch (layout) {
    case program::Layout::kExpanded: return "basis built by the client";
    case program::Layout::kCohort: return "a patient a slot, basis built by the server";
    default: return "basis built by the server from encrypted inputs";
  }
}

// The same surrogate in the layouts that were not asked for.
std::vector<FamilyOption> other_layouts(const program::Program& program,
                                        const FamilyOption& chosen) {
  std::vector<FamilyOption> out;
  const auto offer = [&](program::Layout layout, double levels, std::string reason) {
    if (layout == program.layout) return;
    FamilyOption option;
    option.family = chosen.family;
    option.layout = name_of(layout);
    option.feasible = true;
    option.levels = levels;
    const bool same = program.cells.empty() || layout != program::Layout::kCohort;
    if (same) option.error_p99 = chosen.error_p99;
    if (same) option.error_max = chosen.error_max;
    option.reason = std::move(reason);
    out.push_back(std::move(option));
  };
  offer(program::Layout::kBasis, 0, "layout = \"basis\": the client sends the inputs alone");
  offer(program::Layout::kExpanded, 1,
        "layout = \"expanded\": the client evaluates the functions and learns which they are");
  offer(program::Layout::kCohort, 0,
        program.cells.empty() ? "layout = \"cohort\": for many patients at once"
                              : "layout = \"cohort\": for many patients at once, without cells");
  if (program.layout == program::Layout::kBasis) {  // what is left of it without its basis
    const double ring = 2.0 * static_cast<double>(program.basis.circuit.chain.slot_count());
    out[0].server_seconds = milliseconds(program.readout) / 1000;
    out[0].upload_bytes = 2 * ring * sizeof(std::uint64_t);
  }
  return out;
}

FamilyOption stepper(const model::Model& model, const model::Equations& equations) {
  const double rate = stiffness(model, equations);
  const double steps = std::max(1.0, std::ceil(rate * model.surrogate.horizon_h / kStability));
  return refused(
      "stepper", "explicit Runge-Kutta steps on ciphertexts", steps * kLevelsOfStep,
      steps > 1e4 ? "stiff: stability alone asks for that many levels" : beyond_levels());
}

}  // namespace

double estimate_seconds(const program::Program& program) {
  return (milliseconds(program.basis) + milliseconds(program.readout)) / 1000;
}

std::vector<FamilyOption> explain(const model::Model& model, const model::Equations& equations,
                                  const program::Program& program, bool linear, bool polynomial) {
  const circuit::Chain& chain = program.basis.circuit.chain;
  FamilyOption chosen;
  chosen.family = polynomial ? "dot" : "surrogate";
  chosen.layout = name_of(program.layout);
  chosen.feasible = chosen.chosen = true;
  chosen.levels = static_cast<double>(chain.q.size()) - 1;
  chosen.server_seconds = estimate_seconds(program);
  const double ring = 2.0 * static_cast<double>(chain.slot_count());
  chosen.upload_bytes =
      static_cast<double>(program::ciphertext_names(program).size() * chain.q.size()) * ring *
      sizeof(std::uint64_t);
  chosen.error_p99 = program.certificate.population_p99;
  chosen.error_max = std::max(program.certificate.population_max, program.certificate.box_max);
  chosen.reason = polynomial ? "exact: the formula is a polynomial of what the client sends"
                  : program.layout == program::Layout::kCohort
                      ? std::to_string(program.output.slots()) + " results a patient"
                      : std::to_string(program.readout.circuit.nodes[0].period) +
                            " slots of basis functions" +
                            (program.cells.empty()
                                 ? ""
                                 : " in " + std::to_string(program.cells.sizes.size()) + " cells");
  std::vector<FamilyOption> out = {chosen};

  if (!polynomial) {
    out.push_back(refused("dot", "one product with public weights", 1,
                          "an output is not a polynomial of private inputs"));
  }
  for (FamilyOption& option : other_layouts(program, chosen)) out.push_back(std::move(option));
  if (!model.states.empty()) {
    const bool small = linear && model.states.size() <= kSmallSystem;
    const std::string why = !linear ? "the model is not linear"
                            : small ? beyond_levels()
                                    : "more than 3 states";
    out.push_back(refused("closed", "exponentials of encrypted eigenvalues", kClosedLevels, why));
    out.push_back(
        refused("propagator", "matrix exponential of encrypted rates", kPropagatorLevels, why));
    out.push_back(stepper(model, equations));
  }
  out.push_back(
      refused("amortised", "surrogate of a decision", 0, "answers plans and updates, not curves"));
  return out;
}

}  // namespace salus::compiler
