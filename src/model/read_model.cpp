// One model file -> Model: the tables one by one, then everything that holds between them.
#include <algorithm>
#include <cmath>
#include <set>

#include "base/bytes.h"
#include "base/file.h"
#include "model/definitions.h"
#include "model/model.h"
#include "model/nearest.h"
#include "model/toml_table.h"
#include "model/unit.h"

namespace salus::model {
namespace {

constexpr double kDefaultBoxSd = 3;
constexpr std::size_t kMaxEntries = 256;
constexpr int kMaxTerms = 8192;  // as many as a ciphertext of 2^14 has slots
constexpr int kMaxCells = 128;

class ModelReader {
 public:
  ModelReader(const toml::table& root, std::string_view file)
      : file_(&root), root_(root, file, "model") {
    model_.file = file;
  }

  Model read() {
    model_.name = name(root_, "name");
    model_.title = root_.text("title");
    model_.description = root_.text("description");
    model_.citation = root_.text("citation");
    model_.evidence = root_.text_or("evidence", "");
    read_time_unit();
    for (TomlTable& t : root_.tables("parameter", kMaxParameters)) read_parameter(t);
    for (TomlTable& t : root_.tables("derived", kMaxEntries)) read_derived(t);
    read_states();
    for (TomlTable& t : root_.tables("output", kMaxEntries)) read_output(t);
    if (model_.outputs.empty()) root_.complain("output", "is missing; add one [[output]]");
    if (root_.has("dose")) read_dose();
    read_surrogate();
    read_covariates();
    for (TomlTable& t : root_.tables("oracle", kMaxEntries)) read_oracle(t);
    root_.finish();
    if (model_.private_parameters().empty()) {
      root_.complain("parameter", "has no private entry; nothing would be encrypted");
    }
    return std::move(model_);
  }

 private:
  using Units = std::map<std::string, Dimension, std::less<>>;

  std::string name(TomlTable& t, std::string_view key) {
    const std::string out = t.text(key);
    const auto fine = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
    };
    const bool starts = !out.empty() && !std::isdigit(static_cast<unsigned char>(out[0]));
    if (!starts || out.size() > 64 || !std::all_of(out.begin(), out.end(), fine)) {
      t.complain(key, "must be a name of letters, digits and _, at most 64, not led by a digit");
    }
    return out;
  }

  // A symbol's name, entered with its unit.
  std::string symbol(TomlTable& t, std::string& unit) {
    const std::string out = name(t, "name");
    unit = t.text("unit");
    const auto dimension = parse_dimension(unit);
    if (!dimension) t.complain("unit", "- " + dimension.error().message);
    if (out == kTimeSymbol) t.complain("name", "is the model's clock; take another");
    const auto meaning = parse_expression(out);
    if (!meaning || meaning->kind != ExpressionKind::kSymbol) {
      t.complain("name", "has a meaning of its own in formulas, as pi has; take another");
    }
    if (!units_.emplace(out, *dimension).second) {
      t.complain("name", "is taken, in line " + std::to_string(lines_.at(out)) +
                             "; names are unique, take another");
    }
    lines_[out] = t.line("name");
    return out;
  }

  Expression formula(TomlTable& t, std::string_view key, const Units& known) {
    if (!t.has(key)) {
      t.complain(key, "is missing; add " + std::string(key) + " = \"...\", in infix");
    }
    auto parsed = parse_expression(t.text(key));
    if (!parsed) t.complain(key, "- " + parsed.error().message, parsed.error().code);
    if (parsed->uses_time() && !known.contains(kTimeSymbol)) {
      t.complain(key,
                 "uses time, which has no meaning here; it has in [[variable]], rates, outputs");
    }
    for (const std::string& used : parsed->symbols()) {
      if (known.contains(used)) continue;
      std::vector<std::string> all;
      for (const auto& [s, unit] : known) all.push_back(s);
      t.complain(key, explain_misplaced(*file_, {used, t.what(), all}));
    }
    return std::move(*parsed);
  }

  // `empirical = true`: a published formula whose numbers carry units that nobody wrote down.
  void expect_unit(TomlTable& t, std::string_view key, const Expression& e, const Dimension& wanted,
                   const std::string& unit) {
    if (t.boolean_or("empirical", false)) return;
    const auto found = infer_dimension(e, units_);
    if (!found) t.complain(key, "- " + found.error().message);
    if (found->equals(wanted)) return;
    t.complain(key, "does not come out in " + unit + " but in " + dimension_text(*found) +
                        "; convert it, or say empirical = true if its numbers have units of "
                        "their own");
  }

  Units timeless() const {
    Units out = units_;
    out.erase(std::string(kTimeSymbol));
    return out;
  }

