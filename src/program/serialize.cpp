#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "program/formula.h"
#include "program/program.h"

namespace salus::program {

using nlohmann::json;

NLOHMANN_JSON_SERIALIZE_ENUM(Transform, {{Transform::kLinear, "linear"}, {Transform::kLog, "log"}})
NLOHMANN_JSON_SERIALIZE_ENUM(OutputTransform, {{OutputTransform::kLinear, "linear"},
                                               {OutputTransform::kQuarticRoot, "quartic_root"},
                                               {OutputTransform::kLog, "log"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Layout, {{Layout::kBasis, "basis"},
                                      {Layout::kExpanded, "expanded"},
                                      {Layout::kCohort, "cohort"}})

namespace {

constexpr std::array<std::string_view, 4> kMagic = {"salus-program 1\n", "salus-program 2\n",
                                                    "salus-program 3\n", "salus-program 4\n"};
constexpr std::string_view kMagicStem = "salus-program ";
constexpr std::size_t kMaxHeaderBytes = 64u << 20;
constexpr std::size_t kMaxGrid = 1u << 20;

// Every struct is listed once, as (key, member) pairs; writing and reading follow the same list.
template <class Visit, class T>
void fields_of(Parameter*, T& x, Visit visit) {
  visit("name", x.name);
  visit("unit", x.unit);
  visit("description", x.description);
  visit("transform", x.transform);
  visit("low", x.low);
  visit("typical", x.typical);
  visit("high", x.high);
}

template <class Visit, class T>
void fields_of(Input*, T& x, Visit visit) {
  visit("name", x.name);
  visit("unit", x.unit);
  visit("description", x.description);
  visit("formula", x.formula);
  visit("postfix", x.postfix);
  visit("transform", x.transform);
  visit("low", x.low);
  visit("typical", x.typical);
  visit("high", x.high);
}

template <class Visit, class T>
void fields_of(Regimen*, T& x, Visit visit) {
  visit("id", x.id);
  visit("label", x.label);
  visit("dose", x.dose);
  visit("interval_h", x.interval_h);
  visit("count", x.count);
  visit("start_h", x.start_h);
  visit("infusion_h", x.infusion_h);
}

template <class Visit, class T>
void fields_of(Setting*, T& x, Visit visit) {
  visit("name", x.name);
  visit("value", x.value);
}

template <class Visit, class T>
void fields_of(Split*, T& x, Visit visit) {
  visit("input", x.input);
  visit("at", x.at);
  visit("below", x.below);
  visit("above", x.above);
}

template <class Visit, class T>
void fields_of(Output*, T& x, Visit visit) {
  visit("name", x.name);
  visit("unit", x.unit);
  visit("description", x.description);
  visit("transform", x.transform);
  visit("link", x.link);
}

template <class Visit, class T>
void fields_of(Certificate*, T& x, Visit visit) {
  visit("seed", x.seed);
  visit("population_samples", x.population_samples);
  visit("box_samples", x.box_samples);
  visit("population_median", x.population_median);
  visit("population_p99", x.population_p99);
  visit("population_p999", x.population_p999);
  visit("population_max", x.population_max);
  visit("box_p99", x.box_p99);
  visit("box_max", x.box_max);
  visit("cvode_samples", x.cvode_samples);
  visit("cvode_max", x.cvode_max);
  visit("noise_bound", x.noise_bound);
  visit("transforms", x.transforms);
}

template <class T>
json to_object(const T& value) {
  json out = json::object();
  fields_of(static_cast<T*>(nullptr), value,
            [&](const char* key, const auto& member) { out[key] = member; });
  return out;
}

template <class T>
T from_object(const json& in) {
  T value;
  fields_of(static_cast<T*>(nullptr), value,
            [&](const char* key, auto& member) { in.at(key).get_to(member); });
  return value;
}

template <class T>
json to_array(const std::vector<T>& values) {
  json out = json::array();
  for (const T& value : values) out.push_back(to_object(value));
  return out;
}

template <class T>
std::vector<T> from_array(const json& in) {
  std::vector<T> out;
  for (const json& value : in) out.push_back(from_object<T>(value));
  return out;
}

json stage_header(const Stage& stage) {
  json constants = json::object();
  for (const auto& [name, constant] : stage.constants) {
    constants[name] = json{{"rows", constant.rows}, {"columns", constant.columns}};
  }
  return {{"circuit", circuit::print(stage.circuit)}, {"constants", constants}};
}

// What version 1 can say: one output as it is.
bool is_first_version(const OutputGrid& out) {
  return out.outputs.size() == 1 && out.outputs[0].link.empty() && out.modes.columns == 0 &&
         std::all_of(out.regimens.begin(), out.regimens.end(),
                     [](const Regimen& r) { return r.settings.empty(); });
}

bool compares(const OutputGrid& out) {
  return std::any_of(out.regimens.begin(), out.regimens.end(),
                     [](const Regimen& r) { return !r.minus.empty(); });
}

int version_of(const Program& p) {
  if (!p.cells.empty()) return 4;
  if (p.layout != Layout::kBasis || compares(p.output)) return 3;
  return is_first_version(p.output) ? 1 : 2;
}

json output_header(const OutputGrid& out, int version) {
  json header = {{"dose_unit", out.dose_unit},
                 {"regimens", to_array(out.regimens)},
                 {"times_h", out.times_h},
                 {"peak", out.peak},
                 {"linear_in_dose", out.linear_in_dose}};
  if (version == 1) {
    const Output& only = out.outputs[0];
    header["name"] = only.name;
    header["unit"] = only.unit;
    header["description"] = only.description;
    header["transform"] = only.transform;
    return header;
  }
  header["outputs"] = to_array(out.outputs);
  header["modes"] = out.modes.columns;
  for (std::size_t r = 0; r < out.regimens.size(); ++r) {
    header["regimens"][r]["settings"] = to_array(out.regimens[r].settings);
    if (version >= 3) header["regimens"][r]["minus"] = out.regimens[r].minus;
  }
  return header;
}

json header_of(const Program& p) {
  const int version = version_of(p);
  json header = {{"name", p.name},
                 {"model", p.model},
                 {"model_digest", p.model_digest},
                 {"question", p.question},
                 {"citation", p.citation},
                 {"formula", p.formula},
                 {"parameters", to_array(p.parameters)},
                 {"inputs", to_array(p.inputs)},
                 {"output", output_header(p.output, version)},
                 {"certificate", to_object(p.certificate)},
                 {"basis", stage_header(p.basis)},
                 {"readout", stage_header(p.readout)}};
  if (version >= 3) {
    header["layout"] = p.layout;
    header["expansion"] = p.expansion;
  }
  if (version == 4)
    header["cells"] = {{"splits", to_array(p.cells.splits)}, {"sizes", p.cells.sizes}};
  return header;
}

void read_output(const json& in, OutputGrid& out) {
  in.at("dose_unit").get_to(out.dose_unit);
  out.regimens = from_array<Regimen>(in.at("regimens"));
  in.at("times_h").get_to(out.times_h);
  in.at("peak").get_to(out.peak);
  in.at("linear_in_dose").get_to(out.linear_in_dose);
  if (!in.contains("outputs")) {
    Output only;
    in.at("name").get_to(only.name);
    in.at("unit").get_to(only.unit);
    in.at("description").get_to(only.description);
    in.at("transform").get_to(only.transform);
    out.outputs.push_back(std::move(only));
    return;
  }
  out.outputs = from_array<Output>(in.at("outputs"));
  in.at("modes").get_to(out.modes.columns);
  for (std::size_t r = 0; r < out.regimens.size(); ++r) {
    const json& regimen = in.at("regimens")[r];
    out.regimens[r].settings = from_array<Setting>(regimen.at("settings"));
    if (regimen.contains("minus")) regimen.at("minus").get_to(out.regimens[r].minus);
  }
}

// Before anything is allocated for them.
Status read_modes(ByteReader& doubles, OutputGrid& out) {
  const std::size_t columns = out.modes.columns;
  if (columns == 0) return {};
  const std::size_t rows = out.values(), available = doubles.remaining() / sizeof(double);
  if (rows > available / columns) {
    return Error{ErrorCode::kParse, "program: " + std::to_string(rows) + " x " +
                                        std::to_string(columns) + " modes but " +
                                        std::to_string(available) + " doubles are left"};
  }
  out.modes.rows = rows;
  out.modes.values.resize(rows * columns);
  for (double& value : out.modes.values) value = doubles.f64();
  if (!std::all_of(out.modes.values.begin(), out.modes.values.end(),
                   [](double v) { return std::isfinite(v); })) {
    return Error{ErrorCode::kParse, "program: a mode is not finite"};
  }
  return {};
}

void read_header(const json& in, Program& p) {
  in.at("name").get_to(p.name);
  in.at("model").get_to(p.model);
  in.at("model_digest").get_to(p.model_digest);
  in.at("question").get_to(p.question);
  in.at("citation").get_to(p.citation);
  in.at("formula").get_to(p.formula);
  p.parameters = from_array<Parameter>(in.at("parameters"));
  p.inputs = from_array<Input>(in.at("inputs"));
  read_output(in.at("output"), p.output);
  p.certificate = from_object<Certificate>(in.at("certificate"));
  if (!in.contains("layout")) return;
  in.at("layout").get_to(p.layout);
  in.at("expansion").get_to(p.expansion);
  if (!in.contains("cells")) return;
  p.cells.splits = from_array<Split>(in.at("cells").at("splits"));
  in.at("cells").at("sizes").get_to(p.cells.sizes);
}

Status read_stage(const json& in, ByteReader& doubles, Stage& stage) {
  auto parsed = circuit::parse(in.at("circuit").get_ref<const std::string&>());
  if (!parsed) return parsed.error();
  stage.circuit = std::move(*parsed);
  const json& constants = in.at("constants");
  if (constants.size() > circuit::kMaxConstants) {
    return Error{ErrorCode::kLimit, "program: " + std::to_string(constants.size()) + " constants"};
  }
  for (const auto& [name, shape] : constants.items()) {
    circuit::Constant constant;
    shape.at("rows").get_to(constant.rows);
    shape.at("columns").get_to(constant.columns);
    // Held against the bytes that are there before anything is allocated.
    const std::size_t available = doubles.remaining() / sizeof(double);
    if (constant.columns == 0 || constant.rows > available / constant.columns) {
      return Error{ErrorCode::kParse, "program: constant @" + name + " of " +
                                          std::to_string(constant.rows) + " x " +
                                          std::to_string(constant.columns) + " but " +
                                          std::to_string(available) + " doubles are left"};
    }
    constant.values.resize(constant.rows * constant.columns);
    for (double& value : constant.values) value = doubles.f64();
    stage.constants.emplace(name, std::move(constant));
  }
  return circuit::verify(stage.circuit, stage.constants);
}

std::size_t input_count(const circuit::Circuit& circuit) {
  const auto is_input = [](const circuit::Node& n) { return n.op == circuit::Op::kInput; };
  return static_cast<std::size_t>(
      std::count_if(circuit.nodes.begin(), circuit.nodes.end(), is_input));
}

Error mismatch(const std::string& why) { return {ErrorCode::kMismatch, "program: " + why}; }

bool box_is_fine(Transform transform, double low, double typical, double high) {
  return std::isfinite(low) && std::isfinite(high) && low < high && low <= typical &&
         typical <= high && (transform == Transform::kLinear || low > 0);
}

Status check_inputs(const Program& p) {
  std::vector<std::string> names;
  for (const Parameter& x : p.parameters) {
    if (!box_is_fine(x.transform, x.low, x.typical, x.high)) {
      return mismatch("parameter " + x.name + " has no box low <= typical <= high");
    }
    if (std::find(names.begin(), names.end(), x.name) != names.end()) {
      return mismatch("parameter " + x.name + " occurs twice");
    }
    names.push_back(x.name);
  }
  for (const Input& x : p.inputs) {
    if (!box_is_fine(x.transform, x.low, x.typical, x.high)) {
      return mismatch("input " + x.name + " has no box low <= typical <= high");
    }
    if (const auto formula = Formula::parse(x.postfix, names); !formula) return formula.error();
  }
  return {};
}

Status check_output(const OutputGrid& out) {
  const std::size_t rows = out.rows(), columns = out.times_h.size();
  if (rows == 0 || columns == 0 || rows > kMaxGrid / columns) {
    return mismatch(std::to_string(out.outputs.size()) + " outputs x " +
                    std::to_string(out.regimens.size()) + " regimens x " + std::to_string(columns) +
                    " times");
  }
  if (out.peak.size() != rows) {
    return mismatch(std::to_string(out.peak.size()) + " peaks for " + std::to_string(rows) +
                    " curves");
  }
  for (const Output& o : out.outputs) {
    if (o.link.empty()) continue;
    if (const auto formula = Formula::parse(o.link, {"x"}); !formula) return formula.error();
  }
  if (!std::all_of(out.peak.begin(), out.peak.end(),
                   [](double v) { return std::isfinite(v) && v > 0; })) {
    return mismatch("a peak is not positive");
  }
  for (const Regimen& r : out.regimens) {
    const bool fine = std::isfinite(r.dose) && r.count >= 1 && r.count <= 1000 &&
                      r.interval_h >= 0 && r.start_h >= 0 && r.infusion_h >= 0 &&
                      (r.count == 1 || r.interval_h > 0);
    if (!fine) return mismatch("regimen " + r.id + " is not a plan of doses");
    if (!r.minus.empty() && out.find(r.minus) == nullptr)
      return mismatch("regimen " + r.id + " takes off '" + r.minus + "', which is not there");
  }
  return {};
}

bool is_function(const Degrees& degrees, std::size_t inputs) {
  int before = -1;
  for (const auto& [input, degree] : degrees) {
    const bool fine = input > before && static_cast<std::size_t>(input) < inputs && degree >= 1 &&
                      degree <= kMaxDegree;
    if (!fine) return false;
    before = input;
  }
  return true;
}

Status check_expansion(const Program& p) {
  if (p.layout != Layout::kExpanded) {
    return p.expansion.empty() ? Status() : mismatch("an expansion that its layout does not use");
  }
  if (p.expansion.empty() || p.expansion.size() > p.basis.circuit.chain.slot_count())
    return mismatch(std::to_string(p.expansion.size()) + " functions in the expansion");
  for (const Degrees& degrees : p.expansion) {
    if (!is_function(degrees, p.inputs.size()))
      return mismatch("the expansion names a degree or an input that is not there");
  }
  const circuit::Node& input = p.basis.circuit.nodes[0];
  if (input.period == std::bit_ceil(p.expansion.size())) return {};
  return mismatch("the basis circuit's input has period " + std::to_string(input.period) + " for " +
                  std::to_string(p.expansion.size()) + " functions");
}

Status check_cells_of(const Program& p) {
  if (p.cells.empty() && p.cells.sizes.empty()) return {};
  if (p.layout == Layout::kCohort) return mismatch("a cohort has no cells");
  if (Status s = check_cells(p.cells, p.inputs.size()); !s) return s;
  const std::size_t functions = p.cells.functions(), slots = p.basis.circuit.chain.slot_count();
  if (functions > slots || (!p.expansion.empty() && functions != p.expansion.size()))
    return mismatch(std::to_string(functions) + " functions in cells");
  for (const circuit::Node& node : p.basis.circuit.nodes) {
    if (node.op == circuit::Op::kInput && node.period != std::bit_ceil(functions))
      return mismatch("an input of period " + std::to_string(node.period) + " for " +
                      std::to_string(functions) + " functions in cells");
  }
  return {};
}

// What the basis stage returns is what the readout takes.
Status check_handing_on(const circuit::Circuit& basis, const circuit::Circuit& readout) {
  if (!(basis.chain == readout.chain)) return mismatch("basis and readout have different chains");
  if (input_count(readout) != basis.outputs.size()) {
    return mismatch("the basis returns " + std::to_string(basis.outputs.size()) +
                    " values, the readout takes " + std::to_string(input_count(readout)));
  }
  auto returned = basis.outputs.begin();
  for (const circuit::Node& taken : readout.nodes) {
    if (taken.op != circuit::Op::kInput) continue;
    const circuit::Node& made = basis.nodes[*returned++];
    if (made.level != taken.level || std::abs(made.scale - taken.scale) > 0x1p-40 * made.scale)
      return mismatch("the readout's input has another level or scale than the basis");
  }
  return {};
}

Status check_shapes(const Program& p) {
  if (Status s = check_inputs(p); !s) return s;
  const circuit::Circuit &basis = p.basis.circuit, &readout = p.readout.circuit;
  const bool cohort = p.layout == Layout::kCohort;
  if (Status s = check_cells_of(p); !s) return s;
  // Cells add the one that says which.
  const std::size_t taken = p.layout == Layout::kExpanded
                                ? 1
                                : p.inputs.size() + static_cast<std::size_t>(!p.cells.empty());
  if (input_count(basis) != taken) {
    return mismatch(std::to_string(taken) + " inputs, but the basis circuit takes " +
                    std::to_string(input_count(basis)));
  }
  if (Status s = check_handing_on(basis, readout); !s) return s;
  if (basis.outputs.size() != (cohort ? taken : 1))
    return mismatch("the basis returns " + std::to_string(basis.outputs.size()) + " values");
  if (readout.outputs.size() != (cohort ? p.output.slots() : 1))
    return mismatch("the readout returns " + std::to_string(readout.outputs.size()) + " values");
  if (!cohort && p.output.slots() > readout.chain.slot_count())
    return mismatch("more results than slots");
  return check_expansion(p);
}

Result<Program> read(ByteView bytes) {
  const std::string_view all = as_text(bytes);
  const auto starts = [all](std::string_view magic) { return all.starts_with(magic); };
  if (std::none_of(kMagic.begin(), kMagic.end(), starts)) {
    const bool other = all.starts_with(kMagicStem);
    return Error{other ? ErrorCode::kVersion : ErrorCode::kParse,
                 other ? "program: a format version that this build does not know; it reads 1 to 4"
                       : "program: does not begin with 'salus-program 1' to 4"};
  }
  std::size_t length = 0;
  const char* begin = all.data() + kMagic[0].size();
  const char* end = all.data() + all.size();
  const auto [stop, error] = std::from_chars(begin, end, length);
  const std::size_t left = static_cast<std::size_t>(end - stop);
  if (error != std::errc{} || left == 0 || *stop != '\n' || length > left - 1) {
    return Error{ErrorCode::kParse, "program: bad header length"};
  }
  if (length > kMaxHeaderBytes) return Error{ErrorCode::kLimit, "program: header too long"};
  Program p;
  const json header = json::parse(stop + 1, stop + 1 + length);
  read_header(header, p);
  ByteReader doubles(bytes.subspan(static_cast<std::size_t>(stop + 1 - all.data()) + length));
  if (Status s = read_stage(header.at("basis"), doubles, p.basis); !s) return s.error();
  if (Status s = read_stage(header.at("readout"), doubles, p.readout); !s) return s.error();
  if (Status s = check_output(p.output); !s) return s.error();
  if (Status s = read_modes(doubles, p.output); !s) return s.error();
  if (doubles.remaining() != 0) {
    return Error{ErrorCode::kParse, "program: " + std::to_string(doubles.remaining()) +
                                        " bytes after the last constant"};
  }
  if (Status s = check_shapes(p); !s) return s.error();
  return p;
}

}  // namespace

Bytes serialize(const Program& program) {
  const std::string header = header_of(program).dump();
  Bytes out;
  append(out, as_bytes(kMagic.at(static_cast<std::size_t>(version_of(program) - 1))));
  append(out, as_bytes(std::to_string(header.size()) + "\n"));
  append(out, as_bytes(header));
  for (const Stage* stage : {&program.basis, &program.readout}) {
    for (const auto& [name, constant] : stage->constants) {
      for (const double value : constant.values) append_f64(out, value);
    }
  }
  for (const double value : program.output.modes.values) append_f64(out, value);
  return out;
}

Result<Program> parse(ByteView bytes) {
  if (bytes.size() > kMaxProgramBytes) {
    return Error{ErrorCode::kLimit, "program of " + std::to_string(bytes.size()) +
                                        " bytes; at most " + std::to_string(kMaxProgramBytes)};
  }
  try {
    Result<Program> program = read(bytes);
    if (!program) return program;
    // One byte string per program, or its digest would not be its name; also refuses unknown keys.
    const Bytes canonical = serialize(*program);
    if (!std::equal(canonical.begin(), canonical.end(), bytes.begin(), bytes.end())) {
      return Error{ErrorCode::kParse, "program: not in canonical form"};
    }
    return program;
  } catch (const json::exception& e) {
    return Error{ErrorCode::kParse, std::string("program: ") + e.what()};
  }
}

}  // namespace salus::program
