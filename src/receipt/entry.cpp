#include "receipt/entry.h"

#include <array>

#include "receipt/fields.h"
#include "tlog/tile.h"

namespace salus::receipt {
namespace {

constexpr std::string_view kReceiptKind = "salus-receipt 1";
constexpr std::string_view kEventKind = "salus-event 1";
constexpr std::array<std::pair<Event::Type, std::string_view>, 2> kTypes{
    {{Event::Type::kTwinVersion, "twin-version"}, {Event::Type::kErasure, "erasure"}}};

Status check_size(std::string_view what, std::string_view text) {
  if (text.size() <= tlog::kMaxEntryBytes) return {};
  return Error{ErrorCode::kLimit, std::string(what) + " has " + std::to_string(text.size()) +
                                      " bytes, the limit is " +
                                      std::to_string(tlog::kMaxEntryBytes)};
}

}  // namespace

Digest twin_content(const std::map<std::string, Digest>& evaluation_keys,
                    const std::map<std::string, Digest>& features) {
  std::string text = "salus-twin-content 1\n";
  for (const auto& [name, digest] : evaluation_keys) {
    text += "evaluation_key " + digest.hex() + " " + name + "\n";
  }
  for (const auto& [name, digest] : features) text += "feature " + digest.hex() + " " + name + "\n";
  return sha256(as_bytes(text));
}

std::string_view name(Event::Type type) {
  for (const auto& [known, spelt] : kTypes) {
    if (known == type) return spelt;
  }
  throw_defect("an event's type without a name", std::source_location::current());
}

std::string print(const Receipt& r) {
  FieldWriter out(kReceiptKind);
  out.text("run", r.run)
      .number("time", r.time_ms)
      .digest("actor", r.actor)
      .digest("twin", r.twin)
      .number("version", r.twin_version)
      .digest("content", r.content)
      .digest("program", r.program)
      .digest("basis", r.basis);
  for (const Checkpoint& c : r.checkpoints) {
    out.text("stage", c.stage).number("value", c.value).digest("digest", c.digest);
  }
  return out.digest("result", r.result).text("software", r.software).take();
}

std::string print(const Event& e) {
  FieldWriter out(kEventKind);
  out.text("type", name(e.type))
      .number("time", e.time_ms)
      .digest("actor", e.actor)
      .digest("twin", e.twin);
  if (e.type == Event::Type::kTwinVersion) {
    out.number("version", e.twin_version).digest("content", e.content);
  }
  return out.take();
}

Result<Receipt> parse_receipt(std::string_view text) {
  if (Status fits = check_size("the receipt", text); !fits) return fits.error();
  FieldReader in("the receipt", kReceiptKind, text);
  Receipt r{.run = in.text("run"),
            .time_ms = in.number("time"),
            .actor = in.digest("actor"),
            .twin = in.digest("twin"),
            .twin_version = in.number("version"),
            .content = in.digest("content"),
            .program = in.digest("program"),
            .basis = in.digest("basis"),
            .checkpoints = {},
            .result = {},
            .software = {}};
  while (in.next_is("stage")) {
    if (r.checkpoints.size() == kMaxCheckpoints) {
      in.fail("more than " + std::to_string(kMaxCheckpoints) + " checkpoints");
      break;
    }
    r.checkpoints.push_back(
        {.stage = in.text("stage"), .value = in.number("value"), .digest = in.digest("digest")});
  }
  r.result = in.digest("result");
  r.software = in.text("software");
  if (Status read = in.finish(); !read) return read.error();
  return r;
}

Result<Event> parse_event(std::string_view text) {
  if (Status fits = check_size("the event", text); !fits) return fits.error();
  FieldReader in("the event", kEventKind, text);
  Event e;
  const std::string type = in.text("type");
  bool known = in.failed();
  for (const auto& [each, spelt] : kTypes) {
    if (spelt != type) continue;
    e.type = each;
    known = true;
  }
  if (!known) in.fail("no event has the type " + type);
  e.time_ms = in.number("time");
  e.actor = in.digest("actor");
  e.twin = in.digest("twin");
  if (e.type == Event::Type::kTwinVersion) {
    e.twin_version = in.number("version");
    e.content = in.digest("content");
  }
  if (Status read = in.finish(); !read) return read.error();
  return e;
}

Result<Entry> parse_entry(std::string_view text) {
  if (text.starts_with(kEventKind)) {
    Result<Event> event = parse_event(text);
    if (!event) return event.error();
    return Entry(*event);
  }
  Result<Receipt> receipt = parse_receipt(text);
  if (!receipt) return receipt.error();
  return Entry(std::move(*receipt));
}

}  // namespace salus::receipt