  Dimension time_dimension() const { return must(parse_dimension(model_.time_unit)); }

  void read_time_unit() {
    model_.time_unit = root_.text_or("time_unit", "h");
    const auto unit = parse_dimension(model_.time_unit);
    const Dimension hour = must(parse_dimension("h"));
    if (!unit || unit->exponents != hour.exponents) {
      root_.complain("time_unit", "must be a unit of time: s, min, h, d, wk, mo or a");
    }
    model_.hours_per_time = unit->factor;
    units_.emplace(kTimeSymbol, *unit);
  }

  void read_parameter(TomlTable& t) {
    Parameter p;
    p.name = symbol(t, p.unit);
    p.description = t.text("description");
    const std::string knowledge = t.text_or("knowledge", "private");
    if (knowledge != "private" && knowledge != "public") {
      t.complain("knowledge", "must be \"private\" or \"public\"");
    }
    p.is_private = knowledge == "private";
    const std::string transform = t.text_or("transform", "log");
    if (transform != "log" && transform != "linear") {
      t.complain("transform", "must be \"log\" or \"linear\"");
    }
    p.transform = transform == "log" ? Transform::kLog : Transform::kLinear;
    p.typical = t.number("typical");
    if (p.transform == Transform::kLog && p.typical <= 0) {
      t.complain("typical", "must be positive, or transform = \"linear\"");
    }
    p.low = p.high = p.typical;
    if (p.is_private) read_box(t, p);
    // Said in so many words it may be meant (an intercept); check_box notes it.
    if (p.is_private && p.low < 0 && !t.has("low") && measures_volume(p.unit)) {
      t.complain("typical", "less box_sd SDs lets the volume " + p.name +
                                " be negative; set low, or leave transform = \"log\"");
    }
    p.line = t.line();
    t.finish();
    model_.parameters.push_back(std::move(p));
  }

  void read_box(TomlTable& t, Parameter& p) {
    if (!t.has("sd")) {
      const std::string of = p.transform == Transform::kLog ? "ln " : "";
      t.complain("sd", "is missing; add the population's SD of " + of + p.name +
                           ", or say knowledge = \"public\"");
    }
    p.sd = t.number("sd");
    if (p.sd <= 0) t.complain("sd", "must be positive");
    const double reach = t.number_or("box_sd", kDefaultBoxSd) * p.sd;
    if (reach <= 0) t.complain("box_sd", "must be positive");
    const bool is_log = p.transform == Transform::kLog;
    p.low = t.number_or("low", is_log ? p.typical * std::exp(-reach) : p.typical - reach);
    p.high = t.number_or("high", is_log ? p.typical * std::exp(reach) : p.typical + reach);
    const bool inside = p.low <= p.typical && p.typical <= p.high && p.low < p.high;
    if (!inside || (is_log && p.low <= 0)) {
      t.complain("typical", "must lie between low and high" +
                                std::string(is_log ? ", low above 0" : "") + "; they are " +
                                shown(p.low) + " and " + shown(p.high));
    }
  }

  static std::string shown(double value) { return Expression::constant(value).text(); }

  void read_derived(TomlTable& t) {
    Derived d;
    const Units known = timeless();  // those above this one
    d.name = symbol(t, d.unit);
    d.description = t.text("description");
    d.formula = formula(t, "formula", known);
    expect_unit(t, "formula", d.formula, units_.at(d.name), d.unit);
    d.line = t.line("formula");
    t.finish();
    model_.derived.push_back(std::move(d));
  }

  // Names first: each rate may use every state and variable.
  void read_states() {
    const Units known = timeless();
    std::vector<TomlTable> tables = root_.tables("state", kMaxStates);
    for (TomlTable& t : tables) {
      State s;
      s.name = symbol(t, s.unit);
      s.description = t.text("description");
      s.initial = read_initial(t, known, s);
      s.initial_line = t.line("initial");
      model_.states.push_back(std::move(s));
    }
    for (TomlTable& t : root_.tables("variable", kMaxEntries)) {
      Variable v;
      const Units above = units_;
      v.name = symbol(t, v.unit);
      v.description = t.text("description");
      v.formula = formula(t, "formula", above);
      expect_unit(t, "formula", v.formula, units_.at(v.name), v.unit);
      v.line = t.line("formula");
      t.finish();
      model_.variables.push_back(std::move(v));
    }
    for (std::size_t i = 0; i < tables.size(); ++i) {
      State& s = model_.states[i];
      s.rate = formula(tables[i], "rate", units_);
      expect_unit(tables[i], "rate", s.rate, units_.at(s.name).times(time_dimension(), -1),
                  s.unit + "/" + model_.time_unit);
      s.line = tables[i].line("rate");
      tables[i].finish();
    }
  }

