#include "compiler/plan.h"

#include <algorithm>
#include <cmath>

#include "compiler/chain.h"

namespace salus::compiler {
namespace {

// Milliseconds for each limb of a ciphertext at N = 2^14, one core.
constexpr double kKeySwitch = 0.9, kProduct = 0.06, kDiagonal = 0.05, kElementwise = 0.03;
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
  chosen.layout = "basis built by the server from encrypted inputs";
  chosen.feasible = chosen.chosen = true;
  chosen.levels = static_cast<double>(chain.q.size()) - 1;
  chosen.server_seconds = estimate_seconds(program);
  const double ring = 2.0 * static_cast<double>(chain.slot_count());
  chosen.upload_bytes =
      static_cast<double>(program.inputs.size() * chain.q.size()) * ring * sizeof(std::uint64_t);
  chosen.error_p99 = program.certificate.population_p99;
  chosen.error_max = std::max(program.certificate.population_max, program.certificate.box_max);
  chosen.reason = polynomial ? "exact: the formula is a polynomial of what the client sends"
                             : std::to_string(program.readout.circuit.nodes[0].period) +
                                   " slots of basis functions";
  std::vector<FamilyOption> out = {chosen};

  if (!polynomial) {
    out.push_back(refused("dot", "one product with public weights", 1,
                          "an output is not a polynomial of private inputs"));
  }
  FamilyOption by_client = refused(
      "surrogate", "basis built by the client", 1,
      "the client would send the basis itself; programs for it are not built in this version");
  by_client.server_seconds = milliseconds(program.readout) / 1000;
  by_client.upload_bytes = 2 * ring * sizeof(std::uint64_t);
  by_client.error_p99 = chosen.error_p99;
  by_client.error_max = chosen.error_max;
  if (!polynomial) out.push_back(by_client);
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
