// What a model is: one TOML file with states, rates, parameters, doses and outputs, every number
// with its unit. `load_model` is the only way to make one, so a Model in hand is complete and
// consistent.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/expression.h"

namespace salus::model {

/// Values by name: parameters, states, outputs.
using Values = std::map<std::string, double, std::less<>>;

enum class Transform { kLinear, kLog };

/// A number that the model needs. Private: known to the patient's client only. Public: fixed at
/// `typical` unless a caller says otherwise.
struct Parameter {
  std::string name;         ///< "CL"
  std::string unit;         ///< UCUM, "L/h"
  std::string description;  ///< "oral clearance"
  Transform transform = Transform::kLog;
  double low = 0;  ///< the certified box; low == typical == high for a public parameter
  double typical = 0;
  double high = 0;
  double sd = 0;  ///< population SD of the transformed value (of ln for kLog), around `typical`
  bool is_private = true;
  int line = 0;  ///< of its table in Model::file, as in every `line` below; 0: from no file
};

/// A quantity computed from parameters, and from derived quantities above it.
struct Derived {
  std::string name;
  std::string unit;
  std::string description;
  Expression formula;
  int line = 0;  ///< of the formula
};

/// d(state)/dt = rate, per Model::time_unit.
struct State {
  std::string name;
  std::string unit;
  std::string description;
  Expression initial;  ///< over parameters and derived quantities
  Expression rate;
  int line = 0;          ///< of the rate
  int initial_line = 0;  ///< of the initial value
};

/// A quantity that changes while the model runs: over parameters, derived quantities, states, time
/// and variables above it.
struct Variable {
  std::string name;
  std::string unit;
  std::string description;
  Expression formula;
  int line = 0;  ///< of the formula
};

/// state = value, or value times `factor`; the factor is always that just before the assignment.
struct EventAssignment {
  std::string state;
  Expression value;
  std::optional<Expression> factor;
};

/// Assignments at the moment when `trigger` becomes true. Formulas are over everything and time.
struct Event {
  std::string name;
  Expression trigger;
  bool initially_true = true;  ///< what the trigger counts as before time 0
  bool persistent = true;  ///< happens even if its trigger has become false while others happened
  /// Of those at the same moment, the highest comes first; equals come in a random order.
  std::optional<Expression> priority;
  bool value_at_trigger = true;  ///< values are those when the trigger became true
  std::vector<EventAssignment> assignments;
};

struct Output {
  std::string name;
  std::string unit;
  std::string description;
  Expression formula;  ///< over everything; in a model without states polynomial in private inputs
  /// What the client does to the decrypted value, over the symbol `x`: "1 - exp(-x)".
  std::optional<Expression> link;
  int line = 0;  ///< of the formula
};

/// Doses are added to `state`, times `bioavailability`: at once, or evenly over their infusion
/// time, `lag_h` after they were given. No state: the model takes no doses.
struct DoseTarget {
  std::string state;
  std::string unit;
  double bioavailability = 1;
  double lag_h = 0;
};

/// What a parameter's typical value follows from, as published: evaluated by the client, never
/// encrypted.
struct Covariate {
  std::string name;  ///< "CrCL"
  std::string unit;
  std::string description;
  double low = 0;
  double typical = 0;
  double high = 0;
};

/// Typical value of `parameter` given covariates; empirical, so no units are checked in it.
struct CovariateRule {
  std::string parameter;
  Expression formula;
};

/// Output = sum over terms of amplitude * f(coordinates); `amplitude` (may be empty: 1) enters
/// linearly. A claim of the model's author that the certificate checks on held-out samples.
struct SurrogateTerm {
  std::string amplitude;
  std::vector<std::string> over;
};

/// How the compiler approximates the model, and the standard responses from which it chooses its
/// basis.
struct SurrogateHint {
  std::vector<SurrogateTerm> terms;  ///< default: one term over all private parameters
  double horizon_h = 24;
  double interval_h = 0;  ///< of the standard repeated dose; 0: single dose only
  double infusion_h = 0;
  double dose = 0;      ///< of the standard plans; needed where the model is not linear
  int max_degree = 15;  ///< largest total degree of a basis function
  int max_terms = 256;
  int cells = 1;  ///< pieces of the box with functions of their own; a power of two
};

/// Published values that the model must reproduce: a test runs them.
struct OracleCase {
  std::string description;
  Values values;       ///< parameters; public ones may be set too
  std::string output;  ///< default: the first one; after its link, if it has one
  double dose = 0;
  double interval_h = 0;
  int count = 1;
  double infusion_h = 0;
  double start_h = 0;  ///< of the first dose
  /// "value_at", "auc" (over all time), "max", "min", "time_of_max", "time_of_min" (h; from 0 to
  /// until_h)
  std::string quantity;
  double at_h = 0;
  double until_h = 0;
  double expected = 0;
  double tolerance = 0;           ///< relative
  double absolute_tolerance = 0;  ///< in the output's unit, or h
  int line = 0;                   ///< of its table
};

struct Model {
  std::string name;
  std::string title;
  std::string description;
  std::string citation;
  std::string evidence;  ///< empty, or why to trust it less: "weak: fitted to 23 donors"
  std::string digest;    ///< hexadecimal SHA-256 of the file
  std::string file;      ///< what complaints call it, "theophylline.toml"; empty: from no file
  std::string time_unit = "h";
  double hours_per_time = 1;  ///< of time_unit; every time that leaves the model is in hours
  std::vector<Parameter> parameters;
  std::vector<Derived> derived;
  std::vector<State> states;  ///< none: a score, a formula of its parameters
  std::vector<Variable> variables;
  std::vector<Event> events;  ///< in plaintext only; no TOML model has any
  std::vector<Output> outputs;
  /// States of very different sizes, as SBML files have them: the solver measures each by itself.
  bool sizes_differ = false;
  DoseTarget dose;
  SurrogateHint surrogate;
  std::vector<Covariate> covariates;
  std::vector<CovariateRule> covariate_rules;
  std::vector<OracleCase> oracle;

  const Parameter* parameter(std::string_view name) const;
  const Derived* find_derived(std::string_view name) const;
  bool takes_doses() const { return !dose.state.empty(); }
  /// Position of an output; the first for an empty name. Errors: kNotFound, naming those there are.
  Result<std::size_t> output_index(std::string_view name) const;
  /// The private parameters, in the file's order.
  std::vector<const Parameter*> private_parameters() const;
  /// The equations as plain text, one a line.
  std::string formula_text() const;
  /// "theophylline.toml:33: ", or the model's name where line is 0.
  std::string place(int line) const;
};

inline constexpr std::uint64_t kMaxModelBytes = 1u << 20;
inline constexpr std::size_t kMaxParameters = 64;
inline constexpr std::size_t kMaxStates = 64;

/// Typical parameters for given covariates (missing ones at their typical value): the rules'
/// values, `typical` for parameters without a rule. Errors: kInvalidArgument for an unknown name or
/// a NaN.
Result<Values> typical_parameters(const Model& model, const Values& covariates);

/// Errors: kParse (TOML, formulas), kInvalidArgument (unknown key or symbol, missing or wrong unit,
/// NaN, low < typical < high violated), kNotFound, kLimit; each names file, line, symbol and
/// remedy.
Result<Model> load_model(const std::filesystem::path& path);
Result<Model> parse_model(std::string_view text, std::string_view file_name);

}  // namespace salus::model
