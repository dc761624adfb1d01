#include "model/reference.h"

#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include <algorithm>
#include <cmath>
#include <limits>

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

constexpr double kRelativeTolerance = 1e-10;
constexpr double kAbsoluteTolerance = 1e-13;  // of all drug given
constexpr long kMaxSteps = 1'000'000;

struct Problem {
  const Equations* equations;
  std::vector<double> values;
  double infusion_rate = 0;
};

int right_hand_side(sunrealtype, N_Vector y, N_Vector out, void* user) {
  auto& problem = *static_cast<Problem*>(user);
  const std::size_t n = problem.equations->state_count();
  problem.equations->rates(problem.values, {N_VGetArrayPointer(y), n},
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
  Cvode(Problem& problem, double absolute_tolerance) : problem_(&problem) {
    const auto n = static_cast<sunindextype>(problem.equations->state_count());
    SUNContext_Create(nullptr, &context_);
    state_ = N_VNew_Serial(n, context_);
    std::copy(problem.equations->initial().begin(), problem.equations->initial().end(), states());
    matrix_ = SUNDenseMatrix(n, n, context_);
    solver_ = SUNLinSol_Dense(state_, matrix_, context_);
    memory_ = CVodeCreate(CV_BDF, context_);
    const bool ready = CVodeInit(memory_, right_hand_side, 0, state_) == CV_SUCCESS &&
                       CVodeSStolerances(memory_, kRelativeTolerance, absolute_tolerance) == 0 &&
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

std::vector<Event> events_of(const std::vector<Dose>& doses, double bioavailability) {
  std::vector<Event> out;
  for (const Dose& d : doses) {
    const double amount = d.amount * bioavailability;
    if (d.infusion_h == 0) {
      out.push_back({d.time_h, amount, 0});
    } else {
      out.push_back({d.time_h, 0, amount / d.infusion_h});
      out.push_back({d.time_h + d.infusion_h, 0, -amount / d.infusion_h});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.time_h < b.time_h; });
  return out;
}

}  // namespace

Result<std::vector<double>> reference_curve(const Model& model, const Values& parameters,
                                            const std::vector<Dose>& doses,
                                            const std::vector<double>& times_h) {
  const auto given = parameter_values(model, parameters);
  if (!given) return given.error();
  if (Status s = validate_schedule(doses, times_h); !s) return s.error();

  const Equations equations = Equations::make(model);
  Problem problem{&equations, equations.prepare(*given), 0};
  double total = 0;
  for (const Dose& d : doses) total += std::abs(d.amount);
  for (const double x : equations.initial()) total += std::abs(x);
  Cvode cvode(problem, kAbsoluteTolerance * std::max(total, 1e-6));

  const std::vector<Event> events = events_of(doses, equations.bioavailability());
  std::size_t next_event = 0, next_time = 0;
  std::vector<double> out;
  double now = 0;
  int active = 0;  // running infusions, so that the rate returns to exactly 0
  while (next_time < times_h.size()) {
    for (; next_event < events.size() && events[next_event].time_h <= now; ++next_event) {
      const Event& event = events[next_event];
      cvode.states()[equations.dose_state()] += event.jump;
      active += event.rate_change == 0 ? 0 : event.rate_change > 0 ? 1 : -1;
      problem.infusion_rate = active == 0 ? 0 : problem.infusion_rate + event.rate_change;
    }
    const double stop =
        next_event < events.size() ? events[next_event].time_h : std::max(times_h.back(), now);
    if (stop > now) cvode.restart(now, stop);
    for (double at = now; next_time < times_h.size() && times_h[next_time] <= stop; ++next_time) {
      const bool at_event = times_h[next_time] == stop && next_event < events.size();
      if (at_event) break;
      if (times_h[next_time] > at && !cvode.advance(at = times_h[next_time])) {
        return Error{ErrorCode::kLimit, model.name + ": CVODE stopped before " +
                                            std::to_string(times_h[next_time]) + " h"};
      }
      out.push_back(equations.output(problem.values, {cvode.states(), equations.state_count()}));
    }
    const bool more = next_time < times_h.size();
    const bool behind = next_time == 0 || times_h[next_time - 1] < stop;
    if (more && stop > now && behind && !cvode.advance(stop)) {
      return Error{ErrorCode::kLimit,
                   model.name + ": CVODE stopped before " + std::to_string(stop) + " h"};
    }
    now = stop;
  }
  return out;
}

Result<std::vector<double>> fast_curve(const Model& model, const Values& parameters,
                                       const std::vector<Dose>& doses,
                                       const std::vector<double>& times_h) {
  const auto linear = LinearSolver::make(model);
  if (!linear) return reference_curve(model, parameters, doses, times_h);
  return linear->curve(parameters, doses, times_h);
}

}  // namespace salus::model
