#include "model/reference.h"

#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include <algorithm>
#include <cmath>

#include "model/equations.h"
#include "model/validate.h"

namespace salus::model {

std::vector<Dose> repeated_dose(double amount, double start_h, double interval_h, int count,
                                double infusion_h) {
  std::vector<Dose> out;
  for (int i = 0; i < count; ++i) out.push_back({start_h + i * interval_h, amount, infusion_h});
  return out;
}

Result<Values> complete(const Model& model, const Values& given) {
  for (const auto& [name, value] : given) {
    if (model.parameter(name) == nullptr) {
      return Error{ErrorCode::kInvalidArgument, model.name + " has no parameter '" + name + "'"};
    }
  }
  Values out;
  for (const Parameter& p : model.parameters) {
    const auto found = given.find(p.name);
    const std::string what = model.name + ": parameter " + p.name;
    if (found == given.end() && p.is_private) {
      return Error{ErrorCode::kInvalidArgument, what + " is missing; give a value in " + p.unit};
    }
    const double value = found == given.end() ? p.typical : found->second;
    if (!std::isfinite(value) || (p.transform == Transform::kLog && value <= 0)) {
      return Error{ErrorCode::kInvalidArgument,
                   what + " must be a finite positive number in " + p.unit};
    }
    out[p.name] = value;
  }
  return out;
}

Result<std::vector<double>> parameter_values(const Model& model, const Values& given) {
  const auto all = complete(model, given);
  if (!all) return all.error();
  std::vector<double> out;
  for (const Parameter& p : model.parameters) out.push_back(all->find(p.name)->second);
  return out;
}

Status validate_schedule(const std::vector<Dose>& doses, const std::vector<double>& times_h) {
  const auto bad = [](double v) { return !std::isfinite(v) || v < 0; };
  for (const Dose& d : doses) {
    if (bad(d.time_h) || !std::isfinite(d.amount) || bad(d.infusion_h)) {
      return Error{ErrorCode::kInvalidArgument,
                   "a dose needs a finite amount, and a time and an infusion time of 0 h or more"};
    }
  }
  for (std::size_t i = 0; i < times_h.size(); ++i) {
    if (bad(times_h[i]) || (i > 0 && times_h[i] < times_h[i - 1])) {
      return Error{ErrorCode::kInvalidArgument,
                   "times must be finite, 0 h or later, and ascend: entry " + std::to_string(i)};
    }
  }
  return {};
}

namespace {

constexpr double kAbsoluteOfRelative = 1e-3;  // of the relative tolerance, of the states' sizes
constexpr long kMaxSteps = 1'000'000;

struct Problem {
  const Equations* equations;
  std::vector<double> values;
  double infusion_rate = 0;
};

int right_hand_side(sunrealtype time_h, N_Vector y, N_Vector out, void* user) {
  auto& problem = *static_cast<Problem*>(user);
  const std::size_t n = problem.equations->state_count();
  problem.equations->rates(problem.values, time_h, {N_VGetArrayPointer(y), n},
                           {N_VGetArrayPointer(out), n});
  N_VGetArrayPointer(out)[problem.equations->dose_state()] += problem.infusion_rate;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(N_VGetArrayPointer(out)[i])) return -1;
  }
  return 0;
}

/// CVODE with everything it owns.
class Cvode {
 public:
  Cvode(Problem& problem, const std::vector<double>& initial, double relative_tolerance,
        double absolute_tolerance)
      : problem_(&problem) {
    const auto n = static_cast<sunindextype>(problem.equations->state_count());
    SUNContext_Create(nullptr, &context_);
    state_ = N_VNew_Serial(n, context_);
    std::copy(initial.begin(), initial.end(), states());
    matrix_ = SUNDenseMatrix(n, n, context_);
    solver_ = SUNLinSol_Dense(state_, matrix_, context_);
    memory_ = CVodeCreate(CV_BDF, context_);
    const bool ready = CVodeInit(memory_, right_hand_side, 0, state_) == CV_SUCCESS &&
                       CVodeSStolerances(memory_, relative_tolerance, absolute_tolerance) == 0 &&
                       CVodeSetUserData(memory_, problem_) == 0 &&
                       CVodeSetLinearSolver(memory_, solver_, matrix_) == 0 &&
                       CVodeSetMaxNumSteps(memory_, kMaxSteps) == 0 &&
                       CVodeSetErrHandlerFn(
                           memory_, [](int, auto, auto, auto, void*) {}, nullptr) == 0;
    check(ready, "CVODE could not be set up");
  }
  ~Cvode() {
    CVodeFree(&memory_);
    SUNLinSolFree(solver_);
    SUNMatDestroy(matrix_);
    N_VDestroy(state_);
    SUNContext_Free(&context_);
  }
  Cvode(const Cvode&) = delete;
  Cvode& operator=(const Cvode&) = delete;

  double* states() { return N_VGetArrayPointer(state_); }

  /// From where a jump or a new infusion rate has made a new initial value problem, up to `stop`.
  void restart(double at, double stop) {
    CVodeReInit(memory_, at, state_);
    CVodeSetStopTime(memory_, stop);
  }
  bool advance(double to) {
    sunrealtype reached = 0;
    return CVode(memory_, to, state_, &reached, CV_NORMAL) >= 0;
  }

 private:
  Problem* problem_;
  SUNContext context_ = nullptr;
  N_Vector state_ = nullptr;
  SUNMatrix matrix_ = nullptr;
  SUNLinearSolver solver_ = nullptr;
  void* memory_ = nullptr;
};

struct Event {
  double time_h;
  double jump;         // added to the dosed state
  double rate_change;  // of the infusion
};

