#include "ingest/fhir.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "ingest/date.h"
#include "ingest/json_text.h"
#include "ingest/vocabulary.h"

namespace salus::ingest {
namespace {

using nlohmann::json;

constexpr std::string_view kLoinc = "http://loinc.org";
constexpr std::string_view kUcum = "http://unitsofmeasure.org";
constexpr std::size_t kMaxResources = 200'000;
constexpr int kMaxDepth = 64;  // of JSON; FHIR's own resources stay below 20

// Members that may be missing or of another type: then nothing.
const json* member(const json& node, const char* name) {
  if (!node.is_object()) return nullptr;
  const auto found = node.find(name);
  return found == node.end() ? nullptr : &*found;
}

std::string text_of(const json* node) {
  return node != nullptr && node->is_string() ? node->get<std::string>() : "";
}

std::string text_of(const json& node, const char* name) { return text_of(member(node, name)); }

// "Observation/id"
std::string name_of(const json& resource) {
  const std::string id = text_of(resource, "id");
  return text_of(resource, "resourceType") + "/" + (id.empty() ? "(no id)" : id.substr(0, 64));
}

// The LOINC codes of a code or component.
std::vector<std::string> loinc_of(const json& node) {
  std::vector<std::string> out;
  const json* code = member(node, "code");
  const json* codings = code == nullptr ? nullptr : member(*code, "coding");
  if (codings == nullptr || !codings->is_array()) return out;
  for (const json& coding : *codings) {
    if (text_of(coding, "system") == kLoinc) out.push_back(text_of(coding, "code").substr(0, 32));
  }
  return out;
}

class Reader {
 public:
  explicit Reader(PatientRecord& out) : out_(out) {}

  Status take(const json& document) {
    if (text_of(document, "resourceType") != "Bundle") return add(document, "");
    const json* entries = member(document, "entry");
    if (entries == nullptr || !entries->is_array()) return {};
    for (const json& entry : *entries) {
      const json* resource = member(entry, "resource");
      if (resource == nullptr) continue;
      if (Status s = add(*resource, text_of(entry, "fullUrl")); !s) return s;
    }
    return {};
  }

  Status finish() {
    if (patients_.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   "no Patient among " + std::to_string(count_) +
                       " resources; whose the values are cannot be told"};
    }
    if (patients_.size() > 1) {
      return Error{ErrorCode::kInvalidArgument,
                   std::to_string(patients_.size()) + " patients (" + name_of(patients_[0]) + ", " +
                       name_of(patients_[1]) + ", ...); a twin is of one: split the file"};
    }
    read_patient(patients_[0]);
    for (const json& observation : observations_) read_observation(observation);
    return {};
  }

 private:
  Status add(const json& resource, const std::string& full_url) {
    if (++count_ > kMaxResources)
      return Error{ErrorCode::kLimit, "more than " + std::to_string(kMaxResources) + " resources"};
    const std::string type = text_of(resource, "resourceType");
    if (type.empty()) {
      return Error{ErrorCode::kParse,
                   "resource " + std::to_string(count_) + " has no resourceType: is this FHIR?"};
    }
    if (type == "Patient") {
      // The same patient in two pages of a search is one.
      const auto same = [&](const json& p) { return name_of(p) == name_of(resource); };
      if (std::any_of(patients_.begin(), patients_.end(), same)) return {};
      patients_.push_back(resource);
      references_.push_back(name_of(resource));
      if (!full_url.empty()) references_.push_back(full_url);
    } else if (type == "Observation") {
      observations_.push_back(resource);
    } else {
      out_.unused.push_back(
          {name_of(resource), "", "a " + type.substr(0, 40) + " holds no number that models use"});
    }
    return {};
  }

  void read_patient(const json& patient) {
    out_.patient = text_of(patient, "id");
    out_.birth_date = text_of(patient, "birthDate");
    const std::string gender = text_of(patient, "gender");
    if (gender == "female" || gender == "male") out_.sex = gender;
    if (const std::string birth = birth_sex(patient); !birth.empty()) out_.sex = birth;
  }

