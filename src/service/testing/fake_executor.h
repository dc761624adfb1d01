// An engine without cryptography: results are digests of the inputs. For tests.
#pragma once

#include <atomic>
#include <stdexcept>
#include <thread>

#include "service/executor.h"

namespace salus::service {

class FakeExecutor final : public Executor {
 public:
  /// Objects that begin with "bad" do not parse; "key:K" says which secret key they belong to and
  /// "for:NAME;" what an evaluation key is for.
  Result<store::Facts> inspect(store::ObjectKind, const Digest&, ByteView bytes) const override {
    const std::string text(as_text(bytes));
    if (text.starts_with("bad")) return Error{ErrorCode::kParse, "it is bad"};
    const std::size_t at = text.find("key:");
    const std::size_t purpose = text.find("for:");
    return store::Facts{
        .parameters = text.find("set:2") == std::string::npos ? "p" : "other",
        .key = at == std::string::npos ? "" : text.substr(at + 4, 1),
        .purpose = purpose == std::string::npos
                       ? ""
                       : text.substr(purpose + 4, text.find(';', purpose) - purpose - 4)};
  }

  Status check(const RunInput& input, const store::ObjectStore&) const override {
    if (!input.features.contains("missing")) return {};
    return Error{ErrorCode::kMismatch, "features do not fit"};
  }

  Result<RunOutput> execute(const RunInput& input, const store::ObjectStore&, StateCache& states,
                            const Progress& progress) const override {
    ++started;
    if (throws) throw std::runtime_error("a defect");
    while (held) {
      if (!progress(0.5, "basis")) return Error{ErrorCode::kCancelled, "stopped"};
      std::this_thread::yield();
    }
    RunOutput output;
    Bytes keys;
    for (const auto& [name, digest] : input.evaluation_keys) append(keys, digest.bytes);
    const Digest basis = sha256(keys);
    const std::string state = "basis of " + basis.hex();
    output.basis = sha256(as_bytes(state));
    output.timing.basis_reused = states.find(basis).has_value();
    if (!output.timing.basis_reused) (void)states.put(basis, as_bytes(state));
    append(output.result, as_bytes("result "));
    append(output.result, input.program.bytes);
    for (const auto& [name, digest] : input.features) append(output.result, digest.bytes);
    if (!progress(1, "readout")) return Error{ErrorCode::kCancelled, "stopped"};
    return output;
  }

  mutable std::atomic<int> started = 0;
  std::atomic<bool> held = false;  ///< runs wait until it is false
  std::atomic<bool> throws = false;
};

}  // namespace salus::service
