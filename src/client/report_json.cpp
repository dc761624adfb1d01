// The report as JSON, both ways.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "client/report.h"

namespace salus::client {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "salus-report 2";

std::string_view name(program::Transform transform) {
  return transform == program::Transform::kLog ? "log" : "linear";
}

program::Transform transform_named(const std::string& name) {
  return name == "log" ? program::Transform::kLog : program::Transform::kLinear;
}

json to_json(const program::Parameter& p) {
  return {{"name", p.name},
          {"unit", p.unit},
          {"description", p.description},
          {"scale", name(p.transform)},
          {"low", p.low},
          {"typical", p.typical},
          {"high", p.high}};
}

program::Parameter parameter_from(const json& n) {
  return {.name = n.at("name"),
          .unit = n.at("unit"),
          .description = n.at("description"),
          .transform = transform_named(n.at("scale")),
          .low = n.at("low"),
          .typical = n.at("typical"),
          .high = n.at("high")};
}

json to_json(const program::Input& i) {
  return {{"name", i.name},
          {"unit", i.unit},
          {"description", i.description},
          {"formula", i.formula},
          {"scale", name(i.transform)},
          {"low", i.low},
          {"typical", i.typical},
          {"high", i.high}};
}

program::Input input_from(const json& n) {
  program::Input input;
  input.name = n.at("name");
  input.unit = n.at("unit");
  input.description = n.at("description");
  input.formula = n.at("formula");
  input.transform = transform_named(n.at("scale"));
  input.low = n.at("low");
  input.typical = n.at("typical");
  input.high = n.at("high");
  return input;
}

json to_json(const program::Setting& setting) {
  return {{"name", setting.name}, {"value", setting.value}};
}

program::Setting setting_from(const json& n) {
  return {.name = n.at("name"), .value = n.at("value")};
}

json to_json(const program::Regimen& r);
json to_json(const program::Output& o);

template <class T>
json list(const std::vector<T>& items) {
  json all = json::array();
  for (const T& item : items) all.push_back(to_json(item));
  return all;
}

template <class T>
std::vector<T> list_from(const json& node, T (*read)(const json&)) {
  std::vector<T> all;
  for (const json& item : node) all.push_back(read(item));
  return all;
}

json to_json(const program::Regimen& r) {
  json out = {{"id", r.id},
              {"label", r.label},
              {"dose", r.dose},
              {"interval_h", r.interval_h},
              {"count", r.count},
              {"start_h", r.start_h},
              {"infusion_h", r.infusion_h},
              {"settings", list(r.settings)}};
  if (!r.minus.empty()) out["minus"] = r.minus;
  return out;
}

program::Regimen regimen_from(const json& n) {
  return {.id = n.at("id"),
          .label = n.at("label"),
          .dose = n.at("dose"),
          .interval_h = n.at("interval_h"),
          .count = n.at("count"),
          .start_h = n.at("start_h"),
          .infusion_h = n.at("infusion_h"),
          .settings = list_from(n.at("settings"), setting_from),
          .minus = n.value("minus", "")};
}

json to_json(const program::Certificate& c) {
  return {{"seed", c.seed},
          {"population_samples", c.population_samples},
          {"box_samples", c.box_samples},
          {"population_median", c.population_median},
          {"population_p99", c.population_p99},
          {"population_p999", c.population_p999},
          {"population_max", c.population_max},
          {"box_p99", c.box_p99},
          {"box_max", c.box_max},
          {"cvode_samples", c.cvode_samples},
          {"cvode_max", c.cvode_max},
          {"noise_bound", c.noise_bound},
          {"transforms", c.transforms}};
}

program::Certificate certificate_from(const json& n) {
  return {.seed = n.at("seed"),
          .population_samples = n.at("population_samples"),
          .box_samples = n.at("box_samples"),
          .population_median = n.at("population_median"),
          .population_p99 = n.at("population_p99"),
          .population_p999 = n.at("population_p999"),
          .population_max = n.at("population_max"),
          .box_p99 = n.at("box_p99"),
          .box_max = n.at("box_max"),
          .cvode_samples = n.at("cvode_samples"),
          .cvode_max = n.at("cvode_max"),
          .noise_bound = n.at("noise_bound"),
          .transforms = n.at("transforms")};
}

json to_json(const program::Output& o) {
  return {{"name", o.name},
          {"unit", o.unit},
          {"description", o.description},
          {"transform", static_cast<int>(o.transform)},
          {"link", o.link}};
}

program::Output one_output_from(const json& n) {
  return {.name = n.at("name"),
          .unit = n.at("unit"),
          .description = n.at("description"),
          .transform = static_cast<program::OutputTransform>(std::clamp(
              n.at("transform").get<int>(), 0, static_cast<int>(program::OutputTransform::kLog))),
          .link = n.at("link")};
}

// Without modes: a report holds curves, not slots.
json to_json(const program::OutputGrid& o) {
  return {{"outputs", list(o.outputs)},
          {"dose_unit", o.dose_unit},
          {"regimens", list(o.regimens)},
          {"times_h", o.times_h},
          {"peak", o.peak},
          {"linear_in_dose", o.linear_in_dose}};
}

program::OutputGrid output_from(const json& n) {
  return {.outputs = list_from(n.at("outputs"), one_output_from),
          .dose_unit = n.at("dose_unit"),
          .regimens = list_from(n.at("regimens"), regimen_from),
          .times_h = n.at("times_h"),
          .peak = n.at("peak"),
          .modes = {},
          .linear_in_dose = n.at("linear_in_dose")};
}

json to_json(const SubjectReport& s, Detail detail) {
  json fitted = json::object();
  json features = json::array();
  for (const ingest::Feature& f : s.features) {
    fitted[f.name] = f.value;
    features.push_back({{"name", f.name}, {"value", f.value}, {"unit", f.unit}});
  }
  json measured = json::array();
  for (const ingest::Observation& o : s.measured) measured.push_back({o.time_h, o.value});
  json node = {{"id", s.id},
               {"weight_kg", s.weight_kg},
               {"dose", s.dose},
               {"rescaled", s.rescaled},
               {"origin", s.origin},
               {"fitted", fitted},
               {"features", features},
               {"measured", measured},
               {"measured_outside", s.measured_outside},
               {"key_id", s.key_id},
               {"run_id", s.run_id},
               {"verified", !s.log.empty()},
               {"log", s.log},
               {"log_entry", s.log_entry},
               {"upload_bytes", s.upload_bytes},
               {"key_bytes", s.key_bytes},
               {"ciphertext_bytes", s.ciphertext_bytes},
               {"result_bytes", s.result_bytes},
               {"server_seconds", s.server_seconds},
               {"basis_seconds", s.basis_seconds},
               {"readout_seconds", s.readout_seconds},
               {"encode_seconds", s.encode_seconds},
               {"basis_reused", s.basis_reused},
               {"encrypted_vs_clear_error", s.encrypted_vs_clear_error}};
  if (s.max_rel_error) node["max_rel_error"] = *s.max_rel_error;
  if (s.rmse_measured) node["rmse_measured"] = *s.rmse_measured;
  node["bands"] = s.bands;
  if (detail == Detail::kWhole) node["curves"] = s.curves;
  return node;
}

std::optional<double> optional_number(const json& n, const char* key) {
  if (!n.contains(key)) return std::nullopt;
  return n.at(key).get<double>();
}

SubjectReport subject_from(const json& n) {
  SubjectReport s;
  s.id = n.at("id");
  s.weight_kg = n.at("weight_kg");
  s.dose = n.at("dose");
  s.rescaled = n.at("rescaled");
  s.origin = n.at("origin");
  for (const json& f : n.at("features")) {
    s.features.push_back({f.at("name"), f.at("value"), f.at("unit")});
  }
  for (const json& o : n.at("measured")) s.measured.push_back({o.at(0), o.at(1)});
  s.measured_outside = n.at("measured_outside");
  s.key_id = n.at("key_id");
  s.run_id = n.at("run_id");
  s.log = n.value("log", "");
  s.log_entry = n.value("log_entry", std::uint64_t{0});
  s.upload_bytes = n.at("upload_bytes");
  s.key_bytes = n.at("key_bytes");
  s.ciphertext_bytes = n.at("ciphertext_bytes");
  s.result_bytes = n.at("result_bytes");
  s.server_seconds = n.at("server_seconds");
  s.basis_seconds = n.at("basis_seconds");
  s.readout_seconds = n.at("readout_seconds");
  s.encode_seconds = n.at("encode_seconds");
  s.basis_reused = n.at("basis_reused");
  s.encrypted_vs_clear_error = n.at("encrypted_vs_clear_error");
  s.max_rel_error = optional_number(n, "max_rel_error");
  s.rmse_measured = optional_number(n, "rmse_measured");
  s.bands = n.at("bands").get<std::vector<double>>();
  s.curves = n.at("curves").get<std::vector<std::vector<double>>>();
  return s;
}

json basis_to_json(const ReportBasis& b) {
  return {{"program", b.program_name},
          {"program_digest", b.program_digest},
          {"model", b.model},
          {"question", b.question},
          {"formula", b.formula},
          {"citation", b.citation},
          {"parameters", list(b.parameters)},
          {"inputs", list(b.inputs)},
          {"output", to_json(b.output)},
          {"certificate", to_json(b.certificate)},
          {"security_bits", b.security_bits},
          {"log_n", b.log_n},
          {"log_qp", b.log_qp},
          {"prime_count", b.prime_count}};
}

ReportBasis basis_from(const json& n) {
  ReportBasis b;
  b.program_name = n.at("program");
  b.program_digest = n.at("program_digest");
  b.model = n.at("model");
  b.question = n.at("question");
  b.formula = n.at("formula");
  b.citation = n.at("citation");
  b.parameters = list_from(n.at("parameters"), parameter_from);
  b.inputs = list_from(n.at("inputs"), input_from);
  b.output = output_from(n.at("output"));
  b.certificate = certificate_from(n.at("certificate"));
  b.security_bits = n.at("security_bits");
  b.log_n = n.at("log_n");
  b.log_qp = n.at("log_qp");
  b.prime_count = n.at("prime_count");
  return b;
}

/// The figures that somebody comparing runs looks for, at the top.
void add_headline(const Report& report, json& node) {
  double clear = 0;
  std::vector<double> reference;
  for (const SubjectReport& s : report.subjects) {
    clear = std::max(clear, s.encrypted_vs_clear_error);
    if (s.max_rel_error) reference.push_back(*s.max_rel_error);
  }
  node["security_bits"] = report.basis.security_bits;
  node["ring_degree"] = std::uint64_t{1} << report.basis.log_n;
  node["log_qp"] = report.basis.log_qp;
  node["noise_bound"] = report.basis.certificate.noise_bound;
  node["max_error_encrypted_vs_clear"] = clear;
  if (reference.empty()) return;
  std::ranges::sort(reference);
  const std::size_t n = reference.size();
  node["max_rel_error"] = reference.back();
  node["median_rel_error"] = (reference[(n - 1) / 2] + reference[n / 2]) / 2;
}

Status require_shape(const Report& report) {
  const program::OutputGrid& output = report.basis.output;
  for (const SubjectReport& s : report.subjects) {
    bool fine = !s.curves.empty() && s.curves.size() == output.rows() &&
                s.bands.size() == output.rows() && !output.times_h.empty();
    for (const auto& curve : s.curves) fine = fine && curve.size() == output.times_h.size();
    if (!fine) {
      return Error{ErrorCode::kParse,
                   "report: curves of subject " + s.id + " do not fit regimens and times"};
    }
  }
  if (!std::ranges::is_sorted(output.times_h, std::less_equal<double>())) {
    return Error{ErrorCode::kParse, "report: times do not ascend"};
  }
  return {};
}

}  // namespace

std::string print_json(const Report& report, Detail detail) {
  json node = {{"format", kFormat}, {"created_at", report.created_at}};
  add_headline(report, node);
  node["basis"] = basis_to_json(report.basis);
  node["subjects"] = json::array();
  for (const SubjectReport& s : report.subjects) node["subjects"].push_back(to_json(s, detail));
  return node.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Report> parse_report(std::string_view text) {
  if (text.size() > kMaxReportBytes) {
    return Error{ErrorCode::kLimit,
                 "report: more than the limit of " + std::to_string(kMaxReportBytes) + " bytes"};
  }
  try {
    const json node = json::parse(text);
    if (node.at("format") != kFormat) {
      return Error{ErrorCode::kVersion,
                   "report: this build reads \"" + std::string(kFormat) + "\""};
    }
    Report report{.basis = basis_from(node.at("basis")),
                  .created_at = node.at("created_at"),
                  .subjects = list_from(node.at("subjects"), subject_from)};
    if (const Status fine = require_shape(report); !fine) return fine.error();
    return report;
  } catch (const json::exception& failed) {
    return Error{ErrorCode::kParse, std::string("report: ") + failed.what()};
  }
}

}  // namespace salus::client