  // Formulas of kidney and liver were fitted to it; US Core's extension.
  static std::string birth_sex(const json& patient) {
    const json* extensions = member(patient, "extension");
    if (extensions == nullptr || !extensions->is_array()) return "";
    for (const json& e : *extensions) {
      if (!text_of(e, "url").ends_with("/us-core-birthsex")) continue;
      const std::string code = text_of(e, "valueCode");
      return code == "F" ? "female" : code == "M" ? "male" : "";
    }
    return "";
  }

  void refuse(const json& observation, const std::string& code, const std::string& why) {
    out_.unused.push_back({name_of(observation), code, why});
  }

  void read_observation(const json& observation) {
    const auto codes = loinc_of(observation);
    const std::string shown = codes.empty() ? "" : codes[0];
    const std::string status = text_of(observation, "status");
    if (status != "final" && status != "amended" && status != "corrected")
      return refuse(observation, shown, "its status is '" + status.substr(0, 20) + "'");
    const json* subject = member(observation, "subject");
    const std::string reference = subject == nullptr ? "" : text_of(*subject, "reference");
    if (std::find(references_.begin(), references_.end(), reference) == references_.end())
      return refuse(observation, shown,
                    reference.empty() ? "it names no subject" : "it is of another subject");
    std::string when = text_of(observation, "effectiveDateTime");
    if (const json* period = member(observation, "effectivePeriod"); when.empty() && period)
      when = text_of(*period, "end");
    const auto instant = instant_of(when);
    if (!instant)
      return refuse(observation, shown, when.empty() ? "it has no time" : "its time is no date");
    const json* components = member(observation, "component");
    if (components == nullptr || !components->is_array())
      return read_value(observation, observation, when, *instant);
    for (const json& component : *components) read_value(observation, component, when, *instant);
    if (member(observation, "valueQuantity") != nullptr)
      read_value(observation, observation, when, *instant);
  }

  // `node` is the observation or one of its components.
  void read_value(const json& observation, const json& node, const std::string& when,
                  std::int64_t instant) {
    const auto codes = loinc_of(node);
    if (codes.empty()) return refuse(observation, "", "it has no LOINC code");
    const Quantity* quantity = nullptr;
    std::string code = codes[0];
    for (const std::string& each : codes) {
      const Quantity* found = quantity_of(each);
      if (found == nullptr) continue;
      if (quantity != nullptr && quantity != found)
        return refuse(
            observation, each,
            "its codes clash: " + std::string(quantity->name) + " and " + std::string(found->name));
      quantity = found;
      code = each;
    }
    if (quantity == nullptr) return refuse(observation, code, "no model uses it");
    const json* value = member(node, "valueQuantity");
    const json* number = value == nullptr ? nullptr : member(*value, "value");
    if (number == nullptr || !number->is_number())
      return refuse(observation, code, "it has no number");
    if (member(*value, "comparator") != nullptr)
      return refuse(observation, code,
                    "its value is a limit (" + text_of(*value, "comparator") + "), not a number");
    const bool coded = text_of(*value, "system") == kUcum;
    const std::string unit = text_of(*value, coded ? "code" : "unit").substr(0, 64);
    const double given = number->get<double>();
    const auto converted = to_quantity(*quantity, given, unit);
    if (!converted) return refuse(observation, code, converted.error().message);
    if (!std::isfinite(*converted)) return refuse(observation, code, "its value is no number");
    out_.readings.push_back({std::string(quantity->name), *converted, std::string(quantity->unit),
                             given, unit, code, when, instant, name_of(observation)});
  }

  PatientRecord& out_;
  std::vector<json> patients_, observations_;
  std::vector<std::string> references_;
  std::size_t count_ = 0;
};

Result<json> parsed(std::string_view text) {
  Result<json> out = parse_json(text, kMaxDepth);
  if (out && !out->is_object()) return Error{ErrorCode::kParse, "no JSON object"};
  return out;
}

Status take_lines(std::string_view text, Reader& reader) {
  std::size_t line = 0;
  while (!text.empty()) {
    ++line;
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto resource = parsed(one);
    if (!resource)
      return Error{resource.error().code,
                   "line " + std::to_string(line) + ": " + resource.error().message};
    if (Status s = reader.take(*resource); !s) return s;
  }
  return {};
}

}  // namespace

