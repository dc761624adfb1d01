// Goal: a body is read strictly; every refusal names the field or the byte.
#include "http/json_body.h"

#include <gtest/gtest.h>

namespace salus::http {
namespace {

const std::string kHex(64, 'a');

std::string refusal(std::string_view text) {
  const Result<JsonBody> body = JsonBody::parse(text);
  return body ? "" : body.error().message;
}

TEST(JsonBody, GivesEachFieldOnceWithItsType) {
  JsonBody body = must(
      JsonBody::parse(R"({"a":"text","b":7,"c":")" + kHex + R"(","d":{"x":")" + kHex + R"("}})"));
  EXPECT_EQ(must(body.text("a")), "text");
  EXPECT_EQ(must(body.count("b")), 7u);
  EXPECT_EQ(must(body.digest("c")).hex(), kHex);
  EXPECT_EQ(must(body.digests("d")).at("x").hex(), kHex);
  EXPECT_TRUE(body.finish().has_value());
  EXPECT_FALSE(body.text("a").has_value());
}

TEST(JsonBody, RefusesAFieldOfAnotherType) {
  JsonBody body = must(JsonBody::parse(R"({"a":"text","b":7,"d":{"x":"short"}})"));
  EXPECT_EQ(body.count("a").error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(body.text("b").error().message.find("\"b\""), std::string::npos);
  EXPECT_NE(body.digests("d").error().message.find("\"d.x\""), std::string::npos);
}

TEST(JsonBody, RefusesAFieldThatNobodyAskedFor) {
  JsonBody body = must(JsonBody::parse(R"({"a":"x","b":"y"})"));
  (void)must(body.text("a"));
  EXPECT_NE(body.finish().error().message.find("\"b\""), std::string::npos);
}

TEST(JsonBody, RefusesWhatIsNotOneShallowObject) {
  EXPECT_NE(refusal("").find("0 bytes"), std::string::npos);
  EXPECT_NE(refusal("{\"a\":}").find("byte 6"), std::string::npos);
  EXPECT_NE(refusal("{} {}").find("not JSON"), std::string::npos);
  EXPECT_NE(refusal("[1]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":{"b":{}}})").find("deeper"), std::string::npos);
  EXPECT_NE(refusal(std::string(100'000, '[')).find("deeper"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":"1","a":"2"})").find("twice"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":{"b":"1","b":"2"}})").find("twice"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":true})").find("\"a\""), std::string::npos);
  EXPECT_NE(refusal(R"({"a":-1})").find("\"a\""), std::string::npos);
  EXPECT_NE(refusal("{\"a\":\"\xff\"}").find("not JSON"), std::string::npos);
}

}  // namespace
}  // namespace salus::http
