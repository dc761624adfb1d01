#include "service/runs.h"

namespace salus::service {

RunView Runs::view_of(store::Run run) const {
  RunView view{.run = std::move(run), .progress = {}};
  if (view.run.state == store::RunState::kRunning) view.progress = board_.of(view.run.id);
  if (view.run.state == store::RunState::kDone) view.progress.fraction = 1;
  return view;
}

Status Runs::require_program(store::AccountId account, const Digest& program) {
  const Result<std::optional<store::Holding>> held =
      context_.ledger->objects().find(account, program);
  if (!held) return held.error();
  if (!*held) {
    return Error{ErrorCode::kNotFound,
                 "no complete program " + program.hex() + "; upload it before you run it"};
  }
  if ((*held)->kind == store::ObjectKind::kProgram) return {};
  return Error{ErrorCode::kMismatch, "object " + program.hex() + " is of kind " +
                                         std::string(store::name((*held)->kind)) +
                                         ", not a program"};
}

/// Outside of any lock: it may parse a program and keys.
Status Runs::check(store::AccountId account, const std::string& twin, const Digest& program) {
  if (Status held = require_program(account, program); !held) return held;
  const Result<std::optional<store::Twin>> found = context_.ledger->twins().find(account, twin);
  if (!found) return found.error();
  if (!*found) return Error{ErrorCode::kNotFound, "no twin " + twin};
  return context_.executor->check({.program = program,
                                   .evaluation_keys = (*found)->evaluation_keys,
                                   .features = (*found)->features},
                                  *context_.objects);
}

Result<RunView> Runs::start(store::AccountId account, const std::string& twin,
                            const Digest& program) {
  if (Status fits = check(account, twin, program); !fits) return fits.error();
  // A server that cannot write its log does nothing that belongs into it.
  if (Status ready = context_.journal->flush(); !ready) return ready.error();
  Result<store::Run> queued = [&]() -> Result<store::Run> {
    const std::lock_guard turn(context_.references);
    const Result<std::optional<store::Twin>> found = context_.ledger->twins().find(account, twin);
    if (!found) return found.error();
    if (!*found) return Error{ErrorCode::kNotFound, "no twin " + twin};
    const Status still = require_program(account, program);
    if (!still) return still.error();
    return context_.ledger->runs().enqueue(
        {.account = account, .twin = twin, .twin_version = (*found)->version, .program = program},
        context_.limits.max_queued_runs, context_.now());
  }();
  if (!queued) return queued.error();
  on_queued();
  return view_of(std::move(*queued));
}

Result<std::vector<RunView>> Runs::list(store::AccountId account) {
  Result<std::vector<store::Run>> runs = context_.ledger->runs().list(account);
  if (!runs) return runs.error();
  std::vector<RunView> views;
  for (store::Run& run : *runs) views.push_back(view_of(std::move(run)));
  return views;
}

Result<RunView> Runs::show(store::AccountId account, const std::string& id) {
  Result<std::optional<store::Run>> run = context_.ledger->runs().find(account, id);
  if (!run) return run.error();
  if (!*run) return Error{ErrorCode::kNotFound, "no run " + id};
  return view_of(std::move(**run));
}

Status Runs::cancel(store::AccountId account, const std::string& id) {
  const Result<bool> cancelled = context_.ledger->runs().cancel(account, id, context_.now());
  if (!cancelled) return cancelled.error();
  if (*cancelled) {
    on_cancelled(id);
    board_.changed(id, true);
  }
  return {};
}

Result<std::unique_ptr<store::ObjectBytes>> Runs::result(store::AccountId account,
                                                         const std::string& id, Digest& digest) {
  const Result<RunView> view = show(account, id);
  if (!view) return view.error();
  if (!view->run.result) {
    const std::string state(store::name(view->run.state));
    return Error{ErrorCode::kConflict,
                 "run " + id + " is " + state + ": " +
                     (view->ended() ? "it has no result; start it again"
                                    : "wait for it at /v1/runs/" + id + "/events")};
  }
  digest = *view->run.result;
  return context_.objects->read(digest);
}

Result<std::string> Runs::receipt(store::AccountId account, const std::string& id) {
  const Result<RunView> view = show(account, id);
  if (!view) return view.error();
  return context_.journal->proof_of_run(id);
}

Result<std::unique_ptr<RunBoard::Watch>> Runs::watch(store::AccountId account,
                                                     const std::string& id, RunBoard::Wake wake) {
  const Result<RunView> view = show(account, id);
  if (!view) return view.error();
  if (board_.watch_count() >= context_.limits.max_event_streams) {
    return Error{ErrorCode::kUnavailable,
                 std::to_string(context_.limits.max_event_streams) +
                     " event streams are open, the limit: ask GET /v1/runs/" + id + " instead"};
  }
  return board_.watch(id, std::move(wake));
}

}  // namespace salus::service