  // A number in the state's unit, or a formula.
  Expression read_initial(TomlTable& t, const Units& known, const State& s) {
    if (!t.is_text("initial")) return Expression::constant(t.number_or("initial", 0));
    Expression out = formula(t, "initial", known);
    expect_unit(t, "initial", out, units_.at(s.name), s.unit);
    return out;
  }

  void read_output(TomlTable& t) {
    Output o;
    Units known = units_;  // outputs are read, not used
    for (const Output& above : model_.outputs) known.erase(above.name);
    o.name = symbol(t, o.unit);
    o.description = t.text("description");
    o.formula = formula(t, "formula", known);
    const bool linked = t.has("link");
    if (linked) o.link = formula(t, "link", {{"x", Dimension{}}});
    // The unit is that of what the link gives; what it takes is a number of any kind.
    const bool unchecked = t.boolean_or("empirical", false) || linked;
    if (!unchecked) expect_unit(t, "formula", o.formula, units_.at(o.name), o.unit);
    o.line = t.line("formula");
    t.finish();
    model_.outputs.push_back(std::move(o));
  }

  void read_dose() {
    TomlTable t = root_.table("dose");
    DoseTarget& dose = model_.dose;
    dose.state = t.text("state");
    const auto same = [&](const State& s) { return s.name == dose.state; };
    const auto target = std::find_if(model_.states.begin(), model_.states.end(), same);
    if (target == model_.states.end()) {
      std::vector<std::string> names;
      for (const State& s : model_.states) names.push_back(s.name);
      t.complain("state", "is not the name of a [[state]]" + did_you_mean(dose.state, names) +
                              (names.empty() ? "" : "; there are " + listed(names)));
    }
    dose.unit = t.text("unit");
    if (dose.unit != target->unit) {
      t.complain("unit", "must be the unit of state " + dose.state + ", " + target->unit);
    }
    dose.bioavailability = t.number_or("bioavailability", 1);
    if (dose.bioavailability <= 0 || dose.bioavailability > 1) {
      t.complain("bioavailability", "must lie above 0 and at most 1");
    }
    dose.lag_h = t.number_or("lag_h", 0);
    if (dose.lag_h < 0) t.complain("lag_h", "must not be negative");
    t.finish();
  }

  void read_surrogate() {
    SurrogateHint& hint = model_.surrogate;
    if (root_.has("surrogate")) {
      TomlTable t = root_.table("surrogate");
      hint.horizon_h = t.number_or("horizon_h", hint.horizon_h);
      hint.interval_h = t.number_or("interval_h", hint.interval_h);
      hint.infusion_h = t.number_or("infusion_h", hint.infusion_h);
      hint.dose = t.number_or("dose", hint.dose);
      hint.max_degree = t.integer_or("max_degree", hint.max_degree);
      hint.max_terms = t.integer_or("max_terms", hint.max_terms);
      if (hint.horizon_h <= 0 || hint.interval_h < 0 || hint.infusion_h < 0) {
        t.complain("horizon_h", "must be positive, interval_h and infusion_h not negative");
      }
      if (hint.max_degree < 1 || hint.max_degree > 31) t.complain("max_degree", "must be 1 .. 31");
      if (hint.max_terms < 2 || hint.max_terms > kMaxTerms) {
        t.complain("max_terms", "must be 2 .. " + std::to_string(kMaxTerms));
      }
      hint.cells = t.integer_or("cells", hint.cells);
      if (hint.cells < 1 || hint.cells > kMaxCells || (hint.cells & (hint.cells - 1)) != 0)
        t.complain("cells", "must be a power of two, 1 .. " + std::to_string(kMaxCells));
      for (TomlTable& term : t.tables("term", 8)) read_term(term);
      t.finish();
    }
    if (hint.terms.empty()) {
      SurrogateTerm all;
      for (const Parameter* p : model_.private_parameters()) all.over.push_back(p->name);
      hint.terms.push_back(std::move(all));
    }
  }

  void read_term(TomlTable& t) {
    SurrogateTerm term;
    term.amplitude = t.text_or("amplitude", "");
    term.over = t.texts("over");
    const auto known = [&](const std::string& s) {
      return model_.find_derived(s) != nullptr || model_.parameter(s) != nullptr;
    };
    if (!term.amplitude.empty() && !known(term.amplitude)) {
      t.complain("amplitude", "is neither a parameter nor derived");
    }
    if (term.over.empty() || !std::all_of(term.over.begin(), term.over.end(), known)) {
      t.complain("over", "must name parameters or derived quantities");
    }
    t.finish();
    model_.surrogate.terms.push_back(std::move(term));
  }

