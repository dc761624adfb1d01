// Goal:   replies become values or errors that name what is wrong; nothing of a reply is believed.
// Method: fixed replies from a server in memory.

#include "client/api.h"

#include <gtest/gtest.h>

#include "client/events.h"
#include "client/fake_server.h"

namespace salus::client {
namespace {

TEST(Api, ARunIsReadFieldByField) {
  const client::Run run = must(parse_run(
      R"({"id":"r1","state":"done","progress":1,"server_seconds":0.5,"basis_reused":true,"x":[]})"));

  EXPECT_EQ(run.id, "r1");
  EXPECT_TRUE(run.ended());
  EXPECT_TRUE(run.basis_reused);
  EXPECT_EQ(must(parse_run(print_run(run))).server_seconds, 0.5);
}

TEST(Api, RepliesThatAreNotOursAreRefused) {
  for (const char* text : {"", "<html>", "[]", "{}", R"({"id":1,"state":"done"})",
                           R"({"id":"r","state":"done","progress":"half"})"}) {
    EXPECT_EQ(parse_run(text).error().code, ErrorCode::kParse) << text;
  }
  EXPECT_EQ(parse_upload_state(R"({"offset":-1,"complete":false})").error().code,
            ErrorCode::kParse);
}

TEST(Api, AProblemDocumentGivesCodeAndDetail) {
  const Response reply =
      FakeServer::json_reply(403, {{"code", "outside_box"}, {"detail", "CL 9 is above 6"}});

  const Error error = error_of(reply);

  EXPECT_EQ(error.code, ErrorCode::kOutsideBox);
  EXPECT_NE(error.message.find("CL 9 is above 6"), std::string::npos);
}

TEST(Api, AReplyWithoutAProblemIsNamedByItsStatus) {
  EXPECT_EQ(error_of({404, "text/plain", {}}).code, ErrorCode::kNotFound);
  EXPECT_EQ(error_of({401, "text/plain", {}}).code, ErrorCode::kDenied);
  EXPECT_EQ(error_of({507, "text/plain", {}}).code, ErrorCode::kNoSpace);
  EXPECT_EQ(error_of({500, "text/plain", {}}).code, ErrorCode::kUnavailable);
}

TEST(Api, WatchingEndsWithTheRun) {
  FakeServer server;
  server.events =
      ": hello\n\nevent: run\ndata: {\"id\":\"r\",\"state\":\"running\",\"progress\":0.5}\n\n"
      "event: run\r\ndata: {\"id\":\"r\",\"state\":\"done\",\"progress\":1}\r\n\r\ndata: junk\n\n";
  std::vector<std::string> states;

  must(Api(server).watch_run("r", [&](const client::Run& run) {
    states.push_back(run.state);
    return true;
  }));

  EXPECT_EQ(states, (std::vector<std::string>{"running", "done"}));
}

TEST(Api, PathsAreEscaped) { EXPECT_EQ(path_part("a/b?c d~"), "a%2Fb%3Fc%20d~"); }

TEST(EventReader, LinesOfDataAreJoinedAndTheLimitHolds) {
  std::vector<std::string> seen;
  EventReader reader([&](const Event& event) { return seen.push_back(event.data), true; });

  EXPECT_TRUE(must(reader.feed("data: a\ndata:b\n\nid: 3\n\n")));
  EXPECT_EQ(seen, (std::vector<std::string>{"a\nb"}));
  EXPECT_EQ(reader.feed("data:" + std::string(kMaxEventBytes, 'x')).error().code,
            ErrorCode::kLimit);
}

}  // namespace
}  // namespace salus::client
