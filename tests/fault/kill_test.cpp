// Goal:   kill -9 of salusd at any moment loses nothing that it acknowledged and lets no wrong
// result
//         through; a restarted server finishes what was started.
// Method: a client uploads in random pieces and starts runs while the server is killed at random
//         moments (fixed, printed seed). Each acknowledged offset is held against the server's word
//         after its restart; each result against the same engine in this process, byte for byte,
//         and against the numbers in the clear. At the end `salusd check` reads every object.
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/http_client.h"
#include "support/tiny_world.h"
#include "victim.h"

namespace salus::e2e {
namespace {

using nlohmann::json;

constexpr int kDefaultKills = 100;
constexpr std::uint64_t kDefaultSeed = 20240607;
constexpr std::chrono::seconds kPatience{60};

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Finding {
  std::string object;
  std::string run;
  std::string result;  ///< digest that it must have
};

class Killed : public testing::Test {
 protected:
  Killed()
      : seed_(setting("SALUS_SEED", kDefaultSeed)),
        kills_(static_cast<int>(setting("SALUS_KILLS", kDefaultKills))),
        random_(seed_) {
    std::printf("SALUS_SEED=%llu SALUS_KILLS=%d\n", static_cast<unsigned long long>(seed_), kills_);
    token_ = add_account(data_, "alice", std::uint64_t{64} << 30);
    victim_ = std::make_unique<Victim>(data_, seed_, kills_);
  }

  HttpClient client() const { return HttpClient(victim_->port(), token_); }

  /// Repeats a request until some server lives long enough to answer it.
  template <class Ask>
  HttpReply insist(const Ask& ask) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      if (std::optional<HttpReply> reply = ask(client())) return *reply;
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    ADD_FAILURE() << "no answer for " << kPatience.count() << " s";
    return {};
  }

  void upload(ByteView bytes, const std::string& kind);
  std::string create_twin(const TinyPatient& patient, const Bytes& x, const Bytes& y);
  json run_to_its_end(const std::string& twin, const Digest& program);
  void ask_one_question(TinyPatient& patient, const program::Program& program);
  void hold_to_its_word();

  TemporaryFolder folder_;
  const std::filesystem::path data_ = folder_.path() / "data";
  const std::uint64_t seed_;
  const int kills_;
  std::mt19937_64 random_;
  std::string token_;
  std::unique_ptr<Victim> victim_;
  std::map<std::string, std::string> complete_;  ///< digest -> kind: acknowledged as complete
  std::vector<Finding> findings_;
  int resumed_ = 0;
  int attempts_ = 0;
};

/// In random pieces; what was acknowledged must still be there after each death.
void Killed::upload(ByteView bytes, const std::string& kind) {
  victim_->say("upload");
  const Digest digest = sha256(bytes);
  const json announcement{{"digest", digest.hex()}, {"bytes", bytes.size()}, {"kind", kind}};
  std::uint64_t acknowledged = 0;
  for (;;) {
    const HttpReply status =
        insist([&](const HttpClient& c) { return c.post("/v1/objects", announcement); });
    ASSERT_LT(status.status, 300) << status.body;
    const json state = status.json();
    const auto offset = state.at("offset").get<std::uint64_t>();
    ASSERT_GE(offset, acknowledged) << "acknowledged bytes of " << digest.hex() << " were lost";
    if (state.at("complete").get<bool>()) break;
    const std::uint64_t piece = 1 + random_() % (bytes.size() / 3 + 1);
    const ByteView part = bytes.subspan(offset).first(std::min(piece, bytes.size() - offset));
    const auto reply = client().put(digest, offset, part);
    if (!reply) {
      ++resumed_;
      continue;
    }
    ASSERT_EQ(reply->status, 200) << reply->body;
    acknowledged = reply->json().at("offset").get<std::uint64_t>();
    ASSERT_EQ(acknowledged, offset + part.size());
    if (reply->json().at("complete").get<bool>()) complete_[digest.hex()] = kind;
  }
  complete_[digest.hex()] = kind;
}

std::string Killed::create_twin(const TinyPatient& patient, const Bytes& x, const Bytes& y) {
  victim_->say("twin");
  json keys = json::object();
  for (const auto& [name, object] : patient.evaluation_keys()) keys[name] = sha256(object).hex();
  const json body{{"name", "subject " + std::to_string(findings_.size())},
                  {"evaluation_keys", keys},
                  {"features", {{"x", sha256(x).hex()}, {"y", sha256(y).hex()}}}};
  const HttpReply twin = insist([&](const HttpClient& c) { return c.post("/v1/twins", body); });
  EXPECT_EQ(twin.status, 201) << twin.body;
  return twin.json().at("id").get<std::string>();
}

json Killed::run_to_its_end(const std::string& twin, const Digest& program) {
  victim_->say("run");
  const HttpReply started = insist([&](const HttpClient& c) {
    return c.post("/v1/runs", {{"twin", twin}, {"program", program.hex()}});
  });
  EXPECT_EQ(started.status, 202) << started.body;
  const std::string path = "/v1/runs/" + started.json().at("id").get<std::string>();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  json run;
  do {
    run = insist([&](const HttpClient& c) { return c.get(path); }).json();
    if (run.at("state") != "queued" && run.at("state") != "running") return run;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } while (std::chrono::steady_clock::now() < end);
  ADD_FAILURE() << "the run never ended: " << run.dump();
  return run;
}

void Killed::ask_one_question(TinyPatient& patient, const program::Program& program) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  const double x = uniform(random_), y = uniform(random_);
  const Bytes cx = patient.encrypt(x), cy = patient.encrypt(y);
  upload(cx, "ciphertext");
  upload(cy, "ciphertext");
  if (HasFatalFailure()) return;
  const std::string twin = create_twin(patient, cx, cy);
  const json run = run_to_its_end(twin, sha256(program::serialize(program)));
  ASSERT_EQ(run.at("state"), "done") << run.dump();
  attempts_ += run.at("attempts").get<int>();

