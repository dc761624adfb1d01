#include "analysis/simulate.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/file.h"
#include "compiler/compile.h"
#include "model/toml_table.h"

namespace salus::analysis {
namespace {

constexpr std::uint64_t kMaxQuestionBytes = 1u << 20;
constexpr int kMaxDoses = 1000;

program::Regimen read_regimen(model::TomlTable& t) {
  program::Regimen out;
  out.id = t.text("id");
  out.label = t.text("label");
  out.dose = t.number_or("dose", 0);
  out.interval_h = t.number_or("interval_h", 0);
  out.count = t.integer_or("count", 1);
  out.start_h = t.number_or("start_h", 0);
  out.infusion_h = t.number_or("infusion_h", 0);
  if (out.id.empty() || out.id.size() > 64) t.complain("id", "must have 1 .. 64 characters");
  if (out.dose < 0 || (t.has("dose") && out.dose == 0))
    t.complain("dose", "must be positive, or left out where nothing is given");
  if (t.has("set")) {
    for (const auto& [name, value] : t.number_map("set")) out.settings.push_back({name, value});
  }
  if (out.count < 1 || out.count > kMaxDoses) t.complain("count", "must be 1 .. 1000");
  if (out.count > 1 && out.interval_h <= 0)
    t.complain("interval_h", "must be positive for several doses");
  if (out.interval_h < 0 || out.start_h < 0 || out.infusion_h < 0) {
    t.complain("", "has a negative time");
  }
  t.finish();
  return out;
}

program::Regimen read_difference(model::TomlTable& t,
                                 const std::vector<program::Regimen>& regimens) {
  const auto named = [&](const char* key) {
    const std::string id = t.text(key);
    const auto found = std::find_if(regimens.begin(), regimens.end(),
                                    [&](const auto& r) { return r.id == id && r.minus.empty(); });
    if (found == regimens.end()) t.complain(key, "names no [[regimen]] of this question");
    return *found;
  };
  program::Regimen out = named("of");
  const program::Regimen other = named("minus");
  if (out.id == other.id) t.complain("minus", "is the same regimen");
  out.minus = other.id;
  out.label = t.has("label") ? t.text("label") : out.label + " minus " + other.label;
  out.id = t.has("id") ? t.text("id") : out.id + "-minus-" + other.id;
  t.finish();
  return out;
}

void read_segment(model::TomlTable& t, std::vector<double>& times) {
  const double from = t.number("from"), to = t.number("to"), step = t.number("step");
  if (step <= 0 || to < from || (to - from) / step > static_cast<double>(kMaxTimes)) {
    t.complain("step", "must be positive, from <= to, and give at most 1024 times");
  }
  // Counted, not accumulated, so that 0.1 steps stay on the lattice.
  const int count = static_cast<int>(std::floor((to - from) / step + 1e-9));
  for (int i = 0; i <= count; ++i) times.push_back(std::round((from + i * step) * 1e9) / 1e9);
  t.finish();
}

SimulateQuestion read_question(model::TomlTable root) {
  SimulateQuestion out;
  out.name = root.text("name");
  out.model = root.text("model");
  out.question = root.text("question");
  out.tolerance = root.number_or("tolerance", out.tolerance);
  if (out.tolerance <= 0) root.complain("tolerance", "must be positive");
  if (root.has("layout")) {
    const auto layout = parse_layout(root.text("layout"));
    if (!layout) root.complain("layout", "is none of basis, expanded, cohort");
    out.layout = *layout;
  }
  if (root.has("times_h")) out.times_h = root.numbers("times_h");
  for (model::TomlTable& t : root.tables("times", 64)) read_segment(t, out.times_h);
  std::sort(out.times_h.begin(), out.times_h.end());
  out.times_h.erase(std::unique(out.times_h.begin(), out.times_h.end()), out.times_h.end());
  if (out.times_h.empty() || out.times_h.size() > kMaxTimes || out.times_h.front() < 0) {
    root.complain("", "needs 1 .. 1024 times, none negative: times_h = [..] or [[times]]");
  }
  std::set<std::string> ids;
  for (model::TomlTable& t : root.tables("regimen", kMaxRegimens)) {
    out.regimens.push_back(read_regimen(t));
    if (!ids.insert(out.regimens.back().id).second) t.complain("id", "is taken; ids are unique");
  }
  if (out.regimens.empty()) root.complain("regimen", "is missing; add one [[regimen]]");
  for (model::TomlTable& t : root.tables("difference", kMaxRegimens)) {
    out.regimens.push_back(read_difference(t, out.regimens));
    if (!ids.insert(out.regimens.back().id).second) t.complain("id", "is taken; ids are unique");
  }
  root.finish();
  return out;
}

}  // namespace

Result<program::Layout> parse_layout(std::string_view text) {
  for (const auto layout :
       {program::Layout::kBasis, program::Layout::kExpanded, program::Layout::kCohort}) {
    if (text == name_of(layout)) return layout;
  }
  return Error{ErrorCode::kInvalidArgument, "no layout '" + std::string(text.substr(0, 40)) +
                                                "'; there are basis, expanded and cohort"};
}

std::string_view name_of(program::Layout layout) {
  switch (layout) {
    case program::Layout::kExpanded: return "expanded";
    case program::Layout::kCohort: return "cohort";
    default: return "basis";
  }
}

Result<SimulateQuestion> parse_question(std::string_view text, std::string_view file_name) {
  const auto root = model::parse_toml(text, file_name, kMaxQuestionBytes);
  if (!root) return root.error();
  try {
    return read_question({*root, file_name, "question"});
  } catch (const model::TomlComplaint& complaint) {
    return complaint.error;
  }
}

Result<SimulateQuestion> load_question(const std::filesystem::path& path) {
  const auto text = read_text_file(path, kMaxQuestionBytes);
  if (!text) return text.error();
  return parse_question(*text, path.filename().string());
}

SimulateQuestion standard_question(const model::Model& model) {
  SimulateQuestion out;
  out.name = "standard";
  out.model = model.name;
  out.question = model.states.empty() ? model.title + ": what does it come to?"
                                      : model.title + ": what does the standard course look like?";
  out.times_h = {0};
  const model::SurrogateHint& hint = model.surrogate;
  if (!model.states.empty()) {
    for (int i = 1; i <= 64; ++i) out.times_h.push_back(hint.horizon_h * i / 64);
  }
  program::Regimen regimen{
      "standard", model.states.empty() ? "now" : "standard course", 0, 0, 1, 0, 0, {}};
  if (model.takes_doses()) {
    regimen.dose = hint.dose == 0 ? 1 : hint.dose;
    regimen.infusion_h = hint.infusion_h;
    if (hint.interval_h > 0 && hint.interval_h < hint.horizon_h) {
      regimen.interval_h = hint.interval_h;
      regimen.count = 1 + static_cast<int>(hint.horizon_h / hint.interval_h);
    }
  }
  out.regimens.push_back(regimen);
  return out;
}

Result<program::Program> simulate(const model::Model& model, const SimulateQuestion& question,
                                  const SimulateOptions& options) {
  if (question.model != model.name) {
    return Error{ErrorCode::kMismatch, "question " + question.name + " is about model " +
                                           question.model + ", not " + model.name};
  }
  auto out = compiler::compile_curves(model, question.regimens, question.times_h,
                                      {.seed = options.seed,
                                       .threads = options.threads,
                                       .progress = options.progress,
                                       .tolerance = question.tolerance,
                                       .layout = question.layout,
                                       .explanation = options.explanation});
  if (!out) return out;
  out->name = model.name + "/" + question.name;
  out->question = question.question;
  return out;
}

}  // namespace salus::analysis
