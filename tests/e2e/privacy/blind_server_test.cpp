// Goal:   promise P1: data folder, logs and traffic of a server hold no feature and no result; and
// a
//         ciphertext opens under its own key only.
// Method: the client library runs a twin and a question through a recording proxy against a real
//         salusd. Then every byte that the server kept, logged, received or sent is searched for
//         the plaintext numbers as text, doubles and floats, and for the key. The same search finds
//         numbers that are planted: it would have found a leak.
//         Ciphertexts are megabytes of random bytes, in which four given bytes occur by chance
//         about once in a hundred flows; what is found once must be found again with fresh keys to
//         count.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "client/result.h"
#include "client/twin.h"
#include "http_transport.h"
#include "support/needles.h"
#include "support/recording_proxy.h"
#include "support/salusd_process.h"
#include "support/tiny_world.h"

namespace salus::e2e {
namespace {

/// A program whose features are not their own normalised values.
program::Program wide_program() {
  program::Program program = tiny_program();
  for (auto& parameter : program.parameters) parameter.low = -3, parameter.high = 5;
  for (auto& input : program.inputs) input.low = -3, input.high = 5;
  return program;
}

const std::vector<program::NamedValue> kFeatures{{"x", 2.718281828459045}, {"y", -1.4142135623731}};

/// What one flow left behind, and what must not be in there.
struct Traces {
  Haystack haystack;
  std::vector<Needle> secrets;
  std::size_t result_bytes = 0;
};

void add(const std::string& name, double value, std::vector<Needle>& needles) {
  const std::vector<Needle> more = needles_of(name, value);
  needles.insert(needles.end(), more.begin(), more.end());
}

/// The client's side of a flow through `port`; the result's bytes.
Bytes ask(std::uint16_t port, const std::string& token, const client::KeyFile& key,
          const program::Program& program, const std::filesystem::path& folder) {
  const auto transport =
      cli::make_http_transport({.host = "127.0.0.1", .port = std::to_string(port)}, token, {});
  client::Api api(*transport);
  const client::Workspace workspace = must(client::Workspace::open(folder));
  const client::TwinProgress quiet = [](std::string_view, double) { return true; };
  client::TwinRecord record = must(client::prepare_twin(
      workspace, key, program,
      {.name = "subject-1",
       .server = "test",
       .patients = {kFeatures},
       .plan = must(client::plan_keys(*must(client::parameters_of(program.basis.circuit.chain)),
                                      must(client::key_requirements({program}))))},
      quiet));
  (void)must(client::send_twin(workspace, api, record, quiet));
  const Bytes bytes = program::serialize(program);
  const client::Limits limits = must(api.limits());
  (void)must(client::upload(api, limits, bytes, client::ObjectKind::kProgram));
  const client::Run run = must(api.start_run(record.id, sha256(bytes)));
  client::Run last;
  must(api.watch_run(run.id, [&](const client::Run& now) { return last = now, true; }));
  EXPECT_EQ(last.state, "done") << last.error;
  return must(api.run_result(run.id));
}

Traces run_flow() {
  const TemporaryFolder folder;
  const std::filesystem::path data = folder.path() / "data";
  const std::string token = add_account(data, "alice");
  SalusdProcess server(data);
  server.start();
  const program::Program program = wide_program();
  const client::KeyFile key =
      must(client::make_key("subject-1", program.basis.circuit.chain, "2024-01-01T00:00:00Z"));
  Traces traces;
  Bytes result;
  {
    RecordingProxy proxy(server.port());
    result = ask(proxy.port(), token, key, program, folder.path() / "client");
    const std::vector<std::string> recorded = proxy.recorded();
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      traces.haystack["traffic " + std::to_string(i)] = recorded[i];
    }
  }
  add_files(data, traces.haystack);  // while it runs: with the database's write-ahead log
  server.terminate();
  add_files(data, traces.haystack);
  std::ifstream log(server.log());
  traces.haystack["log"] = std::string(std::istreambuf_iterator<char>(log), {});
  EXPECT_FALSE(traces.haystack["log"].empty());

