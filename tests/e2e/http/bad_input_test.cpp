// Goal:   whatever comes over the network is refused with the right status, the object, the numbers
// and
//         the next step, and leaves nothing half-written.
// Method: a real salusd and a client that misbehaves; every reply is held against openapi.yaml.
#include "support/real_server.h"

#include <chrono>
#include <thread>

#include "arith/primes.h"
#include "wire/container.h"

namespace salus::e2e {
namespace {

using nlohmann::json;

class BadInput : public RealServer {
 protected:
  BadInput() : RealServer({"--max-object-bytes", "4000000", "--max-chunk-bytes", "3000000"}) {}
  ~BadInput() override {
    EXPECT_EQ(server_.terminate(), 0);
    EXPECT_EQ(run_salusd({"check", "--data", data().string()}).exit_code, 0);
  }

  HttpReply run(const std::string& twin, ByteView program) {
    return post("/v1/runs", {{"twin", twin}, {"program", upload(program, "program")}});
  }

  const program::Program program_ = tiny_program();
  const Bytes program_bytes_ = program::serialize(program_);
  TinyPatient patient_{program_, "twin", 1};
  const Bytes x_ = patient_.encrypt(0.5);
  const Bytes y_ = patient_.encrypt(0.25);
};

TEST_F(BadInput, ATokenThatIsMissingOrWrongIsRefused) {
  token_ = "";
  expect_problem(get("/v1/twins"), 401, "denied", {"Bearer"});
  token_ = "salus_" + std::string(64, '0');
  expect_problem(get("/v1/twins"), 401, "denied");
  token_ = std::string(5000, 'x');
  expect_problem(get("/v1/nothing"), 401, "denied");
}

TEST_F(BadInput, AnUnknownPathOrMethodIsRefused) {
  expect_problem(get("/v1/nothing"), 404, "not_found", {"http-api.md"});
  const HttpReply method = ask("PATCH", "/v1/runs");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("Allow"), "POST, GET");
}

TEST_F(BadInput, ABodyThatIsNotTheRightJsonIsRefusedByField) {
  const auto refused = [&](const std::string& body, const std::string& word) {
    const HttpReply reply = ask("POST", "/v1/objects", as_bytes(body), "application/json");
    expect_problem(reply, 400, "invalid_argument", {word});
  };
  refused("", "0 bytes");
  refused("{", "not JSON at byte");
  refused("[]", "object");
  refused("[[[[[[", "deeper than");
  refused(R"({"digest":1,"bytes":2,"kind":"program"})", "digest");
  refused(R"({"digest":"zz","bytes":2,"kind":"program"})", "64 hexadecimal");
  const std::string digest = R"("digest":")" + std::string(64, 'a') + "\"";
  refused("{" + digest + R"(,"bytes":-1,"kind":"program"})", "bytes");
  refused("{" + digest + R"(,"bytes":1e9,"kind":"program"})", "bytes");
  refused("{" + digest + R"(,"kind":"program"})", "\"bytes\" is missing");
  refused("{" + digest + "," + digest + "}", "twice");
  refused("{" + digest + R"(,"bytes":2,"kind":"program","colour":"red"})", "colour");
  refused("{" + digest + R"(,"bytes":2,"kind":"result"})", "made by the server");
  refused("{" + digest + R"(,"bytes":2,"kind":"evaluation_keys"})", "evaluation_key");
  refused("{" + digest + R"(,"bytes":0,"kind":"program"})", "0 bytes");
  const HttpReply type = ask("POST", "/v1/objects", as_bytes("{}"), "text/plain");
  expect_problem(type, 400, "invalid_argument", {"Content-Type"});
}

