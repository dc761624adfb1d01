// An owner with two keys and the tiny question, before a real server.
#pragma once

#include <gtest/gtest.h>

#include "command_line.h"
#include "support/salusd_process.h"
#include "support/tiny_world.h"

namespace salus::e2e {

namespace fs = std::filesystem;

class Owner : public testing::Test {
 protected:
  Owner() : server_(folder_.path() / "data", {"--max-chunk-bytes", "65536"}) {
    must(write_file(path("tiny.program"), program::serialize(tiny_program(0))));
    must(write_file(path("other.program"), program::serialize(tiny_program(1))));
    must(write_file(path("rotated.program"), program::serialize(tiny_rotated(5))));
    must(write_file(path("token"), as_bytes(add_account(folder_.path() / "data", "owner")),
                    FileMode::kOwnerOnly));
    must(write_file(path("f.json"), as_bytes(R"({"format":"salus-features 1","features":{
        "x":{"value":0.5,"unit":"1"},"y":{"value":-25,"unit":"%"}}})")));
    server_.start();
    EXPECT_EQ(run("key create --program tiny.program -o a.secret").code, 0);
    EXPECT_EQ(run("key create --program tiny.program -o b.secret").code, 0);
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }
  Said run(const std::string& arguments) const {
    return shell(folder_.path(), "SALUS_SERVER=http://127.0.0.1:" + std::to_string(server_.port()) +
                                     " SALUS_TOKEN_FILE=token " + SALUS_PATH + " " + arguments);
  }
  /// Killed after that many seconds.
  Said limited(double seconds, const std::string& arguments) const {
    return shell(folder_.path(), "SALUS_SERVER=http://127.0.0.1:" + std::to_string(server_.port()) +
                                     " SALUS_TOKEN_FILE=token timeout -s KILL " +
                                     std::to_string(seconds) + " " + SALUS_PATH + " " + arguments);
  }
  Said create() const {
    return run(
        "twin create --key a.secret --program tiny.program --program other.program "
        "--features f.json --name t --json");
  }
  /// Asks `program` of twin t; the ciphertext lies in r.ct.
  std::string ask(const std::string& program) const {
    EXPECT_EQ(run("program upload " + program).code, 0);
    const Said started = run("run start --twin t --program " + program);
    EXPECT_EQ(started.code, 0) << started.err;
    const std::string id = started.out.substr(0, started.out.find('\n'));
    EXPECT_EQ(run("run watch " + id).code, 0);
    const Said fetched = run("run fetch " + id + " -o r.ct");
    EXPECT_EQ(fetched.code, 0) << fetched.err;
    return id;
  }
  Said open(const std::string& more) const {
    return run("result open r.ct --features f.json -o o " + more);
  }

  TemporaryFolder folder_;
  SalusdProcess server_;
};

}  // namespace salus::e2e
