// Runs as their owners see them: start, list, show, watch, cancel, fetch.
#pragma once

#include <memory>

#include "service/context.h"
#include "service/run_board.h"

namespace salus::service {

/// A run with how far it is.
struct RunView {
  store::Run run;
  RunProgress progress;
  bool ended() const {
    return run.state != store::RunState::kQueued && run.state != store::RunState::kRunning;
  }
};

/// Safe for concurrent use. `on_queued` is called after a run was queued, `on_cancelled` with its
/// identifier after it was cancelled: the worker pool listens.
class Runs {
 public:
  Runs(Context& context, RunBoard& board) : context_(context), board_(board) {}

  /// At most one unfinished run per (twin version, program): a repeat returns it.
  /// Errors: kNotFound (twin, program), kMismatch and kMissingKey (they do not
  /// fit together: Executor::check), kUnavailable (queue full).
  Result<RunView> start(store::AccountId account, const std::string& twin, const Digest& program);
  Result<std::vector<RunView>> list(store::AccountId account);
  /// Errors: kNotFound, also for another account's run.
  Result<RunView> show(store::AccountId account, const std::string& id);
  /// Fine when it had ended already. Errors: kNotFound.
  Status cancel(store::AccountId account, const std::string& id);
  /// The result's bytes. Errors: kNotFound, kConflict while unfinished, failed or cancelled.
  Result<std::unique_ptr<store::ObjectBytes>> result(store::AccountId account,
                                                     const std::string& id, Digest& digest);
  /// A proof file with the receipt of a run that has a result. Errors: kNotFound; of Journal.
  Result<std::string> receipt(store::AccountId account, const std::string& id);
  /// Calls `wake` whenever `show` may answer something new. Errors: kNotFound, kUnavailable (too
  /// many watchers).
  Result<std::unique_ptr<RunBoard::Watch>> watch(store::AccountId account, const std::string& id,
                                                 RunBoard::Wake wake);

  std::function<void()> on_queued = [] {};
  std::function<void(const std::string&)> on_cancelled = [](const std::string&) {};

 private:
  RunView view_of(store::Run run) const;
  Status require_program(store::AccountId account, const Digest& program);
  Status check(store::AccountId account, const std::string& twin, const Digest& program);
  Context& context_;
  RunBoard& board_;
};

}  // namespace salus::service
