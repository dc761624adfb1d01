// Goal: methods and paths find their routes, and nothing else does; every error has a status.
#include "http/routes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/problem.h"
#include "http/render.h"

namespace salus::http {
namespace {

TEST(Routes, FindEndpointAndArgument) {
  const Match found = must(match("PUT", "/v1/objects/abc?offset=12"));
  EXPECT_EQ(found.endpoint, Endpoint::kAppend);
  EXPECT_EQ(found.argument, "abc");
  EXPECT_EQ(found.query.at("offset"), "12");
  EXPECT_EQ(must(match("GET", "/v1/objects/abc/status")).endpoint, Endpoint::kObjectStatus);
  EXPECT_EQ(must(match("DELETE", "/v1/runs/run_1")).endpoint, Endpoint::kCancelRun);
  EXPECT_EQ(must(match("GET", "/v1/runs")).endpoint, Endpoint::kRuns);
}

TEST(Routes, TellAnUnknownPathFromAnUnknownMethod) {
  for (const char* path : {"/", "/v1", "/v2/runs", "/v1/runs/", "/v1/runs/a/b", "/v1/runs//events",
                           "/v1/objects/a/status/x", "/v1/RUNS"}) {
    EXPECT_TRUE(must(match("GET", path)).route.empty()) << path;
  }
  const Match method = must(match("PUT", "/v1/twins"));
  EXPECT_FALSE(method.endpoint.has_value());
  EXPECT_EQ(method.allow, "POST, GET");
}

TEST(Routes, RefuseATargetThatIsNoneOrTooLong) {
  EXPECT_EQ(match("GET", "http://host/").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(match("GET", "/v1/runs?a&b").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(match("GET", "/v1/runs?a=1&a=2").error().code, ErrorCode::kInvalidArgument);
  const std::string longest = "/" + std::string(kMaxTargetBytes - 1, 'x');
  EXPECT_TRUE(match("GET", longest).has_value());
  EXPECT_EQ(match("GET", longest + "x").error().code, ErrorCode::kLimit);
}

TEST(Problem, NamesStatusCodeAndRequest) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kNotBuilt); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const Reply reply = problem({code, "the detail"}, "id-1");
    const auto document = nlohmann::json::parse(reply.body);
    EXPECT_GE(reply.status, 400);
    EXPECT_EQ(document.at("status"), reply.status);
    EXPECT_EQ(document.at("code"), name(code));
    EXPECT_EQ(document.at("request_id"), "id-1");
  }
}

TEST(Problem, TellsTheOperatorAloneWhatFailedInside) {
  const Reply reply = problem({ErrorCode::kIo, "cannot write /srv/salus/x"}, "id-1");
  EXPECT_EQ(reply.body.find("/srv"), std::string::npos);
  EXPECT_NE(reply.failure.find("/srv/salus/x"), std::string::npos);
}

TEST(Render, WritesTimesInUtcWithMilliseconds) {
  EXPECT_EQ(render_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(render_time(1'700'000'000'007), "2023-11-14T22:13:20.007Z");
}

}  // namespace
}  // namespace salus::http
