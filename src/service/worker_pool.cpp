#include "service/worker_pool.h"

#include <chrono>

namespace salus::service {
namespace {

constexpr std::chrono::milliseconds kPollEvery{
    1000};  // leases of other processes run out unannounced

/// Cached stage outputs, recorded under the run's twin.
class LedgerStates final : public StateCache {
 public:
  LedgerStates(Context& context, std::string twin) : context_(context), twin_(std::move(twin)) {}

  std::optional<CachedState> find(const Digest& key) override {
    const Result<std::optional<Digest>> known = context_.ledger->twins().find_state(key);
    if (!known || !*known) return std::nullopt;
    Result<std::unique_ptr<store::ObjectBytes>> bytes = context_.objects->read(**known);
    if (bytes && sha256((*bytes)->view()) == **known) {
      return CachedState{.digest = **known, .bytes = std::move(*bytes)};
    }
    // A state that is gone or damaged is only a cache that missed.
    (void)context_.ledger->twins().drop_state(key);
    return std::nullopt;
  }

  Result<Digest> put(const Digest& key, ByteView bytes) override {
    const std::lock_guard turn(context_.references);
    const Result<Digest> object = context_.objects->put(bytes);
    if (!object) return object.error();
    const Status recorded = context_.ledger->twins().put_state(
        {.key = key, .twin = twin_, .object = *object, .bytes = bytes.size()},
        context_.limits.max_states_per_twin, context_.now());
    if (!recorded) (void)context_.objects->remove(*object);
    if (!recorded) return recorded.error();
    if (Status collected = collect_garbage(context_); !collected) return collected.error();
    return object;
  }

 private:
  Context& context_;
  std::string twin_;
};

}  // namespace

WorkerPool::WorkerPool(Context& context, RunBoard& board, Options options)
    : context_(context), board_(board), options_(std::move(options)) {
  for (int i = 0; i < options_.workers; ++i) threads_.emplace_back([this, i] { work(i); });
  threads_.emplace_back([this] { beat(); });
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
  {
    const std::lock_guard turn(turn_);
    stopping_ = true;
    for (const auto& [run, active] : active_) active->unwanted = true;
  }
  changed_.notify_all();
  threads_.clear();  // joins
}

void WorkerPool::wake() {
  {
    const std::lock_guard turn(turn_);
    ++wakes_;
  }
  changed_.notify_all();
}

void WorkerPool::cancel(const std::string& run) {
  const std::lock_guard turn(turn_);
  if (const auto found = active_.find(run); found != active_.end()) found->second->unwanted = true;
}

Result<std::shared_ptr<WorkerPool::Active>> WorkerPool::next(const std::string& worker) {
  Result<std::optional<store::Claim>> claim =
      context_.ledger->runs().claim(worker, context_.limits.lease_ms, context_.now());
  if (!claim) return claim.error();
  if (!*claim) return std::shared_ptr<Active>();
  auto active = std::make_shared<Active>();
  active->claim = std::move(**claim);
  const std::lock_guard turn(turn_);
  if (stopping_) active->unwanted = true;
  active_[active->claim.run.id] = active;
  return active;
}

void WorkerPool::work(int number) {
  const std::string worker = options_.name + "/" + std::to_string(number);
  for (;;) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard turn(turn_);
      if (stopping_) return;
      seen = wakes_;
    }
    const Result<std::shared_ptr<Active>> active = next(worker);
    if (active && *active) {
      execute(**active);
      const std::lock_guard turn(turn_);
      active_.erase((*active)->claim.run.id);
      continue;
    }
    std::unique_lock turn(turn_);
    changed_.wait_for(turn, kPollEvery, [&] { return stopping_ || wakes_ != seen; });
  }
}

void WorkerPool::beat() {
  const std::chrono::milliseconds pause(context_.limits.lease_ms / 5);
  std::unique_lock turn(turn_);
  while (!changed_.wait_for(turn, pause, [&] { return stopping_; })) {
    const std::map<std::string, std::shared_ptr<Active>> active = active_;
    turn.unlock();
    for (const auto& [run, lease] : active) {
      const Result<bool> ours =
          context_.ledger->runs().heartbeat(lease->claim, context_.limits.lease_ms, context_.now());
      if (ours && !*ours) lease->unwanted = true;
    }
    turn.lock();
  }
}

