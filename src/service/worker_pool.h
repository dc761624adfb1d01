// Executes queued runs on a bounded number of threads of its own, under leases.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "service/context.h"
#include "service/run_board.h"

namespace salus::service {

/// Calls what it is given; a door (apps) catches what must not end the process and turns it into an
/// error.
using Guard = std::function<Status(const std::function<Status()>&)>;

/// Told of every run that ended here, for logs.
using RunEnded = std::function<void(const store::Run&, store::RunState, const Status&)>;

class WorkerPool {
 public:
  struct Options {
    int workers = 1;
    std::string name;  ///< of this process, for the ledger: "host:pid"
    Guard guard;
    RunEnded on_ended = [](const store::Run&, store::RunState, const Status&) {};
  };

  /// Starts the threads. `context` and `board` outlive it.
  WorkerPool(Context& context, RunBoard& board, Options options);
  /// Stops: running runs go back to the queue.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void wake();                          ///< a run was queued
  void cancel(const std::string& run);  ///< a run was cancelled
  void stop();                          ///< and wait; idempotent

 private:
  struct Active {
    store::Claim claim;
    std::atomic<bool> unwanted = false;  ///< cancelled, or its lease is lost
  };

  void work(int number);
  void beat();
  Result<std::shared_ptr<Active>> next(const std::string& worker);
  void execute(Active& active);
  Status execute_claim(Active& active);
  Result<store::Twin> twin_of(const store::Run& run);
  Status commit(Active& active, const store::Twin& twin, const RunOutput& output);
  Status give_up(Active& active, const Error& error);

  Context& context_;
  RunBoard& board_;
  Options options_;
  std::mutex turn_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::uint64_t wakes_ = 0;
  std::map<std::string, std::shared_ptr<Active>> active_;
  std::vector<std::jthread> threads_;
};

}  // namespace salus::service
