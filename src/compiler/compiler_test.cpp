// Goal:   circuits compute exactly the surrogate that was fitted; parameters are safe primes.
// Method: clear interpretation of compiled circuits against direct evaluation of the same
// functions.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <set>

#include "circuit/interpret.h"
#include "compiler/chain.h"
#include "compiler/cohort_layout.h"
#include "compiler/compile.h"
#include "compiler/layout.h"
#include "compiler/modes.h"
#include "compiler/sampling.h"
#include "model/model.h"

namespace salus::compiler {
namespace {

model::Model load(const std::string& name) {
  return must(model::load_model(std::string(SALUS_SOURCE_DIR) + "/models/" + name + ".toml"));
}

bool is_prime(std::uint64_t n) {
  const auto power = [n](unsigned __int128 base, std::uint64_t exponent) {
    unsigned __int128 out = 1;
    for (base %= n; exponent > 0; exponent >>= 1) {
      if ((exponent & 1) != 0) out = out * base % n;
      base = base * base % n;
    }
    return static_cast<std::uint64_t>(out);
  };
  const int twos = std::countr_zero(n - 1);
  for (const std::uint64_t a : {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37}) {
    std::uint64_t x = power(a, (n - 1) >> twos);
    bool passes = x == 1 || x == n - 1;
    for (int i = 1; i < twos && !passes; ++i) {
      x = power(x, 2);
      passes = x == n - 1;
    }
    if (!passes) return false;
  }
  return true;
}

TEST(Chain, HoldsDistinctPrimesWithinTheSecurityTable) {
  for (int levels = 1; levels <= kMaxLevels; ++levels) {
    const circuit::Chain chain = must(chain_for(levels));
    ASSERT_EQ(chain.q.size(), static_cast<std::size_t>(levels) + 1);
    std::set<std::uint64_t> distinct(chain.q.begin(), chain.q.end());
    distinct.insert(chain.p.begin(), chain.p.end());
    EXPECT_EQ(distinct.size(), chain.q.size() + chain.p.size());
    double bits = 0, special = 0;
    for (const std::uint64_t prime : distinct) {
      EXPECT_TRUE(is_prime(prime)) << prime;
      EXPECT_EQ(prime % (1u << 18), 1u) << prime;
      bits += std::log2(static_cast<double>(prime));
    }
    EXPECT_LE(bits, 430) << levels << " levels at N = 2^14";
    for (const std::uint64_t p : chain.p) special += std::log2(static_cast<double>(p));
    const std::size_t digits = static_cast<std::size_t>(chain.dnum);
    const std::size_t alpha = (chain.q.size() + digits - 1) / digits;
    for (std::size_t begin = 0; begin < chain.q.size(); begin += alpha) {
      double digit = 0;
      for (std::size_t i = begin; i < std::min(begin + alpha, chain.q.size()); ++i) {
        digit += std::log2(static_cast<double>(chain.q[i]));
      }
      EXPECT_LE(digit, special) << levels << " levels";
    }
  }
  EXPECT_EQ(chain_for(kMaxLevels + 1).error().code, ErrorCode::kLimit);
}

Basis chosen(const model::Model& model) {
  return must(choose_basis(model, model::Equations::make(model), Responses(model), 2)).basis;
}

std::vector<circuit::Slots> encrypted_inputs(const Basis& basis, const model::Equations& equations,
                                             const std::vector<double>& patient) {
  const std::vector<double> values = equations.prepare(patient);
  std::vector<circuit::Slots> out;
  for (const Coordinate& c : basis.coordinates) out.push_back({c.normalised(values[c.position])});
  return out;
}

TEST(BasisStage, ComputesEveryFunctionInItsSlots) {
  for (const std::string name : {"theophylline", "vancomycin"}) {
    const model::Model model = load(name);
    const model::Equations equations = model::Equations::make(model);
    const Basis basis = chosen(model);
    const program::Stage stage = must(basis_stage(basis));
    must(circuit::verify(stage.circuit, stage.constants));
    Points points(model, 99);
    std::vector<std::vector<double>> patients = points.corners();
    for (int i = 0; i < 8; ++i) patients.push_back(points.box());
    for (const auto& patient : patients) {
      const auto values = must(circuit::interpret(stage.circuit, stage.constants,
                                                  encrypted_inputs(basis, equations, patient)));
      const circuit::Slots& slots = values[stage.circuit.outputs[0]];
      const Eigen::VectorXd direct = basis.evaluate(equations, patient);
      const std::size_t period = std::bit_ceil(basis.functions.size());
      for (std::size_t s = 0; s < slots.size(); s += 37) {
        const std::size_t m = s % period;
        const double expected = m < basis.functions.size() ? direct[static_cast<long>(m)] : 0;
        ASSERT_NEAR(slots[s], expected, 1e-12) << name << " function " << m;
      }
    }
  }
}

TEST(BasisStage, KeepsPartialProductsSmall) {
  const model::Model model = load("theophylline");
  const model::Equations equations = model::Equations::make(model);
  const Basis basis = chosen(model);
  const program::Stage stage = must(basis_stage(basis));
  Points points(model, 98);
  double largest = 0;
  for (int i = 0; i < 32; ++i) {
    const auto inputs = encrypted_inputs(basis, equations, points.edge_heavy());
    for (const auto& slots : must(circuit::interpret(stage.circuit, stage.constants, inputs))) {
      for (const double v : slots) largest = std::max(largest, std::abs(v));
    }
  }
  // q_0 and the lowest level together leave 2^49 above the scale; small products keep noise small.
  EXPECT_LT(largest, 64);
}

TEST(BasisStage, UsesOneLevelMoreThanTheTreeIsDeepAndLeavesOne) {
  const Basis basis = chosen(load("theophylline"));
  ASSERT_EQ(basis.positions(), 16);
  const program::Stage stage = must(basis_stage(basis));
  EXPECT_EQ(stage.circuit.chain.q.size(), 7u);
  EXPECT_EQ(stage.circuit.nodes[stage.circuit.outputs[0]].level, 1);
}

// 15 products in a tree where the functions fill the slots; rotations instead where they do not.
TEST(BasisStage, PlacesSideBySideSaveProducts) {
  const model::Model model = load("theophylline");
  const model::Equations equations = model::Equations::make(model);
  Basis basis;
  for (const char* name : {"ka", "CL"}) {
    basis.coordinates.push_back(
        must(make_coordinate(model, equations, name, CoordinateUse::kChebyshev)));
  }
  struct Case {
    std::size_t copies;  // of the 31 functions: what fills slots
    long products, rotations;
  };
  for (const Case& c : {Case{1, 4, 3}, Case{60, 5, 2}, Case{120, 8, 1}, Case{200, 15, 0}}) {
    basis.functions.clear();
    for (std::size_t i = 0; i < c.copies; ++i) {
      for (int n = 0; n <= 15; ++n) basis.functions.push_back({-1, {{0, 1}, {1, n}}});
      for (int n = 1; n <= 15; ++n) basis.functions.push_back({-1, {{0, n}}});
    }
    for (BasisFunction& f : basis.functions)
      std::erase_if(f.degrees, [](auto d) { return d.second == 0; });
    const program::Stage stage = must(basis_stage(basis));
    const auto count = [&](circuit::Op op) {
      return std::count_if(stage.circuit.nodes.begin(), stage.circuit.nodes.end(),
                           [&](const circuit::Node& n) { return n.op == op; });
    };
    EXPECT_EQ(count(circuit::Op::kMultiply), c.products) << c.copies;
    EXPECT_EQ(count(circuit::Op::kRotate), c.rotations) << c.copies;
    const auto values = must(circuit::interpret(stage.circuit, stage.constants, {{0.3}, {-0.8}}));
    const circuit::Slots& slots = values[stage.circuit.outputs[0]];
    const std::size_t period = std::bit_ceil(basis.functions.size());
    for (std::size_t s = 0; s < slots.size(); ++s) {
      double expected = s % period < basis.functions.size() ? 1 : 0;
      if (expected != 0) {
        for (const auto& [i, degree] : basis.functions[s % period].degrees) {
          expected *= std::cos(degree * std::acos(i == 0 ? 0.3 : -0.8));
        }
      }
      ASSERT_NEAR(slots[s], expected, 1e-11) << c.copies << " copies, slot " << s;
    }
  }
}

// Functions with an amplitude, products of up to three, odd and even degrees.
Basis mixed_basis() {
  const model::Model model = load("theophylline");
  const model::Equations equations = model::Equations::make(model);
  Basis basis;
  for (const char* name : {"ka", "CL", "V"}) {
    basis.coordinates.push_back(
        must(make_coordinate(model, equations, name, CoordinateUse::kChebyshev)));
  }
  basis.functions = {{-1, {}}, {0, {}}, {1, {{0, 2}}}, {1, {{1, 1}}}, {2, {{0, 3}, {2, 2}}}};
  for (int n = 1; n <= 9; ++n) {
    basis.functions.push_back({-1, {{0, n}}});
    basis.functions.push_back({-1, {{1, n}, {2, 1}}});
    basis.functions.push_back({-1, {{0, 1 + n / 2}, {1, 1}, {2, 3}}});
  }
  return basis;
}

double value_of(const Basis& basis, const BasisFunction& f, const std::vector<double>& u) {
  double product = 1;
  if (f.amplitude >= 0) {
    const auto a = static_cast<std::size_t>(f.amplitude);
    product = basis.coordinates[a].slope() * u[a] + basis.coordinates[a].offset();
  }
  for (const auto& [i, degree] : f.degrees)
    product *= std::cos(degree * std::acos(u[static_cast<std::size_t>(i)]));
  return product;
}

TEST(CohortLayout, ComputesEverySlotsOwnPatient) {
  const Basis basis = mixed_basis();
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(-1, 1);
  Eigen::MatrixXd matrix(4, static_cast<long>(basis.functions.size()));
  for (double& x : matrix.reshaped()) x = uniform(random);
  const Series series = without_amplitudes(basis, matrix);
  const CohortStages stages = must(cohort_stages({"ka", "CL", "V"}, series));
  for (const program::Stage* stage : {&stages.basis, &stages.readout}) {
    const Status fine = circuit::verify(stage->circuit, stage->constants);
    ASSERT_TRUE(fine) << fine.error().message;
    EXPECT_EQ(must(circuit::parse(circuit::print(stage->circuit))), stage->circuit);
  }
  // T_9 is 4 deep, its products 5; and a level for the weights.
  EXPECT_EQ(stages.readout.circuit.chain.q.size(), 7u);

  std::vector<circuit::Slots> inputs(3, circuit::Slots(64));
  for (circuit::Slots& slots : inputs) {
    for (double& x : slots) x = uniform(random);
  }
  const auto values =
      must(circuit::interpret(stages.readout.circuit, stages.readout.constants, inputs));
  ASSERT_EQ(stages.readout.circuit.outputs.size(), 4u);
  for (std::size_t r = 0; r < 4; ++r) {
    for (std::size_t s = 0; s < 64; ++s) {
      const std::vector<double> u = {inputs[0][s], inputs[1][s], inputs[2][s]};
      double expected = 0;
      for (std::size_t m = 0; m < basis.functions.size(); ++m) {
        expected += matrix(static_cast<long>(r), static_cast<long>(m)) *
                    value_of(basis, basis.functions[m], u);
      }
      ASSERT_NEAR(values[stages.readout.circuit.outputs[r]][s], expected, 1e-11)
          << "result " << r << ", slot " << s;
    }
  }
}

TEST(ExpandedLayout, TakesTheFunctionsFromTheClient) {
  const Basis basis = mixed_basis();
  const Eigen::MatrixXd matrix =
      Eigen::MatrixXd::Random(20, static_cast<long>(basis.functions.size()));
  const Series series = without_amplitudes(basis, matrix);
  program::Program p;
  p.layout = program::Layout::kExpanded;
  p.expansion = series.functions;
  p.basis = must(expanded_stage(series.functions, {}, 20));
  p.readout = must(readout_stage(p.basis, series.matrix));
  EXPECT_EQ(p.basis.circuit.chain.log_n, 13);
  EXPECT_EQ(must(expanded_stage(series.functions, {}, 5000)).circuit.chain.log_n, 14);
  const Status fine = circuit::verify(p.readout.circuit, p.readout.constants);
  ASSERT_TRUE(fine) << fine.error().message;
  EXPECT_EQ(program::ciphertext_names(p).size(), 1u);

  const std::vector<double> u = {0.3, -0.9, 0.55};
  const auto values =
      must(circuit::interpret(p.readout.circuit, p.readout.constants, program::input_slots(p, u)));
  for (long r = 0; r < 20; ++r) {
    double expected = 0;
    for (std::size_t m = 0; m < basis.functions.size(); ++m)
      expected += matrix(r, static_cast<long>(m)) * value_of(basis, basis.functions[m], u);
    EXPECT_NEAR(values[p.readout.circuit.outputs[0]][static_cast<std::size_t>(r)], expected, 1e-11);
  }
}

TEST(BasisStage, WorksForEveryNumberOfPlaces) {
  const model::Model model = load("theophylline");
  const model::Equations equations = model::Equations::make(model);
  const Coordinate ka = must(make_coordinate(model, equations, "ka", CoordinateUse::kChebyshev));
  for (int degree = 1; degree <= 32; ++degree) {
    Basis basis;
    basis.coordinates = {ka};
    for (int n = 0; n <= degree; ++n) {
      basis.functions.push_back(
          {-1, n == 0 ? std::vector<std::pair<int, int>>{} : std::vector{std::pair{0, n}}});
    }
    const program::Stage stage = must(basis_stage(basis));
    const Status fine = circuit::verify(stage.circuit, stage.constants);
    ASSERT_TRUE(fine) << degree << ": " << fine.error().message;
    const auto values = must(circuit::interpret(stage.circuit, stage.constants, {{0.3}}));
    const circuit::Slots& slots = values[stage.circuit.outputs[0]];
    for (int n = 0; n <= degree; ++n) {
      EXPECT_NEAR(slots[static_cast<std::size_t>(n)], std::cos(n * std::acos(0.3)), 1e-11)
          << degree;
    }
    EXPECT_EQ(stage.circuit.nodes[stage.circuit.outputs[0]].level, 1) << degree;
  }
  Basis basis;
  basis.coordinates = {ka};
  basis.functions = {{-1, {{0, 33}}}};
  EXPECT_EQ(basis_stage(basis).error().code, ErrorCode::kLimit);
}

TEST(ReadoutStage, MultipliesByTheMatrixAndFoldsWhereRowsLeaveRoom) {
  Basis basis;
  const model::Model model = load("theophylline");
  basis.coordinates = {
      must(make_coordinate(model, model::Equations::make(model), "ka", CoordinateUse::kChebyshev))};
  for (int n = 0; n < 20; ++n) basis.functions.push_back({-1, {{0, std::max(1, n % 8)}}});
  const program::Stage first = must(basis_stage(basis));
  for (const long rows : {1L, 300L, 4000L, 8192L}) {
    const Eigen::MatrixXd matrix =
        Eigen::MatrixXd::Constant(rows, 20, 0.5) + Eigen::MatrixXd::Identity(rows, 20);
    const program::Stage stage = must(readout_stage(first, matrix));
    const Status fine = circuit::verify(stage.circuit, stage.constants);
    ASSERT_TRUE(fine) << rows << ": " << fine.error().message;
    EXPECT_EQ(stage.circuit.nodes[1].fold > 1, rows < 5000) << rows;
    circuit::Slots x(32, 0.0);
    for (std::size_t m = 0; m < 20; ++m) x[m] = 0.01 * static_cast<double>(m);
    const auto values = must(circuit::interpret(stage.circuit, stage.constants, {x}));
    const circuit::Slots& y = values[stage.circuit.outputs[0]];
    for (long r = 0; r < std::min(rows, 20L); ++r) {
      EXPECT_NEAR(y[static_cast<std::size_t>(r)], 0.5 * 1.9 + 0.01 * static_cast<double>(r), 1e-12);
    }
  }
  EXPECT_EQ(readout_stage(first, Eigen::MatrixXd::Zero(8193, 20)).error().code, ErrorCode::kLimit);
}

TEST(Points, StayInTheBoxAndDependOnTheSeedOnly) {
  const model::Model model = load("theophylline");
  Points a(model, 5), b(model, 5), c(model, 6);
  EXPECT_EQ(a.corners().size(), 8u);
  for (int i = 0; i < 1000; ++i) {
    const auto p = i % 2 == 0 ? a.population() : a.edge_heavy();
    EXPECT_EQ(p, i % 2 == 0 ? b.population() : b.edge_heavy());
    for (std::size_t k = 0; k < p.size(); ++k) {
      EXPECT_GE(p[k], model.parameters[k].low);
      EXPECT_LE(p[k], model.parameters[k].high);
    }
  }
  EXPECT_NE(a.box(), c.box());
}

TEST(Compile, RefusesAnAmplitudeClaimThatMakesNoSense) {
  model::Model model = load("theophylline");
  model.surrogate.terms = {{"", {"ke"}}};  // ka left out: the certificate must show it
  const program::Regimen once{"a", "a", 320, 0, 1, 0, 0};
  const program::Program p = must(compile_curves(model, {once}, {0.5, 1, 2, 4, 8}, {}));
  EXPECT_TRUE(p.output.outputs[0].transform == program::OutputTransform::kQuarticRoot ||
              p.certificate.population_max > 0.01);
}

TEST(Modes, KeepWhatManyCurvesShare) {
  // 300 values of functions that span three directions, and a little of a fourth.
  std::mt19937_64 generator(3);
  const auto random = [&](long rows, long columns) {
    Eigen::MatrixXd out(rows, columns);
    for (double& x : out.reshaped())
      x = std::ldexp(static_cast<double>(generator() >> 11), -52) - 1;
    return out;
  };
  const Eigen::MatrixXd three = random(40, 3) * random(3, 300);
  const Eigen::MatrixXd coefficients = three + 1e-9 * random(40, 1) * random(1, 300);
  const std::vector<std::size_t> counts = {2, 3, 8};
  const Eigen::MatrixXd modes = leading_modes(coefficients, 40, counts, 1e-6);
  ASSERT_EQ(modes.cols(), 3);
  EXPECT_LT((modes.transpose() * modes - Eigen::MatrixXd::Identity(3, 3)).norm(), 1e-12);
  EXPECT_LT((coefficients - coefficients * modes * modes.transpose()).norm(), 1e-6);
}

// A score: clamps and logarithms by the client, a quadratic form on ciphertext, a logistic after
// it.
constexpr const char* kScore = R"toml(
name = "toy_score"
title = "Toy score"
description = "test"
citation = "none"
[[parameter]]
name = "age"
unit = "a"
description = "age"
transform = "linear"
typical = 60.0
sd = 10.0
low = 20.0
high = 90.0
[[parameter]]
name = "bilirubin"
unit = "mg/dL"
description = "bilirubin"
typical = 1.0
sd = 0.5
low = 0.2
high = 40.0
[[parameter]]
name = "flag"
unit = "1"
description = "a yes or no"
transform = "linear"
typical = 0.0
sd = 0.5
low = 0.0
high = 1.0
[[derived]]
name = "lb"
unit = "1"
description = "ln of bilirubin, at least 0"
empirical = true
formula = "ln(max(bilirubin, 1))"
[[output]]
name = "risk"
unit = "1"
description = "risk"
empirical = true
formula = "-3 + 0.02 * age + (0.7 - 0.005 * age) * lb + 0.4 * flag + 0.1 * lb^2"
link = "1 / (1 + exp(-x))"
[[output]]
name = "points"
unit = "1"
description = "points"
empirical = true
formula = "age / 10 + 2 * flag"
)toml";

TEST(Compile, ScoresAreExactPolynomialsOfWhatTheClientSends) {
  const model::Model model = must(model::parse_model(kScore, "score.toml"));
  const program::Regimen now{"now", "now", 0, 0, 1, 0, 0, {}};
  const program::Program p = must(compile_curves(model, {now}, {0}, {}));
  EXPECT_EQ(p.certificate.transforms, "polynomial: exact");
  EXPECT_LE(p.certificate.box_max, 1e-12);
  EXPECT_LE(p.certificate.noise_bound, 1e-6);
  EXPECT_EQ(p.inputs.size(), 3u);
  EXPECT_EQ(p.output.outputs[0].link, "1 1 x neg exp + /");
  EXPECT_EQ(p.output.outputs[1].link, "");

  std::vector<circuit::Slots> inputs;
  const auto u = program::normalise(p, {{"age", 63}, {"bilirubin", 2.5}, {"flag", 1}});
  for (const double x : must(u)) inputs.push_back({x});
  const auto basis = must(circuit::interpret(p.basis.circuit, p.basis.constants, inputs));
  const auto readout = must(circuit::interpret(p.readout.circuit, p.readout.constants,
                                               {basis[p.basis.circuit.outputs[0]]}));
  auto curves = must(program::expand(p.output, readout[p.readout.circuit.outputs[0]]));
  const double lb = std::log(2.5);
  const double x = -3 + 0.02 * 63 + (0.7 - 0.005 * 63) * lb + 0.4 + 0.1 * lb * lb;
  EXPECT_NEAR(curves[0][0], x, 1e-10);
  EXPECT_NEAR(curves[1][0], 8.3, 1e-10);
  ASSERT_TRUE(program::apply_links(p.output, curves));
  EXPECT_NEAR(curves[0][0], 1 / (1 + std::exp(-x)), 1e-10);
}

// d = 6, growth beyond the candidates, more values than slots: modes.
TEST(CompileSlow, ManyOutputsBecomeModes) {
  std::string text = "name = \"many\"\ntitle = \"t\"\ndescription = \"d\"\ncitation = \"c\"\n";
  const auto add = [&](const std::string& block) { text += block; };
  for (int i = 0; i < 6; ++i) {
    add("[[parameter]]\nname = \"k" + std::to_string(i) +
        "\"\nunit = \"1/h\"\ndescription = \"rate\"\ntypical = " + std::to_string(0.1 * (i + 1)) +
        "\nsd = 0.2\n");
  }
  for (int i = 0; i < 6; ++i) {
    const std::string k = std::to_string(i);
    const std::string inflow =
        i == 0 ? "" : "k" + std::to_string(i - 1) + " * x" + std::to_string(i - 1) + " - ";
    add("[[state]]\nname = \"x" + k + "\"\nunit = \"mg\"\ndescription = \"amount\"\nrate = \"" +
        inflow + "k" + k + " * x" + k + "\"\n");
    add("[[output]]\nname = \"y" + k +
        "\"\nunit = \"mg\"\ndescription = \"amount\"\nformula = \"x" + k + "\"\n");
  }
  text.replace(text.find("rate = \"k0 * x0\""), 16, "rate = \"-k0 * x0\"");
  add("[dose]\nstate = \"x0\"\nunit = \"mg\"\n[surrogate]\nhorizon_h = 24.0\nmax_degree = "
      "8\nmax_terms = 560\n");
  const model::Model model = must(model::parse_model(text, "many.toml"));
  std::vector<program::Regimen> regimens;
  for (int i = 0; i < 3; ++i) {
    regimens.push_back({"r" + std::to_string(i), "r", 100, 6.0 + i, 3, 0, 0, {}});
  }
  std::vector<double> times;
  for (int i = 0; i < 100; ++i) times.push_back(0.5 * i);
  const program::Program p = must(compile_curves(model, regimens, times, {}));
  EXPECT_EQ(p.output.values(), 3u * 6 * 100);
  EXPECT_GT(p.output.modes.columns, 0u);
  EXPECT_LE(p.output.modes.columns, 128u);
  EXPECT_LE(p.certificate.population_p99, 5e-3);
  EXPECT_TRUE(program::parse(program::serialize(p)));
}

}  // namespace
}  // namespace salus::compiler