Result<PatientRecord> read_fhir(const std::vector<NamedText>& texts) {
  PatientRecord out;
  Reader reader(out);
  for (const NamedText& one : texts) {
    const std::string name = one.name.empty() ? "FHIR: " : std::string(one.name) + ": FHIR: ";
    if (one.text.size() > kMaxFhirBytes) {
      return Error{ErrorCode::kLimit, name + std::to_string(one.text.size()) + " bytes, at most " +
                                          std::to_string(kMaxFhirBytes)};
    }
    const auto whole = parsed(one.text);
    const Status taken = whole                                     ? reader.take(*whole)
                         : whole.error().code == ErrorCode::kLimit ? Status(whole.error())
                                                                   : take_lines(one.text, reader);
    if (!taken) return Error{taken.error().code, name + taken.error().message};
  }
  if (Status s = reader.finish(); !s) return Error{s.error().code, "FHIR: " + s.error().message};
  return out;
}

Result<PatientRecord> read_fhir(std::string_view text) {
  return read_fhir(std::vector<NamedText>{{"", text}});
}

namespace {

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// The latest of one quantity; nothing where the latest two clash.
const Reading* latest_of(const std::vector<const Reading*>& readings, std::vector<Unused>& unused) {
  const Reading* best = readings[0];
  for (const Reading* r : readings) {
    if (r->instant > best->instant) best = r;
  }
  bool clash = false;
  for (const Reading* r : readings) {
    if (r == best) continue;
    const bool differs = r->instant == best->instant && r->value != best->value;
    clash = clash || differs;
    unused.push_back({r->source, r->code,
                      (differs                       ? "clashes with "
                       : r->instant == best->instant ? "repeats "
                                                     : "older than ") +
                          best->source});
  }
  if (clash) unused.push_back({best->source, best->code, "clashes with others of the same time"});
  return clash ? nullptr : best;
}

}  // namespace

std::vector<Chosen> latest(const PatientRecord& record, std::optional<std::int64_t> as_of,
                           std::vector<Unused>* unused) {
  std::vector<Unused> ignored;
  std::map<std::string, std::vector<const Reading*>> by_quantity;
  std::int64_t now = INT64_MIN;
  for (const Reading& r : record.readings) {
    if (as_of && r.instant > *as_of) {
      ignored.push_back({r.source, r.code, "later than the date asked for"});
      continue;
    }
    by_quantity[r.quantity].push_back(&r);
    now = std::max(now, r.instant);
  }
  if (as_of) now = *as_of;

  std::vector<Chosen> out;
  const auto add = [&](const char* name, double value, const char* unit, std::string from) {
    out.push_back({{name, value, unit}, std::move(from)});
  };
  const auto born = instant_of(record.birth_date);
  const bool dated = born.has_value() && now != INT64_MIN;
  if (dated) add("age", years_between(*born, now), "a", "birth date " + record.birth_date);
  if (!record.sex.empty()) {
    add("female", record.sex == "female", "1", "sex " + record.sex);
    add("male", record.sex == "male", "1", "sex " + record.sex);
  }
  for (const auto& [name, readings] : by_quantity) {
    const Reading* best = latest_of(readings, ignored);
    if (best == nullptr) continue;
    out.push_back({{name, best->value, best->unit}, best->source + ", " + best->when});
    if (name != "creatinine" || !born || record.sex.empty()) continue;
    const double age = years_between(*born, best->instant);
    const auto rate = ckd_epi_2021(best->value, age, record.sex == "female");
    if (rate)
      add("eGFR", *rate, "mL/min/{1.73_m2}",
          "CKD-EPI 2021 of creatinine " + shown(best->value) + " mg/dL, age " + shown(age));
  }
  if (unused != nullptr) unused->insert(unused->end(), ignored.begin(), ignored.end());
  return out;
}

}  // namespace salus::ingest