void WorkerPool::execute(Active& active) {
  board_.progress(active.claim.run.id, 0, "starting");
  Status outcome = options_.guard([&] { return execute_claim(active); });
  store::RunState state = store::RunState::kDone;
  if (!outcome) {
    state = store::RunState::kFailed;
    const Status noted = give_up(active, outcome.error());
    if (!noted) outcome = noted;
  }
  const Result<std::optional<store::Run>> after =
      context_.ledger->runs().find(active.claim.run.account, active.claim.run.id);
  if (after && *after) state = (*after)->state;
  board_.changed(active.claim.run.id, true);
  options_.on_ended(active.claim.run, state, outcome);
}

Result<store::Twin> WorkerPool::twin_of(const store::Run& run) {
  Result<std::optional<store::Twin>> twin =
      context_.ledger->twins().find_version(run.twin, run.twin_version);
  if (!twin) return twin.error();
  if (!*twin) return Error{ErrorCode::kCancelled, "twin " + run.twin + " was erased"};
  return std::move(**twin);
}

Status WorkerPool::execute_claim(Active& active) {
  const store::Run& run = active.claim.run;
  if (run.attempts > context_.limits.max_attempts) {
    return Error{ErrorCode::kLimit, "run " + run.id + " was started " +
                                        std::to_string(run.attempts - 1) +
                                        " times and never ended; the server gives it up"};
  }
  const Result<store::Twin> twin = twin_of(run);
  if (!twin) return twin.error();
  const RunInput input{
      .program = run.program, .evaluation_keys = twin->evaluation_keys, .features = twin->features};
  LedgerStates states(context_, run.twin);
  const Progress progress = [&](double fraction, std::string_view stage) {
    board_.progress(run.id, fraction, stage);
    return !active.unwanted;
  };
  const Result<RunOutput> output =
      context_.executor->execute(input, *context_.objects, states, progress);
  if (!output) return output.error();
  if (Status done = commit(active, *twin, *output); !done) return done;
  // Where the log cannot be written now, the receipt waits in the ledger: whoever asks for it, and
  // the next run, tries again.
  (void)context_.journal->flush();
  return {};
}

Status WorkerPool::commit(Active& active, const store::Twin& twin, const RunOutput& output) {
  const std::lock_guard turn(context_.references);
  const Result<store::Account> account = context_.ledger->accounts().find(twin.account);
  if (!account) return account.error();
  const Result<Digest> object = context_.objects->put(output.result);
  if (!object) return object.error();
  const store::TimeMs now = context_.now();
  const receipt::Receipt receipt{
      .run = active.claim.run.id,
      .time_ms = static_cast<std::uint64_t>(now),
      .actor = account->pseudonym,
      .twin = twin.pseudonym,
      .twin_version = static_cast<std::uint64_t>(twin.version),
      .content = receipt::twin_content(twin.evaluation_keys, twin.features),
      .program = active.claim.run.program,
      .basis = output.basis,
      .checkpoints = output.checkpoints,
      .result = *object,
      .software = "salusd/" SALUS_VERSION};
  const Result<bool> ours = context_.ledger->runs().finish(active.claim,
                                                           {.object = *object,
                                                            .bytes = output.result.size(),
                                                            .timing = output.timing,
                                                            .receipt = receipt::print(receipt)},
                                                           now);
  if (ours && *ours) return {};
  // Fenced, cancelled or erased meanwhile: nobody names these bytes unless another run made the
  // same.
  const Result<std::vector<store::ObjectRow>> rows = context_.ledger->objects().objects();
  bool recorded = !rows;
  if (rows) {
    for (const store::ObjectRow& row : *rows) recorded = recorded || row.digest == *object;
  }
  if (!recorded) (void)context_.objects->remove(*object);
  if (!ours) return ours.error();
  return Error{ErrorCode::kCancelled, "run " + active.claim.run.id + " is not ours any more"};
}

Status WorkerPool::give_up(Active& active, const Error& error) {
  // Cancelled: this process is stopping, or the run is not ours any more and releasing it does
  // nothing.
  const Result<bool> noted =
      error.code == ErrorCode::kCancelled
          ? context_.ledger->runs().release(active.claim, context_.now())
          : context_.ledger->runs().fail(active.claim, error, context_.now());
  if (!noted) return noted.error();
  return {};
}

}  // namespace salus::service