TEST_F(BadInput, ABodyAboveItsLimitIsRefusedWithBothNumbers) {
  const std::string large(300'000, ' ');
  expect_problem(ask("POST", "/v1/runs", as_bytes(large), "application/json"), 413, "limit",
                 {"262144"});
  const Bytes object(4'000'001);
  expect_problem(announce(object, "evaluation_key"), 413, "limit", {"4000001", "4000000"});
  const Bytes fits(4'000'000);
  EXPECT_EQ(announce(fits, "evaluation_key").status, 201);
  expect_problem(put(fits, 0, fits), 413, "limit", {"4000000", "3000000", "send less"});
  expect_problem(put(x_, 0, x_), 404, "not_found", {"announce"});
  EXPECT_EQ(announce(x_, "ciphertext").status, 201);
  Bytes longer = x_;
  longer.push_back(std::byte{1});
  expect_problem(put(x_, 0, longer), 413, "limit", {std::to_string(x_.size())});
  expect_problem(put(x_, 0, {}), 400, "invalid_argument", {"0 bytes"});
}

TEST_F(BadInput, AnOffsetThatIsNotTheAcknowledgedOneNamesTheRightOne) {
  EXPECT_EQ(announce(x_, "ciphertext").status, 201);
  EXPECT_EQ(put(x_, 0, ByteView(x_).first(1000)).json().at("offset"), 1000);

  const HttpReply wrong = put(x_, 500, ByteView(x_).subspan(500));

  expect_problem(wrong, 409, "conflict", {"500", "1000"});
  EXPECT_EQ(wrong.json().at("offset"), 1000);
  EXPECT_EQ(put(x_, 1000, ByteView(x_).subspan(1000)).json().at("complete"), true);
  const std::string path = "/v1/objects/" + sha256(x_).hex();
  EXPECT_EQ(ask("PUT", path + "?offset=-1", x_).status, 400);
  EXPECT_EQ(ask("PUT", path + "?offset=1&offset=2", x_).status, 400);
  EXPECT_EQ(ask("PUT", path, x_).status, 400);
  EXPECT_EQ(get("/v1/objects/xyz").status, 400);
  EXPECT_EQ(get("/v1/objects/xyz/status").status, 400);
}

TEST_F(BadInput, FlippedBitsFailTheDigestAndTheUploadStartsAgain) {
  EXPECT_EQ(announce(x_, "ciphertext").status, 201);
  Bytes flipped = x_;
  flipped[flipped.size() / 2] ^= std::byte{4};

  expect_problem(put(x_, 0, flipped), 422, "corrupt", {sha256(flipped).hex(), sha256(x_).hex()});

  EXPECT_EQ(get("/v1/objects/" + sha256(x_).hex() + "/status").json().at("offset"), 0);
  EXPECT_EQ(put(x_, 0, x_).json().at("complete"), true);
}

TEST_F(BadInput, ObjectsThatDoNotParseAreNotKept) {
  Bytes flipped = x_;
  flipped[flipped.size() - 40] ^= std::byte{4};
  const Bytes cut = to_bytes(ByteView(x_).first(x_.size() / 2));
  Bytes future = x_;
  future[8] = std::byte{99};
  const Bytes random = to_bytes(as_bytes(std::string(5000, 'r')));
  Bytes program = program_bytes_;
  program[program.size() - 5] ^= std::byte{64};
  Bytes newer = program_bytes_;
  newer[14] = std::byte{'7'};
  for (const Bytes* bad : std::vector<const Bytes*>{&flipped, &cut, &future, &random}) {
    const HttpReply reply = send(*bad, "ciphertext");
    EXPECT_EQ(reply.status, 422) << reply.body;
    EXPECT_NE(reply.body.find("ciphertext " + sha256(*bad).hex()), std::string::npos);
    expect_problem(get("/v1/objects/" + sha256(*bad).hex() + "/status"), 404, "not_found");
  }
  EXPECT_EQ(send(future, "ciphertext").json().at("code"), "version");
  EXPECT_EQ(send(newer, "program").json().at("code"), "version");
  EXPECT_EQ(send(random, "program").json().at("code"), "parse");
  EXPECT_EQ(send(x_, "evaluation_key").json().at("code"), "mismatch");
  const Bytes& key = patient_.evaluation_keys().at("rotation 1");
  EXPECT_EQ(send(key, "ciphertext").json().at("code"), "mismatch");
}

TEST_F(BadInput, ATwinNeedsObjectsThatFitTogether) {
  TinyPatient other(program_, "another twin", 2);
  const Bytes theirs = other.encrypt(0.5);
  const json keys = upload_keys(patient_);
  const std::string x = upload(x_, "ciphertext"), foreign = upload(theirs, "ciphertext");
  const auto create = [&](const std::string& name, const json& features) {
    return post("/v1/twins", {{"name", name}, {"evaluation_keys", keys}, {"features", features}});
  };
  expect_problem(create("", {{"x", x}}), 400, "invalid_argument", {"name", "0 bytes"});
  expect_problem(create("a\nb", {{"x", x}}), 400, "invalid_argument", {"character"});
  expect_problem(create("t", json::object()), 400, "invalid_argument", {"0 features"});
  expect_problem(create("t", {{"x", std::string(64, 'b')}}), 404, "not_found", {"\"x\""});
  expect_problem(create("t", {{"x", keys.at("rotation 1")}}), 422, "mismatch",
                 {"\"x\"", "evaluation_key"});
  expect_problem(create("t", {{"x", x}, {"y", foreign}}), 422, "mismatch",
                 {"\"y\"", patient_.secret().id().hex(), other.secret().id().hex()});
  json many = json::object();
  for (int i = 0; i < 257; ++i) many["f" + std::to_string(i)] = x;
  expect_problem(create("t", many), 413, "limit", {"257", "256"});
}

TEST_F(BadInput, AnEvaluationKeyMustBeWhatItsNameSays) {
  TinyPatient other(program_, "another twin", 2);
  const json keys = upload_keys(patient_);
  const json features{{"x", upload(x_, "ciphertext")}};
  const auto create = [&](const std::string& name, const json& digest) {
    json with = keys;
    with[name] = digest;
    return post("/v1/twins", {{"name", "t"}, {"evaluation_keys", with}, {"features", features}});
  };
  const std::string foreign = upload(other.evaluation_keys().at("rotation 1"), "evaluation_key");
  expect_problem(create("rotation 2", keys.at("rotation 1")), 422, "mismatch",
                 {"\"rotation 2\"", "is a key for \"rotation 1\""});
  expect_problem(create("rotation 1", foreign), 422, "mismatch",
                 {"\"rotation 1\"", other.secret().id().hex()});
  expect_problem(create("rotation 1", features.at("x")), 422, "mismatch",
                 {"\"rotation 1\"", "ciphertext"});
  expect_problem(create("rotation 1", std::string(64, 'b')), 404, "not_found",
                 {"\"rotation 1\"", "upload it"});
  expect_problem(create("rotation 1", "zz"), 400, "invalid_argument", {"rotation 1"});
  const HttpReply whole =
      post("/v1/twins",
           {{"name", "t"}, {"evaluation_keys", std::string(64, 'a')}, {"features", features}});
  expect_problem(whole, 400, "invalid_argument", {"evaluation_keys", "object of digests"});
  // -3: a rotation and a conjugation in one.
  const std::uint32_t odd = (2u << patient_.params()->log_n()) - 3;
  expect_problem(send(patient_.make_key(odd, 0), "evaluation_key"), 422, "mismatch",
                 {"Galois element " + std::to_string(odd)});
  EXPECT_EQ(create("rotation 1", keys.at("rotation 1")).status, 201);
}

TEST_F(BadInput, ATwinHasAsManyKeysAsTheLimitSays) {
  const int limit = get("/v1/limits").json().at("max_evaluation_keys");
  EXPECT_EQ(limit, 1026);
  const json features{{"x", upload(x_, "ciphertext")}};
  json keys = json::object();
  for (int i = 1; i <= limit; ++i) keys["rotation " + std::to_string(i)] = std::string(64, 'a');
  const auto create = [&] {
    return post("/v1/twins", {{"name", "t"}, {"evaluation_keys", keys}, {"features", features}});
  };
  expect_problem(create(), 404, "not_found", {"evaluation key"});
  keys["conjugation"] = std::string(64, 'a');
  expect_problem(create(), 413, "limit", {"1027", "1026"});
}

TEST_F(BadInput, ARunNeedsAProgramThatFitsTheTwin) {
  const json keys = upload_keys(patient_);
  const std::string x = upload(x_, "ciphertext");
  const auto twin = [&](const json& features) {
    return post("/v1/twins", {{"name", "t"}, {"evaluation_keys", keys}, {"features", features}})
        .json()
        .at("id")
        .get<std::string>();
  };
  expect_problem(run(twin({{"x", x}}), program_bytes_), 422, "mismatch",
                 {"needs 2 features", "lacks \"y\"", "has \"x\""});
  expect_problem(run(twin({{"x", x}, {"Y", x}}), program_bytes_), 422, "mismatch", {"\"Y\""});
  const std::string fine = twin_of(patient_, x_, y_, "t");
  expect_problem(run("tw_none", program_bytes_), 404, "not_found", {"tw_none"});
  expect_problem(post("/v1/runs", {{"twin", fine}, {"program", x}}), 422, "mismatch",
                 {"ciphertext"});
  expect_problem(post("/v1/runs", {{"twin", fine}, {"program", std::string(64, 'c')}}), 404,
                 "not_found", {"upload it"});
  // The same circuits with another special prime: another parameter set.
  program::Program other = program_;
  const std::uint64_t prime = must(arith::find_primes(50, 3, arith::Side::kBelow))[2];
  other.basis.circuit.chain.p = other.readout.circuit.chain.p = {prime};
  expect_problem(run(fine, program::serialize(other)), 422, "mismatch",
                 {"parameter set", patient_.params()->hash().hex()});
  // A rotation that nobody made a key for, and only that one.
  const HttpReply lacking = run(fine, program::serialize(tiny_rotated(77)));
  expect_problem(lacking, 422, "missing_key", {"rotation 77 at level 0"});
  EXPECT_EQ(lacking.body.find("rotation 1 "), std::string::npos) << lacking.body;
}

TEST_F(BadInput, AnUnsafeProgramIsRefused) {
  program::Program unsafe = program_;
  circuit::Chain chain = unsafe.basis.circuit.chain;
  chain.log_n = 12;  // 180 bits of modulus, 106 are allowed
  unsafe.basis.circuit.chain = unsafe.readout.circuit.chain = chain;
  expect_problem(send(program::serialize(unsafe), "program"), 422, "unsafe_parameters",
                 {"106", "128"});
}

TEST_F(BadInput, BrokenHttpGetsAnAnswerOrAClosedDoorAndTheServerLives) {
  const auto raw = [&](const std::string& text) {
    return parse_reply(client().raw(as_bytes(text)));
  };
  EXPECT_EQ(raw("nonsense\r\n\r\n").status, 400);
  EXPECT_EQ(raw("GET / HTTP/9.9\r\n\r\n").status, 400);
  EXPECT_EQ(raw("GET /v1/health HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").status,
            413);
  EXPECT_EQ(raw("GET /" + std::string(2'000, 'x') + " HTTP/1.1\r\n\r\n").status, 413);
  EXPECT_EQ(raw("GET /v1/health?a HTTP/1.1\r\n\r\n").status, 400);
  raw("");
  raw("POST /v1/runs HTTP/1.1\r\nContent-Length: 100\r\n\r\n{");
  raw("POST /v1/runs HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(get("/v1/health").status, 200);
}

TEST_F(BadInput, ASenderThatBreaksOffGoesOnWhereItStopped) {
  EXPECT_EQ(announce(x_, "ciphertext").status, 201);
  const std::string head = "PUT /v1/objects/" + sha256(x_).hex() +
                           "?offset=0 HTTP/1.1\r\nAuthorization: Bearer " + token_ +
                           "\r\nContent-Length: " + std::to_string(x_.size()) + "\r\n\r\n";
  Bytes message = to_bytes(as_bytes(head));
  append(message, ByteView(x_).first(100'000));
  (void)client().raw(message);

  std::uint64_t offset = 0;
  for (int i = 0; i < 200 && offset == 0; ++i) {
    offset = get("/v1/objects/" + sha256(x_).hex() + "/status").json().at("offset");
    if (offset == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(offset, 100'000u);
  EXPECT_EQ(put(x_, offset, ByteView(x_).subspan(offset)).json().at("complete"), true);
}

TEST_F(BadInput, AChunkedBodyAndExpectContinueAreUnderstood) {
  EXPECT_EQ(announce(x_, "ciphertext").status, 201);
  std::string text = "PUT /v1/objects/" + sha256(x_).hex() +
                     "?offset=0 HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\n"
                     "Authorization: Bearer " +
                     token_ + "\r\nTransfer-Encoding: chunked\r\n\r\n";
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", x_.size());
  text += size + std::string(as_text(x_)) + "\r\n0\r\n\r\n";
  const std::string answer = client().raw(as_bytes(text));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")) << answer;
}

class FullDisk : public RealServer {
 protected:
  FullDisk() { server_.terminate(); }

  /// Two megabytes, far more than the server's database.
  static Bytes large_key() {
    const auto primes = must(arith::find_primes(50, 5, arith::Side::kBelow));
    const auto params = must(ckks::Parameters::create(
        {.log_n = 14, .q = {primes.begin(), primes.begin() + 4}, .p = {primes[4]}, .dnum = 4}));
    const auto secret = must(keys::SecretKey::derive(params, Bytes(keys::kRootSeedBytes), "large"));
    RandomStream random(Seed{}, 0);
    return wire::write(*params, ckks::kRelinearization,
                       keys::make_relinearization_key(secret, 3, random), secret.id());
  }
};

TEST_F(FullDisk, AFileThatMayNotGrowIsAClearErrorAndNothingIsLost) {
  const Bytes keys = large_key();
  server_.limit_file_bytes(1'500'000);
  server_.start();
  EXPECT_EQ(announce(keys, "evaluation_key").status, 201);
  EXPECT_EQ(put(keys, 0, ByteView(keys).first(1'000'000)).json().at("offset"), 1'000'000);

  const HttpReply full = put(keys, 1'000'000, ByteView(keys).subspan(1'000'000));

  EXPECT_EQ(full.status, 507) << full.body;
  expect_problem(full, 507, "no_space", {sha256(keys).hex(), "1000000", "disk is full"});
  EXPECT_EQ(get("/v1/objects/" + sha256(keys).hex() + "/status").json().at("offset"), 1'000'000);
  EXPECT_EQ(server_.terminate(), 0);
  server_.limit_file_bytes(0);
  server_.start();
  EXPECT_EQ(put(keys, 1'000'000, ByteView(keys).subspan(1'000'000)).json().at("complete"), true);
}

class SmallQuota : public RealServer {
 protected:
  SmallQuota() : RealServer({}, 1'000'000) {}
};

TEST_F(SmallQuota, AnUploadAboveTheQuotaNamesTheNumbers) {
  const Bytes large(1'000'001);
  expect_problem(announce(large, "evaluation_key"), 507, "no_space", {"1000001", "1000000"});
  const Bytes fits(1'000'000);
  EXPECT_EQ(announce(fits, "evaluation_key").status, 201);
}

}  // namespace
}  // namespace salus::e2e
