#include "store/rows.h"

#include <array>
#include <utility>

namespace salus::store {
namespace {

constexpr std::array<std::pair<ObjectKind, std::string_view>, 6> kKinds{{
    {ObjectKind::kEvaluationKey, "evaluation_key"},
    {ObjectKind::kCiphertext, "ciphertext"},
    {ObjectKind::kProgram, "program"},
    {ObjectKind::kState, "state"},
    {ObjectKind::kResult, "result"},
    {ObjectKind::kEvaluationKeys, "evaluation_keys"},
}};

constexpr std::array<std::pair<RunState, std::string_view>, 5> kStates{{
    {RunState::kQueued, "queued"},
    {RunState::kRunning, "running"},
    {RunState::kDone, "done"},
    {RunState::kFailed, "failed"},
    {RunState::kCancelled, "cancelled"},
}};

template <class Table, class Value>
std::string_view spelling(const Table& table, Value value) {
  for (const auto& [known, text] : table) {
    if (known == value) return text;
  }
  return "unknown";
}

}  // namespace

std::string_view name(ObjectKind kind) { return spelling(kKinds, kind); }
std::string_view name(RunState state) { return spelling(kStates, state); }

Result<ObjectKind> parse_object_kind(std::string_view text) {
  for (const auto& [kind, spelt] : kKinds) {
    if (spelt == text) return kind;
  }
  return Error{ErrorCode::kInvalidArgument, "unknown kind \"" + std::string(text) +
                                                "\": use evaluation_key, ciphertext or program"};
}

Result<RunState> parse_run_state(std::string_view text) {
  for (const auto& [state, spelt] : kStates) {
    if (spelt == text) return state;
  }
  return Error{ErrorCode::kCorrupt, "unknown run state \"" + std::string(text) + "\""};
}

}  // namespace salus::store
