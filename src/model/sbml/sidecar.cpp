// NAME.sidecar.toml: what SBML cannot say of a model.
#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "model/sbml.h"
#include "model/sbml/initial_name.h"
#include "model/toml_table.h"
#include "model/unit.h"

namespace salus::model {
namespace {

constexpr double kDefaultBoxSd = 3;
constexpr std::size_t kMaxEntries = 256;

template <class Entries>
auto named(Entries& entries, const std::string& name) {
  return std::find_if(entries.begin(), entries.end(), [&](auto& e) { return e.name == name; });
}

class SidecarReader {
 public:
  SidecarReader(const toml::table& root, std::string_view file, Model model)
      : root_(root, file, "sidecar"), model_(std::move(model)) {}

  Model read() {
    model_.title = root_.text_or("title", model_.title);
    model_.description = root_.text_or("description", model_.description);
    model_.citation = root_.text_or("citation", model_.citation);
    read_time_unit();
    for (TomlTable& t : root_.tables("private", kMaxParameters)) read_private(t);
    read_outputs();
    if (root_.has("dose")) read_dose();
    if (root_.has("surrogate")) read_surrogate();
    root_.finish();
    SurrogateTerm all;
    for (const Parameter* p : model_.private_parameters()) all.over.push_back(p->name);
    if (!all.over.empty()) model_.surrogate.terms = {all};
    return std::move(model_);
  }

 private:
  void read_time_unit() {
    if (!root_.has("time_unit")) return;
    const std::string unit = root_.text("time_unit");
    const auto dimension = parse_dimension(unit);
    if (!dimension || dimension->exponents != must(parse_dimension("h")).exponents) {
      root_.complain("time_unit", "must be a unit of time: s, min, h, d, wk, mo or a");
    }
    model_.time_unit = unit;
    model_.hours_per_time = dimension->factor;
  }

  // A constant or a start by its own name, a start also by the id of what it is the start of.
  template <class Entries>
  static auto find_in(Entries& entries, const std::string& name) {
    const auto own = named(entries, name);
    if (own != entries.end()) return own;
    const std::string start = sbml::initial_value_of(name);
    return std::find_if(entries.begin(), entries.end(),
                        [&](auto& e) { return e.description == start; });
  }

  Parameter& find(TomlTable& t, const std::string& name) {
    const auto found = find_in(model_.parameters, name);
    if (found != model_.parameters.end()) return *found;
    const auto derived = find_in(model_.derived, name);
    if (derived == model_.derived.end()) {
      t.complain("name",
                 "is neither a constant nor an initial value of the model; salus sbml check lists "
                 "what could be private");
    }
    Parameter p;
    p.name = derived->name;
    p.unit = derived->unit;
    p.description = derived->description;
    p.typical = std::nan("");
    model_.derived.erase(derived);
    model_.parameters.push_back(std::move(p));
    return model_.parameters.back();
  }

  void read_private(TomlTable& t) {
    const std::string name = t.text("name");
    Parameter& p = find(t, name);
    if (p.is_private && std::isfinite(p.typical)) t.complain("name", "is there twice");
    read_unit(t, p);
    p.description = t.text_or("description", p.description);
    const std::string transform = t.text_or("transform", "log");
    if (transform != "log" && transform != "linear") {
      t.complain("transform", "must be \"log\" or \"linear\"");
    }
    p.transform = transform == "log" ? Transform::kLog : Transform::kLinear;
    p.typical = std::isfinite(p.typical) ? t.number_or("typical", p.typical) : t.number("typical");
    const bool is_log = p.transform == Transform::kLog;
    if (is_log && p.typical <= 0) {
      t.complain("typical", "must be positive, or transform = \"linear\"");
    }
    p.sd = t.number("sd");
    if (p.sd <= 0) t.complain("sd", "must be positive");
    const double reach = t.number_or("box_sd", kDefaultBoxSd) * p.sd;
    p.low = t.number_or("low", is_log ? p.typical * std::exp(-reach) : p.typical - reach);
    p.high = t.number_or("high", is_log ? p.typical * std::exp(reach) : p.typical + reach);
    if (!(p.low <= p.typical && p.typical <= p.high && p.low < p.high) || (is_log && p.low <= 0)) {
      t.complain("typical",
                 "must lie between low and high" + std::string(is_log ? ", low above 0" : ""));
    }
    p.is_private = true;
    t.finish();
  }

