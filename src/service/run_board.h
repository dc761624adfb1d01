// Who is watching which run, and how far the runs of this process are.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace salus::service {

/// How far a run is; only in memory.
struct RunProgress {
  double fraction = 0;
  std::string stage;
};

/// Safe for concurrent use.
class RunBoard {
 public:
  using Wake = std::function<void()>;

  /// Ends the watching when destroyed; `wake` is not called after that.
  class Watch {
   public:
    Watch(RunBoard& board, std::string run, std::uint64_t number)
        : board_(board), run_(std::move(run)), number_(number) {}
    ~Watch() { board_.unwatch(run_, number_); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    RunBoard& board_;
    std::string run_;
    std::uint64_t number_;
  };

  /// Calls `wake` at each change of the run, from any thread. It must not call back into the board.
  std::unique_ptr<Watch> watch(const std::string& run, Wake wake);
  int watch_count() const;

  void progress(const std::string& run, double fraction, std::string_view stage);
  /// The run's state changed; `ended`: forget its progress.
  void changed(const std::string& run, bool ended);
  RunProgress of(const std::string& run) const;

 private:
  void unwatch(const std::string& run, std::uint64_t number);
  void wake_all(const std::string& run);

  mutable std::mutex turn_;
  std::uint64_t next_ = 0;
  std::map<std::string, RunProgress> progress_;
  std::map<std::string, std::map<std::uint64_t, Wake>> watchers_;
  int watch_count_ = 0;
};

}  // namespace salus::service
