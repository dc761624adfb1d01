// Goal:   an upload ends with the whole object on the server, whatever breaks on the way, and sends
//         nothing twice that was acknowledged.
// Method: a server in memory that breaks connections before or after it has stored a chunk.

#include "client/upload.h"

#include <gtest/gtest.h>

#include "client/fake_server.h"

namespace salus::client {
namespace {

Bytes example(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + 7);
  return bytes;
}

Result<UploadReport> send(FakeServer& server, ByteView object) {
  Api api(server);
  const Limits limits = must(api.limits());
  return upload(api, limits, object, ObjectKind::kCiphertext);
}

TEST(Upload, SendsInChunksAndReportsBytes) {
  FakeServer server;
  const Bytes object = example(250);

  const UploadReport report = must(send(server, object));

  EXPECT_EQ(server.objects[sha256(object).hex()].first, object);
  EXPECT_EQ(report.sent_bytes, 250u);
  EXPECT_EQ(report.skipped_bytes, 0u);
}

TEST(Upload, WhatTheServerHasIsNotSent) {
  FakeServer server;
  const Bytes object = example(250);
  must(send(server, object));

  const UploadReport report = must(send(server, object));

  EXPECT_EQ(report.sent_bytes, 0u);
  EXPECT_EQ(report.skipped_bytes, 250u);
}

TEST(Upload, GoesOnAtTheAcknowledgedOffset) {
  FakeServer server;
  const Bytes object = example(250);
  server.objects[sha256(object).hex()] = {Bytes(object.begin(), object.begin() + 130), 250};

  const UploadReport report = must(send(server, object));

  EXPECT_EQ(report.sent_bytes, 120u);
  EXPECT_EQ(report.skipped_bytes, 130u);
  EXPECT_EQ(server.objects[sha256(object).hex()].first, object);
}

TEST(Upload, ABrokenConnectionIsTakenUpWhetherTheChunkArrivedOrNot) {
  FakeServer server;
  server.failures = {1, 0, 2, 1, 1, 2};
  const Bytes object = example(350);

  must(send(server, object));

  EXPECT_EQ(server.objects[sha256(object).hex()].first, object);
}

TEST(Upload, WithoutHeadwayItEndsAsUnavailable) {
  FakeServer server;
  server.failures.assign(kUploadRetries + 1, 1);

  EXPECT_EQ(send(server, example(10)).error().code, ErrorCode::kUnavailable);
}

TEST(Upload, SizesAreHeldAgainstTheServersLimit) {
  FakeServer server;
  server.max_object_bytes = 100;

  EXPECT_TRUE(send(server, example(100)));
  const Error error = send(server, example(101)).error();
  EXPECT_EQ(error.code, ErrorCode::kLimit);
  EXPECT_NE(error.message.find("101"), std::string::npos);
  EXPECT_EQ(send(server, {}).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace salus::client
