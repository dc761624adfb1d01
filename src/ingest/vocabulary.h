// Which codes of health records mean which quantity, and in what unit the product keeps it.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace salus::ingest {

/// A quantity by the name that models use for it.
struct Quantity {
  std::string_view name;  ///< "creatinine"
  std::string_view unit;  ///< UCUM, "mg/dL"
  double molar_mass =
      0;  ///< g/mol, where laboratories report amounts of substance as well; 0: none
};

/// The quantity of a LOINC code; nullptr for one that no model uses. What a code's formula or
/// method makes different is a different quantity. LOINC codes are used under its licence
/// (loinc.org).
const Quantity* quantity_of(std::string_view loinc);
/// By name; nullptr where there is none.
const Quantity* find_quantity(std::string_view name);

/// In the quantity's unit. Amounts of substance become masses by the molar mass; HbA1c in mmol/mol
/// (IFCC) becomes percent (NGSP) by 0.09148 x + 2.152 (ngsp.org, the IFCC/NGSP master equation); an
/// INR is a pure number; a filtration rate that its code norms to 1.73 m2 may be given as mL/min.
/// Errors: kInvalidArgument (no unit, or one that measures something else).
Result<double> to_quantity(const Quantity& quantity, double value, std::string_view unit);

/// Estimated glomerular filtration rate, mL/min/{1.73_m2}, by CKD-EPI 2021 without race (Inker et
/// al., N Engl J Med 385 (2021) 1737): 142 min(S/k, 1)^a max(S/k, 1)^-1.2 0.9938^age (1.012 for
/// women), k 0.7 and a -0.241 for women, 0.9 and -0.302 for men; S in mg/dL, age in years. Nothing
/// below 18 years, for whom the equation was not made.
std::optional<double> ckd_epi_2021(double creatinine_mg_dl, double age, bool female);

}  // namespace salus::ingest