std::vector<Event> events_of(const std::vector<Dose>& doses, double bioavailability, double lag_h) {
  std::vector<Event> out;
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

/// One patient on the way through the doses.
class Run {
 public:
  Run(const std::string& name, const Equations& equations, const std::vector<double>& parameters,
      const std::vector<Dose>& doses, double tolerance)
      : name_(name),
        equations_(equations),
        problem_{&equations, equations.prepare(parameters), 0},
        initial_(equations.initial(problem_.values)),
        events_(events_of(doses, equations.bioavailability(), equations.lag_h())),
        cvode_(problem_, initial_, tolerance, kAbsoluteOfRelative * tolerance * size_of(doses)) {}

  Result<Curves> to(const std::vector<double>& times_h) {
    Curves out(equations_.output_count(), std::vector<double>(times_h.size()));
    std::size_t next_time = 0;
    while (next_time < times_h.size()) {
      apply_events();
      const bool more_events = next_event_ < events_.size();
      const double stop =
          more_events ? events_[next_event_].time_h : std::max(times_h.back(), now_);
      if (stop > now_) cvode_.restart(now_, stop);
      for (; next_time < times_h.size() && times_h[next_time] <= stop; ++next_time) {
        if (more_events && times_h[next_time] == stop) break;
        if (Status s = advance(times_h[next_time]); !s) return s.error();
        read(next_time, out);
      }
      if (next_time == times_h.size()) break;
      if (Status s = advance(stop); !s) return s.error();
    }
    return out;
  }

 private:
  // What the states are measured by: all drug given and all that is there at the start.
  double size_of(const std::vector<Dose>& doses) const {
    double total = 0;
    for (const Dose& d : doses) total += std::abs(d.amount);
    for (const double x : initial_) total += std::abs(x);
    return std::max(total, 1e-6);
  }

  void apply_events() {
    for (; next_event_ < events_.size() && events_[next_event_].time_h <= now_; ++next_event_) {
      const Event& event = events_[next_event_];
      cvode_.states()[equations_.dose_state()] += event.jump;
      active_ += event.rate_change == 0 ? 0 : event.rate_change > 0 ? 1 : -1;
      problem_.infusion_rate = active_ == 0 ? 0 : problem_.infusion_rate + event.rate_change;
    }
  }

  Status advance(double to) {
    if (to <= now_) return {};
    if (!cvode_.advance(to)) {
      return Error{ErrorCode::kLimit, name_ + ": CVODE stopped between " + std::to_string(now_) +
                                          " h and " + std::to_string(to) +
                                          " h; look for a rate that grows without bound, a "
                                          "division by 0 or a root of a negative number"};
    }
    now_ = to;
    return {};
  }

  void read(std::size_t t, Curves& out) {
    std::vector<double> column(out.size());
    equations_.outputs(problem_.values, now_, {cvode_.states(), equations_.state_count()}, column);
    for (std::size_t o = 0; o < out.size(); ++o) out[o][t] = column[o];
  }

  const std::string& name_;
  const Equations& equations_;
  Problem problem_;
  std::vector<double> initial_;
  std::vector<Event> events_;
  Cvode cvode_;
  std::size_t next_event_ = 0;
  double now_ = 0;
  int active_ = 0;  // running infusions, so that the rate returns to exactly 0
};

}  // namespace

struct ReferenceSolver::State {
  std::string name;
  bool takes_doses;
  Equations equations;
};

ReferenceSolver::ReferenceSolver(const Model& model)
    : state_(
          std::make_shared<State>(State{model.name, model.takes_doses(), Equations::make(model)})) {
}

Result<Curves> ReferenceSolver::curves(const std::vector<double>& parameters,
                                       const std::vector<Dose>& doses,
                                       const std::vector<double>& times_h,
                                       double relative_tolerance) const {
  if (Status s = validate_schedule(doses, times_h); !s) return s.error();
  const Equations& equations = state_->equations;
  if (!doses.empty() && !state_->takes_doses) {
    return Error{ErrorCode::kInvalidArgument,
                 state_->name + " takes no doses; it has no [dose] table"};
  }
  if (equations.state_count() > 0) {
    return Run(state_->name, equations, parameters, doses, relative_tolerance).to(times_h);
  }
  Curves out(equations.output_count(), std::vector<double>(times_h.size()));
  std::vector<double> values = equations.prepare(parameters), column(out.size());
  for (std::size_t t = 0; t < times_h.size(); ++t) {
    equations.outputs(values, times_h[t], {}, column);
    for (std::size_t o = 0; o < out.size(); ++o) out[o][t] = column[o];
  }
  return out;
}

Result<Curves> reference_curves(const Model& model, const Values& parameters,
                                const std::vector<Dose>& doses,
                                const std::vector<double>& times_h) {
  const auto given = parameter_values(model, parameters);
  if (!given) return given.error();
  return ReferenceSolver(model).curves(*given, doses, times_h);
}

Result<std::vector<double>> reference_curve(const Model& model, const Values& parameters,
                                            const std::vector<Dose>& doses,
                                            const std::vector<double>& times_h) {
  auto all = reference_curves(model, parameters, doses, times_h);
  if (!all) return all.error();
  return std::move(all->front());
}

Result<Curves> fast_curves(const Model& model, const Values& parameters,
                           const std::vector<Dose>& doses, const std::vector<double>& times_h) {
  const auto linear = LinearSolver::make(model);
  if (!linear) return reference_curves(model, parameters, doses, times_h);
  return linear->curves(parameters, doses, times_h);
}

}  // namespace salus::model
