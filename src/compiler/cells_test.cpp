// Goal:   a patient's cell is the only one that answers, and cells serve what polynomials cannot.
// Method: clear interpretation of compiled circuits against direct evaluation; a model with a steep
//         switch, with and without cells.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "circuit/interpret.h"
#include "compiler/cells.h"
#include "compiler/compile.h"
#include "compiler/layout.h"
#include "compiler/sampling.h"
#include "model/model.h"

namespace salus::compiler {
namespace {

// A switch at x = y. Coordinates stay as they are.
std::string switching(int cells) {
  std::string out = R"toml(
name = "switch"
title = "Switch"
description = "test"
citation = "none"
[[output]]
name = "p"
unit = "1"
description = "share"
formula = "1 / (1 + exp(9 * (y - x + 0.3 * x * y)))"
[surrogate]
max_degree = 8
max_terms = 64
cells = )toml" + std::to_string(cells) +
                    "\n";
  for (const char* name : {"x", "y"}) {
    out += "[[parameter]]\nname = \"" + std::string(name) +
           "\"\nunit = \"1\"\ndescription = \"test\"\ntransform = \"linear\"\ntypical = 1.0\n"
           "low = 0.0\nhigh = 2.0\nsd = 0.4\n";
  }
  return out;
}

model::Model switch_model(int cells) {
  return must(model::parse_model(switching(cells), "switch.toml"));
}

// Three cells of 5, 3 and 7 functions over x and y, of degree up to 4.
Basis three_cells(const model::Model& model) {
  const model::Equations equations = model::Equations::make(model);
  Basis out;
  for (const char* name : {"x", "y"}) {
    out.coordinates.push_back(
        must(make_coordinate(model, equations, name, CoordinateUse::kChebyshev)));
  }
  out.cells.splits = {{0, 0.25, -1, 1}, {1, -0.5, -2, -3}};
  out.cells.sizes = {5, 3, 7};
  for (int n = 0; n < 5; ++n) out.functions.push_back({-1, {{0, n}}});
  out.functions.insert(out.functions.end(), {{-1, {}}, {-1, {{0, 1}, {1, 3}}}, {-1, {{1, 2}}}});
  for (int n = 0; n < 7; ++n) out.functions.push_back({-1, {{0, n % 3}, {1, n % 4}}});
  for (BasisFunction& f : out.functions)
    std::erase_if(f.degrees, [](const auto& d) { return d.second == 0; });
  return out;
}

// What the slots have to hold for a patient at `u`.
std::vector<double> expected_slots(const Basis& basis, const std::vector<double>& u) {
  const program::Place place = place_of(basis.cells, u);
  std::vector<double> out(basis.functions.size(), 0.0);
  const std::size_t first = basis.cells.first(place.cell);
  for (std::size_t m = first; m < first + basis.cells.sizes[place.cell]; ++m) {
    out[m] = 1;
    for (const auto& [i, degree] : basis.functions[m].degrees)
      out[m] *= std::cos(degree * std::acos(place.u[static_cast<std::size_t>(i)]));
  }
  return out;
}

TEST(Cells, OtherCellsAreZeroInBothLayouts) {
  const Basis basis = three_cells(switch_model(1));
  program::Program basis_program, expanded_program;
  basis_program.basis = must(basis_stage(basis));
  expanded_program.layout = program::Layout::kExpanded;
  for (const BasisFunction& f : basis.functions) expanded_program.expansion.push_back(f.degrees);
  expanded_program.basis = must(expanded_stage(expanded_program.expansion, basis.cells, 20));
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (program::Program* p : {&basis_program, &expanded_program}) {
    for (const Coordinate& c : basis.coordinates) p->inputs.push_back(c.input);
    p->cells = basis.cells;
    const Status fine = circuit::verify(p->basis.circuit, p->basis.constants);
    ASSERT_TRUE(fine) << fine.error().message;
    for (int i = 0; i < 40; ++i) {
      const std::vector<double> u = {uniform(random), uniform(random)};
      const auto inputs = program::input_slots(*p, u);
      EXPECT_EQ(inputs.size(), program::ciphertext_names(*p).size());
      const auto values = must(circuit::interpret(p->basis.circuit, p->basis.constants, inputs));
      const circuit::Slots& slots = values[p->basis.circuit.outputs[0]];
      const std::vector<double> expected = expected_slots(basis, u);
      for (std::size_t s = 0; s < slots.size(); ++s) {
        const double wanted = s % 16 < expected.size() ? expected[s % 16] : 0;
        ASSERT_NEAR(slots[s], wanted, 1e-12) << "slot " << s << " of patient " << i;
      }
    }
  }
  EXPECT_NE(program::ciphertext_names(basis_program)[0],
            program::ciphertext_names(expanded_program)[0]);
}

TEST(Cells, ServeASwitchThatPolynomialsCannot) {
  const auto compiled = [](int cells, program::Layout layout) {
    const model::Model model = switch_model(cells);
    CompileOptions options;
    options.tolerance = 100;
    options.layout = layout;
    return must(compile_curves(model, {{.id = "none", .label = "none"}}, {0.0}, options));
  };
  const program::Program whole = compiled(1, program::Layout::kBasis);
  EXPECT_TRUE(whole.cells.empty());
  for (const auto layout : {program::Layout::kBasis, program::Layout::kExpanded}) {
    const program::Program p = compiled(16, layout);
    EXPECT_EQ(p.cells.sizes.size(), 16u);
    EXPECT_LT(p.certificate.population_p99, whole.certificate.population_p99 / 20);
    EXPECT_EQ(must(program::parse(program::serialize(p))), p);

    // The circuits give what was certified.
    const model::Model model = switch_model(16);
    Points points(model, 11);
    for (int i = 0; i < 20; ++i) {
      const std::vector<double> patient = points.population();
      const auto u = must(normalise(p, {{"x", patient[0]}, {"y", patient[1]}}));
      const auto values =
          must(circuit::interpret(p.basis.circuit, p.basis.constants, program::input_slots(p, u)));
      const auto out = must(circuit::interpret(p.readout.circuit, p.readout.constants,
                                               {values[p.basis.circuit.outputs[0]]}));
      const auto curves = must(expand(p.output, out[p.readout.circuit.outputs[0]]));
      const double exact =
          1 / (1 + std::exp(9 * (patient[1] - patient[0] + 0.3 * patient[0] * patient[1])));
      EXPECT_NEAR(curves[0][0], exact, 5 * p.certificate.box_max);
    }
  }
  EXPECT_TRUE(compiled(16, program::Layout::kCohort).cells.empty());
}

}  // namespace
}  // namespace salus::compiler