  void read_covariates() {
    Units names;
    for (TomlTable& t : root_.tables("covariate", kMaxEntries)) {
      Covariate c;
      c.name = name(t, "name");
      c.unit = t.text("unit");
      if (const auto u = parse_dimension(c.unit); !u) t.complain("unit", "- " + u.error().message);
      c.description = t.text("description");
      c.low = t.number("low");
      c.typical = t.number("typical");
      c.high = t.number("high");
      if (!(c.low <= c.typical && c.typical <= c.high)) {
        t.complain("typical", "must lie between low and high");
      }
      if (!names.emplace(c.name, Dimension{}).second) t.complain("name", "is taken");
      t.finish();
      model_.covariates.push_back(std::move(c));
    }
    for (TomlTable& t : root_.tables("covariate_rule", kMaxEntries)) {
      CovariateRule rule;
      rule.parameter = t.text("parameter");
      if (model_.parameter(rule.parameter) == nullptr)
        t.complain("parameter", "is not a [[parameter]]");
      rule.formula = formula(t, "formula", names);
      t.finish();
      model_.covariate_rules.push_back(std::move(rule));
    }
  }

  void read_oracle(TomlTable& t) {
    OracleCase c;
    c.description = t.text("description");
    if (t.has("covariates")) {
      Values given;
      for (const auto& [key, value] : t.number_map("covariates")) given[key] = value;
      auto values = typical_parameters(model_, given);
      if (!values) t.complain("covariates", "- " + values.error().message);
      c.values = std::move(*values);
    } else if (t.has("values")) {
      for (const auto& [key, value] : t.number_map("values")) c.values[key] = value;
    }
    for (const auto& [key, value] : c.values) {
      if (model_.parameter(key) != nullptr) continue;
      std::vector<std::string> names;
      for (const Parameter& p : model_.parameters) names.push_back(p.name);
      t.complain("values", "names the unknown parameter " + key + did_you_mean(key, names) +
                               "; there are " + listed(names));
    }
    c.output = t.text_or("output", "");
    if (const auto index = model_.output_index(c.output); !index) {
      t.complain("output", "- " + index.error().message);
    }
    c.dose = t.number_or("dose", 0);
    if (c.dose != 0 && !model_.takes_doses()) t.complain("dose", "has no [dose] table to go to");
    c.interval_h = t.number_or("interval_h", 0);
    c.count = t.integer_or("count", 1);
    c.infusion_h = t.number_or("infusion_h", 0);
    c.start_h = t.number_or("start_h", 0);
    read_quantity(t, c);
    c.expected = t.number("expected");
    c.tolerance = t.number_or("tolerance", 0);
    c.absolute_tolerance = t.number_or("absolute_tolerance", 0);
    if (c.tolerance < 0 || c.absolute_tolerance < 0 || c.tolerance + c.absolute_tolerance == 0) {
      t.complain("tolerance", "(relative) or absolute_tolerance must be given and positive");
    }
    c.line = t.line();
    t.finish();
    model_.oracle.push_back(std::move(c));
  }

  void read_quantity(TomlTable& t, OracleCase& c) {
    static const std::set<std::string> kQuantities = {"auc", "value_at",    "max",
                                                      "min", "time_of_max", "time_of_min"};
    c.quantity = t.text_or("quantity", model_.states.empty() ? "value_at" : "");
    if (!kQuantities.contains(c.quantity)) {
      t.complain("quantity",
                 "must be \"value_at\", \"auc\", \"max\", \"min\", \"time_of_max\" or "
                 "\"time_of_min\"");
    }
    c.at_h = t.number_or("at_h", 0);
    c.until_h = t.number_or("until_h", model_.surrogate.horizon_h);
    if (c.at_h < 0 || c.until_h <= 0) t.complain("until_h", "must be positive, at_h not negative");
  }

  const toml::table* file_;
  TomlTable root_;
  Model model_;
  Units units_;
  std::map<std::string, int, std::less<>> lines_;  // of every name
};

}  // namespace

Result<Model> parse_model(std::string_view text, std::string_view file_name) {
  auto root = parse_toml(text, file_name, kMaxModelBytes);
  if (!root) return root.error();
  try {
    Model model = ModelReader(*root, file_name).read();
    model.digest = sha256(as_bytes(text)).hex();
    return model;
  } catch (const TomlComplaint& complaint) {
    return complaint.error;
  }
}

Result<Model> load_model(const std::filesystem::path& path) {
  const auto text = read_text_file(path, kMaxModelBytes);
  if (!text) return text.error();
  return parse_model(*text, path.filename().string());
}

}  // namespace salus::model
