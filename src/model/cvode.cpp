#include "model/cvode.h"

#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include <algorithm>
#include <cmath>

#include "base/result.h"

namespace salus::model {
namespace {

constexpr long kMaxSteps = 1'000'000;

std::span<double> entries(N_Vector v) {
  return {N_VGetArrayPointer(v), static_cast<std::size_t>(NV_LENGTH_S(v))};
}

// Positive: CVODE may recover with a shorter step.
int right_hand_side(sunrealtype time, N_Vector y, N_Vector out, void* user) {
  return static_cast<OdeProblem*>(user)->rates(time, entries(y), entries(out)) ? 0 : 1;
}

int root_functions(sunrealtype time, N_Vector y, sunrealtype* out, void* user) {
  auto& problem = *static_cast<OdeProblem*>(user);
  problem.roots(time, entries(y), {out, problem.root_count()});
  return 0;
}

}  // namespace

void OdeProblem::roots(double /*time*/, std::span<const double> /*y*/, std::span<double> /*out*/) {}

Cvode::Cvode(OdeProblem& problem, const std::vector<double>& y, double relative_tolerance,
             const std::vector<double>& absolute_tolerances)
    : problem_(&problem), crossed_(problem.root_count()) {
  check(!y.empty() && y.size() == absolute_tolerances.size(), "one tolerance for each state");
  const auto n = static_cast<sunindextype>(y.size());
  SUNContext_Create(nullptr, &context_);
  state_ = N_VNew_Serial(n, context_);
  std::copy(y.begin(), y.end(), this->y().begin());
  matrix_ = SUNDenseMatrix(n, n, context_);
  solver_ = SUNLinSol_Dense(state_, matrix_, context_);
  memory_ = CVodeCreate(CV_BDF, context_);
  N_Vector tolerances = N_VNew_Serial(n, context_);
  std::copy(absolute_tolerances.begin(), absolute_tolerances.end(), entries(tolerances).begin());
  const int roots = static_cast<int>(problem.root_count());
  const bool ready = CVodeInit(memory_, right_hand_side, 0, state_) == CV_SUCCESS &&
                     CVodeSVtolerances(memory_, relative_tolerance, tolerances) == 0 &&
                     CVodeSetUserData(memory_, problem_) == 0 &&
                     CVodeSetLinearSolver(memory_, solver_, matrix_) == 0 &&
                     CVodeSetMaxNumSteps(memory_, kMaxSteps) == 0 &&
                     (roots == 0 || CVodeRootInit(memory_, roots, root_functions) == 0) &&
                     CVodeSetNoInactiveRootWarn(memory_) == 0 &&
                     CVodeSetErrHandlerFn(
                         memory_, [](int, auto, auto, auto, void*) {}, nullptr) == 0;
  N_VDestroy(tolerances);
  check(ready, "CVODE could not be set up");
}

Cvode::~Cvode() {
  CVodeFree(&memory_);
  SUNLinSolFree(solver_);
  SUNMatDestroy(matrix_);
  N_VDestroy(state_);
  SUNContext_Free(&context_);
}

std::span<double> Cvode::y() { return entries(state_); }

void Cvode::limit_step(double longest) { CVodeSetMaxStep(memory_, longest); }

void Cvode::restart(double at, double stop) {
  CVodeReInit(memory_, at, state_);
  CVodeSetStopTime(memory_, stop);
}

Cvode::Reached Cvode::advance(double to, double& at) {
  sunrealtype reached = 0;
  const int result = CVode(memory_, to, state_, &reached, CV_NORMAL);
  if (result < 0) return Reached::kNothing;
  at = result == CV_ROOT_RETURN ? reached : to;
  if (result != CV_ROOT_RETURN) return Reached::kTime;
  CVodeGetRootInfo(memory_, crossed_.data());
  return Reached::kRoot;
}

}  // namespace salus::model