  victim_->say("result");
  const std::string id = run.at("id").get<std::string>();
  const HttpReply result =
      insist([&](const HttpClient& c) { return c.get("/v1/runs/" + id + "/result"); });
  ASSERT_EQ(result.status, 200) << result.body;
  const Digest expected = sha256(undisturbed_result(program, patient, cx, cy));
  EXPECT_EQ(sha256(as_bytes(result.body)), expected) << "run " << id << " gave a wrong result";
  const std::vector<double> answers = patient.decrypt(as_bytes(result.body));
  const std::vector<double> clear = in_the_clear(program, x, y);
  for (std::size_t i = 0; i < clear.size(); ++i) EXPECT_NEAR(answers[i], clear[i], kTinyTolerance);
  findings_.push_back({.object = sha256(cx).hex(), .run = id, .result = expected.hex()});
}

/// After the last death: everything that was ever acknowledged is there, byte for byte.
void Killed::hold_to_its_word() {
  for (const auto& [digest, kind] : complete_) {
    const HttpReply object =
        insist([&](const HttpClient& c) { return c.get("/v1/objects/" + digest); });
    ASSERT_EQ(object.status, 200) << kind << " " << digest << " was lost";
    EXPECT_EQ(sha256(as_bytes(object.body)).hex(), digest);
  }
  for (const Finding& found : findings_) {
    const HttpReply result =
        insist([&](const HttpClient& c) { return c.get("/v1/runs/" + found.run + "/result"); });
    EXPECT_EQ(sha256(as_bytes(result.body)).hex(), found.result);
  }
}

TEST_F(Killed, ServerLosesNothingThatItAcknowledged) {
  const std::vector<program::Program> programs{tiny_program(0), tiny_program(1)};
  std::uint64_t patients = 0;
  while (!victim_->done() && !HasFailure()) {
    // New keys now and then: megabytes that are mostly cut into by the next death.
    ++patients;
    TinyPatient patient(programs[0], "twin " + std::to_string(patients), seed_ + patients);
    for (const auto& [name, object] : patient.evaluation_keys()) {
      upload(object, "evaluation_key");
      if (HasFatalFailure()) return;
    }
    for (int i = 0; i < 3 && !HasFailure(); ++i) {
      const program::Program& program = programs[random_() % programs.size()];
      upload(program::serialize(program), "program");
      ask_one_question(patient, program);
    }
  }
  if (HasFatalFailure()) return;
  hold_to_its_word();

  EXPECT_EQ(victim_->terminate(), 0);
  const Finished check = run_salusd({"check", "--json", "--data", data_.string()});
  EXPECT_EQ(check.exit_code, 0) << check.output;
  int total = 0;
  for (const auto& [phase, count] : victim_->tally()) {
    std::printf("killed %d times during: %s\n", count, phase.c_str());
    total += count;
  }
  std::printf("%d kills; %zu objects and %zu results kept; %d sends resumed; %d attempts\n", total,
              complete_.size(), findings_.size(), resumed_, attempts_);
  EXPECT_EQ(total, kills_);
}

}  // namespace
}  // namespace salus::e2e
