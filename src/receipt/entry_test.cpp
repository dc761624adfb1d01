// Goal:   an entry has one spelling, and says what it means to whoever reads it years later.
// Method: texts by hand, round trips, one thing wrong at a time.
#include "receipt/entry.h"

#include <gtest/gtest.h>

#include "receipt/fields.h"

namespace salus::receipt {
namespace {

Digest digest_of(std::string_view text) { return sha256(as_bytes(text)); }

Receipt some_receipt() {
  return {.run = "run_0123",
          .time_ms = 1'763'778'600'123,
          .actor = digest_of("actor"),
          .twin = digest_of("twin"),
          .twin_version = 3,
          .content = digest_of("content"),
          .program = digest_of("program"),
          .basis = digest_of("basis"),
          .checkpoints = {{.stage = "basis", .value = 64, .digest = digest_of("64")},
                          {.stage = "readout", .value = 7, .digest = digest_of("7")}},
          .result = digest_of("result"),
          .software = "salusd/0.5.0"};
}

Event some_event(Event::Type type) {
  Event e{.type = type,
          .time_ms = 1,
          .actor = digest_of("actor"),
          .twin = digest_of("twin"),
          .twin_version = 0,
          .content = {}};
  if (type == Event::Type::kTwinVersion) {
    e.twin_version = 2;
    e.content = digest_of("content");
  }
  return e;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Entry, ReceiptsAreTextAndComeBack) {
  const Receipt receipt = some_receipt();
  const std::string text = print(receipt);
  EXPECT_TRUE(text.starts_with("salus-receipt 1\nrun run_0123\ntime 1763778600123\nactor "))
      << text;
  EXPECT_TRUE(text.ends_with("\nsoftware salusd/0.5.0\n")) << text;
  EXPECT_EQ(must(parse_receipt(text)), receipt);
  EXPECT_EQ(std::get<Receipt>(must(parse_entry(text))), receipt);
}

TEST(Entry, EventsAreTextAndComeBack) {
  for (const auto type : {Event::Type::kTwinVersion, Event::Type::kErasure}) {
    const Event event = some_event(type);
    EXPECT_EQ(must(parse_event(print(event))), event);
    EXPECT_EQ(std::get<Event>(must(parse_entry(print(event)))), event);
  }
}

TEST(Entry, WhatIsNotCanonicalIsRefused) {
  const std::string text = print(some_receipt());
  const auto code = [](const std::string& t) { return parse_receipt(t).error().code; };
  EXPECT_EQ(code(replaced(text, "salus-receipt 1", "salus-receipt 2")), ErrorCode::kVersion);
  EXPECT_EQ(code(""), ErrorCode::kVersion);
  for (const std::string& bad :
       {replaced(text, "version 3", "version 03"), replaced(text, "version 3", "version -3"),
        replaced(text, "version 3", "version 99999999999999999999"),
        replaced(text, "run run_0123", "run run 0123"), replaced(text, "run run_0123", "run "),
        replaced(text, "result ", "outcome "), text + "more 1\n", text + "\n",
        text.substr(0, text.size() - 1), replaced(text, "\ntime", "\n\ntime"),
        replaced(text, "value 64\n", ""), replaced(text, "actor ", "actor x")}) {
    EXPECT_EQ(code(bad), ErrorCode::kParse) << bad;
  }
  std::string upper = text;
  const std::size_t at = upper.find_first_of("abcdef", upper.find("result ") + 7);
  upper[at] = static_cast<char>(upper[at] - 'a' + 'A');
  EXPECT_EQ(code(upper), ErrorCode::kParse);
  EXPECT_NE(parse_receipt(replaced(text, "version 3", "version x")).error().message.find("line 6"),
            std::string::npos);
}

TEST(Entry, UnknownEventsAreRefused) {
  const std::string text = print(some_event(Event::Type::kErasure));
  EXPECT_EQ(parse_event(replaced(text, "erasure", "party")).error().code, ErrorCode::kParse);
  EXPECT_EQ(parse_event(replaced(text, "erasure", "twin-version")).error().code, ErrorCode::kParse);
}

TEST(Entry, ReceiptsHaveALimit) {
  Receipt receipt = some_receipt();
  receipt.checkpoints.resize(kMaxCheckpoints, receipt.checkpoints[0]);
  EXPECT_EQ(must(parse_receipt(print(receipt))), receipt);
  receipt.checkpoints.push_back(receipt.checkpoints[0]);
  EXPECT_EQ(parse_receipt(print(receipt)).error().code, ErrorCode::kParse);
  EXPECT_EQ(parse_receipt(std::string(70'000, 'x')).error().code, ErrorCode::kLimit);
}

TEST(Entry, ContentTellsNamesAndKindsApart) {
  const Digest a = digest_of("a"), b = digest_of("b");
  const Digest content = twin_content({{"rot_1", a}}, {{"weight", b}});
  EXPECT_EQ(content, sha256(as_bytes("salus-twin-content 1\nevaluation_key " + a.hex() +
                                     " rot_1\nfeature " + b.hex() + " weight\n")));
  EXPECT_NE(content, twin_content({{"rot_1", b}}, {{"weight", a}}));
  EXPECT_NE(content, twin_content({}, {{"rot_1", a}, {"weight", b}}));
  EXPECT_NE(content, twin_content({{"rot_1", a}}, {{"height", b}}));
}

TEST(Entry, FieldsHoldWhatALineCanHold) {
  EXPECT_TRUE(is_field_text("salusd/0.5.0+avx512:x-1_"));
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\nb"),
                                 std::string("\xc3\xa4"), std::string(129, 'a')}) {
    EXPECT_FALSE(is_field_text(bad)) << bad;
  }
}

}  // namespace
}  // namespace salus::receipt
