#include "model/patient_run.h"

#include <algorithm>
#include <cmath>

namespace salus::model {
namespace {

constexpr double kAbsoluteOfRelative = 1e-3;  // of the relative tolerance, of the states' sizes
constexpr double kSmallestSize = 1e-6;        // for a model where nothing is there at the start
constexpr double kStepsOfRun = 100;  // at least, where events or jumps might be stepped over

}  // namespace

RunPlan RunPlan::make(const Model& model) {
  RunPlan out{model.name, model.takes_doses(), model.sizes_differ, Equations::make(model), {}, {}};
  out.events = BoundEvents::make(model, out.equations);
  for (std::size_t i = 0; i < model.states.size(); ++i) {
    const Expression& rate = model.states[i].rate;
    const bool rests = rate.kind == ExpressionKind::kNumber && rate.number == 0;
    if (!rests || model.states[i].name == model.dose.state) out.moving.push_back(i);
  }
  return out;
}

PatientRun::PatientRun(const RunPlan& plan, const std::vector<double>& parameters,
                       const std::vector<Dose>& doses, double relative_tolerance)
    : plan_(plan),
      values_(plan.equations.prepare(parameters)),
      states_(plan.equations.initial(values_)),
      rates_(states_.size()),
      held_(plan.moving.size()),
      changes_(changes_of(doses, plan.equations.bioavailability(), plan.equations.lag_h())),
      queue_(plan.events),
      cvode_(*this, start(), relative_tolerance, absolute_tolerances(doses, relative_tolerance)) {}

std::vector<PatientRun::DoseChange> PatientRun::changes_of(const std::vector<Dose>& doses,
                                                           double bioavailability, double lag_h) {
  std::vector<DoseChange> out;
  for (const Dose& d : doses) {
    const double amount = d.amount * bioavailability, start_h = d.time_h + lag_h;
    if (d.infusion_h == 0) {
      out.push_back({start_h, amount, 0});
    } else {
      out.push_back({start_h, 0, amount / d.infusion_h});
      out.push_back({start_h + d.infusion_h, 0, -amount / d.infusion_h});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.time_h < b.time_h; });
  return out;
}

// What the states are measured by: all drug given and all that is there at the start, or each state
// by itself, with the smallest of the others standing in for one that starts at 0.
std::vector<double> PatientRun::absolute_tolerances(const std::vector<Dose>& doses,
                                                    double relative) const {
  double total = 0, smallest = 1;
  for (const Dose& d : doses) total += std::abs(d.amount);
  for (const double x : states_) {
    if (!std::isfinite(x)) continue;
    if (x != 0) smallest = std::min(smallest, std::abs(x));
    total += std::abs(x);
  }
  const double whole = kAbsoluteOfRelative * relative * std::max(total, kSmallestSize);
  std::vector<double> out(std::max<std::size_t>(plan_.moving.size(), 1), whole);
  if (!plan_.sizes_differ) return out;
  for (std::size_t k = 0; k < plan_.moving.size(); ++k) {
    const double x = std::abs(states_[plan_.moving[k]]);
    const double size = x > 0 && std::isfinite(x) ? x : smallest;
    out[k] = std::max(kAbsoluteOfRelative * relative * size, std::numeric_limits<double>::min());
  }
  return out;
}

// CVODE wants at least one state: a model whose states only events change gets one that rests.
std::vector<double> PatientRun::start() const {
  std::vector<double> out(std::max<std::size_t>(plan_.moving.size(), 1));
  for (std::size_t k = 0; k < plan_.moving.size(); ++k) {
    const double x = states_[plan_.moving[k]];
    if (std::isfinite(x)) out[k] = x;
  }
  return out;
}

void PatientRun::take_states(std::span<const double> y) {
  for (std::size_t k = 0; k < plan_.moving.size(); ++k) {
    if (!held_[k]) states_[plan_.moving[k]] = y[k];
  }
}

void PatientRun::give_states() {
  const std::vector<double> y = start();
  std::copy(y.begin(), y.end(), cvode_.y().begin());
  for (std::size_t k = 0; k < plan_.moving.size(); ++k) {
    held_[k] = !std::isfinite(states_[plan_.moving[k]]);
  }
}

bool PatientRun::rates(double time_h, std::span<const double> y, std::span<double> out) {
  take_states(y);
  plan_.equations.rates(values_, time_h, states_, rates_);
  if (infusion_rate_ != 0) rates_[plan_.equations.dose_state()] += infusion_rate_;
  out[0] = 0;
  for (std::size_t k = 0; k < plan_.moving.size(); ++k) {
    out[k] = held_[k] ? 0 : rates_[plan_.moving[k]];
    if (!std::isfinite(out[k])) return false;
  }
  return true;
}

void PatientRun::roots(double time_h, std::span<const double> y, std::span<double> out) {
  take_states(y);
  plan_.equations.enter(values_, time_h, states_);
  plan_.events.roots(values_, out);
}

void PatientRun::restart(double stop) {
  give_states();
  cvode_.restart(now_, stop);
}

void PatientRun::apply_doses() {
  for (; next_change_ < changes_.size() && changes_[next_change_].time_h <= now_; ++next_change_) {
    const DoseChange& change = changes_[next_change_];
    states_[plan_.equations.dose_state()] += change.jump;
    active_ += change.rate_change == 0 ? 0 : change.rate_change > 0 ? 1 : -1;
    infusion_rate_ = active_ == 0 ? 0 : infusion_rate_ + change.rate_change;
  }
}

Status PatientRun::settle_events(bool& changed) {
  if (plan_.events.events().empty()) return {};
  auto happened = queue_.settle(plan_.equations, values_, now_, states_);
  if (!happened) return Error{happened.error().code, plan_.name + ": " + happened.error().message};
  changed = changed || *happened;
  return {};
}

Status PatientRun::advance(double to, double stop) {
  while (now_ < to) {
    const double from = now_;
    const Cvode::Reached reached = cvode_.advance(to, now_);
    if (reached == Cvode::Reached::kNothing) {
      return Error{ErrorCode::kLimit, plan_.name + ": CVODE stopped between " +
                                          std::to_string(from) + " h and " + std::to_string(to) +
                                          " h; look for a rate that grows without bound, a "
                                          "division by 0 or a root of a negative number"};
    }
    take_states(cvode_.y());
    bool changed = false;
    if (Status s = settle_events(changed); !s) return s;
    for (std::size_t r = 0; reached == Cvode::Reached::kRoot && r < root_count(); ++r) {
      changed = changed || (plan_.events.is_jump(r) && cvode_.crossed(r));
    }
    if (changed && now_ < stop) restart(stop);
  }
  return {};
}

void PatientRun::read(std::size_t t, Curves& out) {
  std::vector<double> column(out.size());
  plan_.equations.outputs(values_, now_, states_, column);
  for (std::size_t o = 0; o < out.size(); ++o) out[o][t] = column[o];
}

Result<Curves> PatientRun::to(const std::vector<double>& times_h) {
  Curves out(plan_.equations.output_count(), std::vector<double>(times_h.size()));
  if (root_count() > 0 && !times_h.empty() && times_h.back() > 0) {
    cvode_.limit_step(times_h.back() / kStepsOfRun);
  }
  std::size_t next_time = 0;
  while (next_time < times_h.size()) {
    apply_doses();
    bool changed = false;
    if (Status s = settle_events(changed); !s) return s.error();
    const bool more = next_change_ < changes_.size();
    const double stop = more ? changes_[next_change_].time_h : std::max(times_h.back(), now_);
    if (stop > now_) restart(stop);
    for (; next_time < times_h.size() && times_h[next_time] <= stop; ++next_time) {
      if (more && times_h[next_time] == stop) break;
      if (Status s = advance(times_h[next_time], stop); !s) return s.error();
      read(next_time, out);
    }
    if (next_time == times_h.size()) break;
    if (Status s = advance(stop, stop); !s) return s.error();
  }
  return out;
}

}  // namespace salus::model