  for (const auto& feature : kFeatures)
    add("feature " + feature.name, feature.value, traces.secrets);
  const std::vector<double> inputs = must(program::normalise(program, kFeatures));
  for (const double input : inputs) add("normalised feature", input, traces.secrets);
  const client::Opened opened = must(client::open_result(result, key, program));
  const std::vector<double> clear = in_the_clear(program, inputs[0], inputs[1]);
  for (std::size_t i = 0; i < clear.size(); ++i) {
    EXPECT_NEAR(opened.slots[i], clear[i], kTinyTolerance);
    add("result " + std::to_string(i), opened.slots[i], traces.secrets);
    add("exact result " + std::to_string(i), clear[i], traces.secrets);
  }
  const auto seed = key.seed.reveal();
  traces.secrets.push_back({"the key", std::string(as_text(ByteView(seed.data(), seed.size())))});
  traces.secrets.push_back({"the key in hexadecimal", to_hex(ByteView(seed.data(), seed.size()))});
  traces.result_bytes = result.size();
  return traces;
}

/// What was found, without the place: "feature x as float".
std::vector<std::string> kinds_of(const std::vector<std::string>& found) {
  std::vector<std::string> kinds;
  for (const std::string& each : found) kinds.push_back(each.substr(0, each.rfind(" in ")));
  std::sort(kinds.begin(), kinds.end());
  return kinds;
}

TEST(BlindServer, HoldsLogsAndSeesNoPlaintext) {
  Traces traces = run_flow();
  std::size_t bytes = 0;
  for (const auto& [where, content] : traces.haystack) bytes += content.size();
  std::printf("searched %zu places, %zu bytes, for %zu needles\n", traces.haystack.size(), bytes,
              traces.secrets.size());
  // The flow was seen as a whole: keys, features, program and result went over the wire.
  EXPECT_GT(bytes, 2 * traces.result_bytes + 2'000'000);

  std::vector<std::string> found = find_all(traces.haystack, traces.secrets);
  if (!found.empty()) {
    const Traces again = run_flow();
    const auto kinds = kinds_of(find_all(again.haystack, again.secrets));
    std::erase_if(found, [&](const std::string& each) {
      const std::string kind = each.substr(0, each.rfind(" in "));
      return !std::binary_search(kinds.begin(), kinds.end(), kind);
    });
  }
  EXPECT_TRUE(found.empty()) << testing::PrintToString(found);

  // The positive control: each form of each secret is found where it is planted.
  for (const Needle& needle : traces.secrets) {
    Haystack planted{{"planted", std::string(1000, '\1') + needle.bytes + std::string(99, '\2')}};
    EXPECT_EQ(find_all(planted, {needle}).size(), 1u) << needle.what;
  }
}

TEST(BlindServer, FindsANumberThatAFileHolds) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "notes.txt") << "CL = 2.71828 L/h";
  const double value = 2.718281828459045;
  const auto single = static_cast<float>(value);
  std::ofstream(folder.path() / "double.bin", std::ios::binary)
      .write(reinterpret_cast<const char*>(&value), sizeof value);
  std::ofstream(folder.path() / "float.bin", std::ios::binary)
      .write(reinterpret_cast<const char*>(&single), sizeof single);
  Haystack haystack;
  add_files(folder.path(), haystack);

  const std::vector<std::string> found = find_all(haystack, needles_of("CL", value));

  const auto in = [&](const std::string& file) {
    return std::any_of(found.begin(), found.end(),
                       [&](const std::string& each) { return each.ends_with(file); });
  };
  EXPECT_TRUE(in("notes.txt") && in("double.bin") && in("float.bin"))
      << testing::PrintToString(found);
}

TEST(BlindServer, SeesNoTokenInItsFolderOrLog) {
  const TemporaryFolder folder;
  const std::filesystem::path data = folder.path() / "data";
  const std::string token = add_account(data, "alice");
  SalusdProcess server(data);
  server.start();
  const auto transport = cli::make_http_transport(
      {.host = "127.0.0.1", .port = std::to_string(server.port())}, token, {});
  client::Api api(*transport);
  EXPECT_TRUE(must(api.twins()).empty());
  Haystack haystack;
  add_files(data, haystack);
  server.terminate();
  add_files(folder.path(), haystack);
  EXPECT_TRUE(find_all(haystack, {{"token", token}, {"token", token.substr(6, 20)}}).empty());
}

TEST(OneCiphertext, IsNoiseUnderAnotherKey) {
  const program::Program program = tiny_program();
  TinyPatient alice(program, "alice", 1);
  const TinyPatient eve(program, "eve", 2);
  const Bytes x = alice.encrypt(0.5), y = alice.encrypt(-0.25);
  const Bytes result = undisturbed_result(program, alice, x, y);
  const std::vector<double> expected = in_the_clear(program, 0.5, -0.25);

  const std::vector<double> right = alice.decrypt(result);
  const std::vector<double> wrong = eve.decrypt(result);

  // Under another key every coefficient is uniform modulo q_0: slots are about q_0 / scale.
  double smallest = 1e300;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(right[i], expected[i], kTinyTolerance);
    smallest = std::min(smallest, std::abs(wrong[i] - expected[i]));
  }
  EXPECT_GT(smallest, 10.0);
}

}  // namespace
}  // namespace salus::e2e
