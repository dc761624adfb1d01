// The use cases of the server, assembled: no HTTP and no SQL here.
#pragma once

#include <filesystem>

#include "service/accounts.h"
#include "service/context.h"
#include "service/runs.h"
#include "service/sign_in.h"
#include "service/twins.h"
#include "service/uploads.h"
#include "service/worker_pool.h"

namespace salus::service {

/// One running server. Safe for concurrent use.
class Service {
 public:
  /// Recovers what a dead server left and starts the workers. Errors: kIo, kNoSpace, kCorrupt.
  static Result<std::unique_ptr<Service>> start(std::unique_ptr<Context> context,
                                                WorkerPool::Options workers);
  ~Service() { stop(); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Result<store::Account> authenticate(std::string_view token) {
    return service::authenticate(*context_->ledger, token, context_->now());
  }
  const Limits& limits() const { return context_->limits; }
  Uploads& uploads() { return uploads_; }
  Twins& twins() { return twins_; }
  Runs& runs() { return runs_; }
  SignIn& sign_in() { return sign_in_; }
  Journal& journal() { return *context_->journal; }

  /// Ends the workers; unfinished runs go back to the queue. Idempotent.
  void stop() { pool_->stop(); }

 private:
  Service(std::unique_ptr<Context> context, WorkerPool::Options workers);
  std::unique_ptr<Context> context_;
  RunBoard board_;
  SignIn sign_in_;
  Uploads uploads_;
  Twins twins_;
  Runs runs_;
  std::unique_ptr<WorkerPool> pool_;
};

/// Every object's bytes against its digest and the ledger's rows against each other. Returns how
/// many objects were read. Errors: kCorrupt, kNotFound, naming the first object that is wrong.
Result<std::size_t> check_data(store::Ledger& ledger, const store::ObjectStore& objects);

}  // namespace salus::service
