#include "model/template_model.h"

#include <algorithm>
#include <string_view>

namespace salus::model {
namespace {

constexpr std::string_view kText = R"toml(
# A model is this one file. Change a line, then: salus model check FILE
# It says file, line and remedy of the first thing that does not fit. docs/formats/model.md has
# every key; docs/guides/add-a-model.md walks through this file.
title = "One compartment, oral"
description = "A toy: first-order absorption and elimination. Say here of whom, and what it leaves out."
citation = "None: a made-up example. Name the paper and the table that your numbers come from."
time_unit = "h"  # of rates and of time in formulas; every time that is asked for is in hours

# Numbers that differ between people: known to the patient's client, encrypted for the server.
# The box low .. high is what is certified; without low and high it is typical * exp(-3 sd) ..
# typical * exp(3 sd). sd is the population's SD of the logarithm (transform = "linear": of itself).
[[parameter]]
name = "ka"
unit = "1/h"
description = "absorption rate"
typical = 1.5
sd = 0.3

[[parameter]]
name = "CL"
unit = "L/h"
description = "clearance"
typical = 3.0
sd = 0.3

[[parameter]]
name = "V"
unit = "L"
description = "volume of distribution"
typical = 30.0
sd = 0.2
low = 15.0
high = 60.0

# A constant that everybody may know.
[[parameter]]
name = "fraction"
unit = "1"
description = "share of the dose in the gut that is absorbed"
knowledge = "public"
typical = 0.9

# Computed once from parameters and from derived quantities above, before anything is encrypted.
[[derived]]
name = "ke"
unit = "1/h"
description = "elimination rate"
formula = "CL / V"

# What changes with time: d(state)/dt = rate. Units are checked: mg/h here.
[[state]]
name = "gut"
unit = "mg"
description = "amount in the gut"
rate = "-ka * gut"

[[state]]
name = "body"
unit = "mg"
description = "amount in the body"
initial = 0.0  # a number, or a formula of parameters and derived quantities
rate = "fraction * ka * gut - ke * body"

# Computed from states and time; may stand in rates and outputs.
[[variable]]
name = "conc"
unit = "mg/L"
description = "concentration in the body"
formula = "body / V"

# What can be asked for. The first one is the default.
[[output]]
name = "C"
unit = "mg/L"
description = "concentration in plasma"
formula = "conc"

# Where doses go. A model without this table takes none.
[dose]
state = "gut"
unit = "mg"
bioavailability = 1.0

# How the compiler learns the model; without this table all private parameters over 24 h.
[surrogate]
horizon_h = 24.0

# Values that the model must reproduce, from the paper or from a closed form:
# C(t) = fraction * dose * ka / (V (ka - ke)) * (exp(-ke t) - exp(-ka t)).
[[oracle]]
description = "closed form at 4 h"
values = { ka = 1.5, CL = 3.0, V = 30.0 }
dose = 100.0
quantity = "value_at"
at_h = 4.0
expected = 2.14663273
tolerance = 1e-6

[[oracle]]
description = "AUC over all time is fraction * dose / CL"
values = { ka = 1.5, CL = 3.0, V = 30.0 }
dose = 100.0
quantity = "auc"
expected = 30.0
tolerance = 1e-3
)toml";

}  // namespace

Result<std::string> template_model(const std::string& name) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool leads = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
  if (!leads || name.size() > 64 || !std::all_of(name.begin(), name.end(), fine)) {
    return Error{ErrorCode::kInvalidArgument,
                 "'" + name +
                     "' is no name for a model: letters, digits and _, at most 64, not led by a "
                     "digit"};
  }
  // The first line names it, right under no blank line.
  return "name = \"" + name + "\"" + std::string(kText);
}

}  // namespace salus::model
