// One patient on the way through doses and events, by CVODE. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "model/bound_events.h"
#include "model/cvode.h"
#include "model/reference.h"

namespace salus::model {

/// A model prepared for runs; shared by all of them.
struct RunPlan {
  std::string name;
  bool takes_doses = false;
  bool sizes_differ = false;
  Equations equations;
  BoundEvents events;
  std::vector<std::size_t> moving;  ///< states that have a rate, or take doses

  static RunPlan make(const Model& model);
};

class PatientRun : private OdeProblem {
 public:
  PatientRun(const RunPlan& plan, const std::vector<double>& parameters,
             const std::vector<Dose>& doses, double relative_tolerance);

  /// All outputs at times_h. Errors: kLimit when the solver does not converge.
  Result<Curves> to(const std::vector<double>& times_h);

 private:
  struct DoseChange {
    double time_h;
    double jump;         // added to the dosed state
    double rate_change;  // of the infusion
  };

  static std::vector<DoseChange> changes_of(const std::vector<Dose>& doses, double bioavailability,
                                            double lag_h);
  std::vector<double> absolute_tolerances(const std::vector<Dose>& doses, double relative) const;
  std::vector<double> start() const;

  bool rates(double time_h, std::span<const double> y, std::span<double> out) override;
  std::size_t root_count() const override { return plan_.events.root_count(); }
  void roots(double time_h, std::span<const double> y, std::span<double> out) override;

  void take_states(std::span<const double> y);
  void give_states();
  void restart(double stop);
  void apply_doses();
  Status settle_events(bool& changed);
  Status advance(double to, double stop);
  void read(std::size_t t, Curves& out);

  const RunPlan& plan_;
  std::vector<double> values_;
  std::vector<double> states_;
  std::vector<double> rates_;
  std::vector<bool> held_;  // of the moving states: not finite, so kept out of the solver
  std::vector<DoseChange> changes_;
  EventQueue queue_;
  Cvode cvode_;
  std::size_t next_change_ = 0;
  double now_ = 0;
  double infusion_rate_ = 0;
  int active_ = 0;  // running infusions, so that the rate returns to exactly 0
};

}  // namespace salus::model
