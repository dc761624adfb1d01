#include "ingest/vocabulary.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ingest/unit.h"

namespace salus::ingest {
namespace {

struct Entry {
  Quantity quantity;
  std::array<std::string_view, 4> codes;
};

constexpr std::string_view kRate = "mL/min/{1.73_m2}";

constexpr std::array kEntries = std::to_array<Entry>({
    {{"creatinine", "mg/dL", 113.12}, {"2160-0", "38483-4", "14682-9"}},
    {{"weight", "kg"}, {"29463-7"}},
    {{"height", "cm"}, {"8302-2"}},
    {{"albumin", "g/dL"}, {"1751-7"}},
    {{"bilirubin", "mg/dL", 584.66}, {"1975-2", "14631-6"}},
    {{"INR", "1"}, {"6301-6", "34714-6"}},
    {{"AST", "U/L"}, {"1920-8"}},
    {{"ALT", "U/L"}, {"1742-6"}},
    {{"ALP", "U/L"}, {"6768-6"}},
    {{"HbA1c", "%"}, {"4548-4", "59261-8"}},
    {{"glucose", "mg/dL", 180.16}, {"2339-0", "2345-7"}},
    {{"cholesterol", "mg/dL", 386.65}, {"2093-3"}},
    {{"HDL", "mg/dL", 386.65}, {"2085-9"}},
    {{"LDL", "mg/dL", 386.65}, {"18262-6", "13457-7"}},
    {{"triglycerides", "mg/dL", 885.45}, {"2571-8"}},
    {{"sodium", "mmol/L"}, {"2947-0", "2951-2"}},
    {{"potassium", "mmol/L"}, {"6298-4", "2823-3"}},
    {{"chloride", "mmol/L"}, {"2069-3", "2075-0"}},
    {{"calcium", "mg/dL", 40.078}, {"49765-1", "17861-6"}},
    {{"urea_nitrogen", "mg/dL"}, {"6299-2", "3094-0"}},
    {{"haemoglobin", "g/dL"}, {"718-7"}},
    {{"haematocrit", "%"}, {"4544-3"}},
    {{"leukocytes", "10*3/uL"}, {"6690-2"}},
    {{"platelets", "10*3/uL"}, {"777-3"}},
    {{"SBP", "mm[Hg]"}, {"8480-6"}},
    {{"DBP", "mm[Hg]"}, {"8462-4"}},
    {{"heart_rate", "/min"}, {"8867-4"}},
    {{"respiratory_rate", "/min"}, {"9279-1"}},
    {{"SpO2", "%"}, {"59408-5", "2708-6"}},
    {{"temperature", "Cel"}, {"8310-5", "8331-1"}},
    {{"ACR", "mg/g"}, {"9318-7", "14959-1"}},
    {{"tacrolimus", "ng/mL"}, {"11253-2"}},
    {{"phenytoin", "ug/mL"}, {"3968-5"}},
    {{"vancomycin_trough", "ug/mL"}, {"4092-3"}},
    {{"digoxin", "ng/mL"}, {"10535-3"}},
    // Each by its own formula; never merged.
    {{"eGFR_ckd_epi_2021", kRate}, {"98979-8"}},
    {{"eGFR_ckd_epi_2009", kRate}, {"62238-1"}},
    {{"eGFR_mdrd", kRate}, {"33914-3", "77147-7"}},
});

bool is_rate(const Quantity& quantity) { return quantity.unit == kRate; }

}  // namespace

const Quantity* quantity_of(std::string_view loinc) {
  if (loinc.empty()) return nullptr;
  const auto has = [loinc](const Entry& e) {
    return std::find(e.codes.begin(), e.codes.end(), loinc) != e.codes.end();
  };
  const auto found = std::find_if(kEntries.begin(), kEntries.end(), has);
  return found == kEntries.end() ? nullptr : &found->quantity;
}

const Quantity* find_quantity(std::string_view name) {
  const auto found = std::find_if(kEntries.begin(), kEntries.end(),
                                  [name](const Entry& e) { return e.quantity.name == name; });
  return found == kEntries.end() ? nullptr : &found->quantity;
}

Result<double> to_quantity(const Quantity& quantity, double value, std::string_view unit) {
  if (quantity.name == "INR" && unit == "{INR}") return value;
  if (quantity.name == "HbA1c" && unit == "mmol/mol") return 0.09148 * value + 2.152;
  if (is_rate(quantity) && unit == "mL/min") return value;
  const Result<Unit> from = parse_unit(unit), to = parse_unit(quantity.unit);
  if (from && to && quantity.molar_mass > 0 && from->annotation == to->annotation) {
    // n mol become n M grams; the rest of the unit has to agree.
    std::array<int, 4> as_mass = from->exponents;
    as_mass[0] += as_mass[3];
    as_mass[3] = 0;
    if (from->exponents[3] == 1 && as_mass == to->exponents)
      return value * from->factor * quantity.molar_mass / to->factor;
  }
  return convert(value, unit, quantity.unit);
}

std::optional<double> ckd_epi_2021(double creatinine_mg_dl, double age, bool female) {
  if (!(age >= 18) || !(creatinine_mg_dl > 0)) return std::nullopt;
  const double ratio = creatinine_mg_dl / (female ? 0.7 : 0.9);
  return 142 * std::pow(std::min(ratio, 1.0), female ? -0.241 : -0.302) *
         std::pow(std::max(ratio, 1.0), -1.2) * std::pow(0.9938, age) * (female ? 1.012 : 1.0);
}

}  // namespace salus::ingest