  // The file's unit is believed where it is one: a value in another unit would be another value.
  void read_unit(TomlTable& t, Parameter& p) {
    const std::string unit = t.text("unit");
    const auto wanted = parse_dimension(unit);
    if (!wanted) t.complain("unit", "- " + wanted.error().message);
    const auto declared = parse_dimension(p.unit);
    const bool says_something = declared && !declared->is_number();
    if (says_something && !declared->equals(*wanted)) {
      t.complain("unit", "is not the file's, " + p.unit + "; give values in that one");
    }
    p.unit = unit;
  }

  void read_outputs() {
    std::vector<TomlTable> tables = root_.tables("output", kMaxEntries);
    if (tables.empty()) return;
    std::vector<Output> kept;
    for (TomlTable& t : tables) {
      Output out = find_output(t, t.text("name"));
      out.unit = t.text_or("unit", out.unit);
      if (const auto u = parse_dimension(out.unit); !u)
        t.complain("unit", "- " + u.error().message);
      out.description = t.text_or("description", out.description);
      if (named(kept, out.name) != kept.end()) t.complain("name", "is there twice");
      t.finish();
      kept.push_back(std::move(out));
    }
    model_.outputs = std::move(kept);
  }

  Output find_output(TomlTable& t, const std::string& name) {
    if (const auto o = named(model_.outputs, name); o != model_.outputs.end()) return *o;
    if (const auto v = named(model_.variables, name); v != model_.variables.end()) {
      return {name, v->unit, v->description, Expression::named(name), {}};
    }
    if (const auto s = named(model_.states, name); s != model_.states.end()) {
      return {name, s->unit, s->description, Expression::named(name), {}};
    }
    t.complain("name", "is not a species, compartment, parameter or reaction that changes");
  }

  // A dose is an amount: into a species' amount, whatever its id means in formulas.
  void read_dose() {
    TomlTable t = root_.table("dose");
    const std::string species = t.text("state");
    auto state = named(model_.states, species + "_amount");
    if (state == model_.states.end()) state = named(model_.states, species);
    if (state == model_.states.end()) {
      t.complain("state", "is not a species that changes; doses go to one that does");
    }
    DoseTarget& dose = model_.dose;
    dose.state = state->name;
    dose.unit = t.text("unit");
    if (const auto u = parse_dimension(dose.unit); !u) t.complain("unit", "- " + u.error().message);
    state->unit = dose.unit;
    dose.bioavailability = t.number_or("bioavailability", 1);
    if (dose.bioavailability <= 0 || dose.bioavailability > 1) {
      t.complain("bioavailability", "must lie above 0 and at most 1");
    }
    t.finish();
  }

  void read_surrogate() {
    TomlTable t = root_.table("surrogate");
    SurrogateHint& hint = model_.surrogate;
    hint.horizon_h = t.number_or("horizon_h", hint.horizon_h);
    hint.interval_h = t.number_or("interval_h", hint.interval_h);
    hint.infusion_h = t.number_or("infusion_h", hint.infusion_h);
    if (hint.horizon_h <= 0 || hint.interval_h < 0 || hint.infusion_h < 0) {
      t.complain("horizon_h", "must be positive, interval_h and infusion_h not negative");
    }
    t.finish();
  }

  TomlTable root_;
  Model model_;
};

}  // namespace

Result<Model> apply_sidecar(Model model, std::string_view text, std::string_view file_name) {
  auto root = parse_toml(text, file_name, kMaxSidecarBytes);
  if (!root) return root.error();
  try {
    const std::string both = model.digest + "\n" + std::string(text);
    Model out = SidecarReader(*root, file_name, std::move(model)).read();
    out.digest = sha256(as_bytes(both)).hex();
    return out;
  } catch (const TomlComplaint& complaint) {
    return complaint.error;
  }
}

}  // namespace salus::model
