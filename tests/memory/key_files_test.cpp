// Goal:   a key file that does not belong here, is cut short or lies about itself is refused before
//         1 MB is allocated, by the reader and by the server that loads it.
// Method: well-formed key files of many megabytes, made without a polynomial (the pool of
//         ring::Limbs would hand its memory out again uncounted); every heap byte counted. The last
//         test of each kind reads the right file, so that what is counted is seen to be there.

#include <gtest/gtest.h>

#include <filesystem>

#include "allocated.h"
#include "arith/primes.h"
#include "base/random.h"
#include "compiler/chain.h"
#include "program/program.h"
#include "runtime/encrypted.h"
#include "service/ckks_executor.h"
#include "store/files/file_object_store.h"
#include "support/tiny_world.h"
#include "wire/container.h"

namespace salus {
namespace {

using test::allocated_by;

constexpr std::size_t kMegabyte = 1'000'000;

ckks::ParametersPtr parameters_for(int levels) {
  return must(ckks::Parameters::create(runtime::literal_of(must(compiler::chain_for(levels)))));
}

void append_header(Bytes& out, const ckks::ParametersLiteral& literal) {
  append(out, as_bytes("SALUSOBJ"));
  append_u16(out, wire::kVersion);
  append_u16(out, static_cast<std::uint16_t>(wire::Kind::kEvaluationKeys));
  append_u16(out, static_cast<std::uint16_t>(literal.log_n));
  append_u16(out, static_cast<std::uint16_t>(literal.dnum));
  for (const auto* primes : {&literal.q, &literal.p}) {
    append_u16(out, static_cast<std::uint16_t>(primes->size()));
    for (const std::uint64_t prime : *primes) append_u64(out, prime);
  }
  out.resize(out.size() + 32);  // key id
}

Bytes sealed(Bytes bytes) {
  append(bytes, sha256(bytes).bytes);
  return bytes;
}

/// A relinearization key and `galois_count` Galois keys, all at `level`, every residue zero.
Bytes key_file(const ckks::Parameters& params, int level, std::uint32_t galois_count) {
  const std::uint64_t key_bytes =
      wire::evaluation_key_bytes(params, level, {}) - wire::evaluation_key_bytes(params, -1, {});
  Bytes out;
  append_header(out, params.literal());
  append_u8(out, 1);
  append_u32(out, galois_count);
  for (std::uint32_t i = 0; i <= galois_count; ++i) {
    const std::size_t begin = out.size();
    append_u32(out, i == 0 ? 0 : 2 * i + 1);
    append_u16(out, static_cast<std::uint16_t>(level));
    out.resize(begin + key_bytes);
  }
  return sealed(std::move(out));
}

void expect_cheap_refusal(const std::function<Error()>& read, ErrorCode code,
                          const std::string& part) {
  Error error{ErrorCode::kIo, ""};
  const std::size_t bytes = allocated_by([&] { error = read(); });
  EXPECT_LT(bytes, kMegabyte) << error.message;
  EXPECT_EQ(error.code, code) << error.message;
  EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
}

class KeyFiles : public testing::Test {
 protected:
  std::function<Error()> reading(ByteView file) const {
    return [this, file] { return wire::read_evaluation_keys(file, params_).error(); };
  }

  const ckks::ParametersPtr params_ = parameters_for(6);
};

TEST_F(KeyFiles, OfAnotherSetAreRefusedByTheirHeader) {
  const ckks::ParametersPtr other = parameters_for(7);
  const Bytes file = key_file(*other, 7, 4);
  ASSERT_GT(file.size(), 30 * kMegabyte);

  expect_cheap_refusal(reading(file), ErrorCode::kMismatch, params_->hash().hex().substr(0, 16));
  expect_cheap_refusal(reading(file), ErrorCode::kMismatch, other->hash().hex().substr(0, 16));
}

TEST_F(KeyFiles, CutShortAreRefusedByTheirLength) {
  const Bytes file = key_file(*params_, 6, 4);
  for (const std::size_t size : {file.size() - 1, file.size() / 2, file.size() / 5}) {
    const ByteView cut = ByteView(file).first(size);
    expect_cheap_refusal(reading(cut), ErrorCode::kParse, "");
    // A forger fits the checksum to what is left.
    const Bytes forged = sealed(to_bytes(cut.first(size - 32)));
    expect_cheap_refusal(reading(forged), ErrorCode::kParse, "");
  }
  Bytes longer = to_bytes(ByteView(file).first(file.size() - 32));
  longer.resize(longer.size() + kMegabyte);
  expect_cheap_refusal(reading(sealed(std::move(longer))), ErrorCode::kParse, "after the last");
}

TEST_F(KeyFiles, OfHostileLengthsAreRefusedByTheirFields) {
  Bytes many;
  append_header(many, params_->literal());
  append_u8(many, 1);
  append_u32(many, wire::kMaxGaloisKeys);
  const std::size_t keys = many.size();
  append_u32(many, 0);
  append_u16(many, 6);
  many.resize(keys + 2 * kMegabyte);
  expect_cheap_refusal(reading(sealed(many)), ErrorCode::kParse, "evaluation key 1 of 1025");
  many[keys - 1] = std::byte{0x7f};  // 2^31 keys announced
  expect_cheap_refusal(reading(sealed(many)), ErrorCode::kLimit, "1024");
}

TEST_F(KeyFiles, ThatFitAreReadAndTakeMegabytes) {
  const Bytes file = key_file(*params_, 6, 1);
  const std::size_t bytes =
      allocated_by([&] { EXPECT_TRUE(wire::read_evaluation_keys(file, params_)); });
  // 2 keys of 4 digits and 9 limbs, both halves.
  EXPECT_GT(bytes, 2 * 4 * 9 * 2 * (8u << 14));
}

/// The server's side: objects in files, an executor that has seen the program.
class LoadedKeyFiles : public testing::Test {
 protected:
  LoadedKeyFiles() {
    const Seed random = random_seed();
    folder_ = std::filesystem::temp_directory_path() /
              ("salus-memory-" + to_hex(ByteView(random).first(8)));
    std::filesystem::create_directories(folder_);
    objects_ = must(store::open_file_object_store(folder_));
    const Bytes program = program::serialize(e2e::tiny_program());
    input_.program = must(objects_->put(program));
    must(executor_->inspect(store::ObjectKind::kProgram, input_.program, program));
    input_.features = {{"x", Digest{}}, {"y", Digest{}}};
  }
  ~LoadedKeyFiles() override { std::filesystem::remove_all(folder_); }

  std::function<Error()> checking(ByteView file) {
    input_.evaluation_keys = must(objects_->put(file));
    return [this] { return executor_->check(input_, *objects_).error(); };
  }

  std::filesystem::path folder_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::shared_ptr<const service::Executor> executor_ = service::make_ckks_executor(1u << 30);
  service::RunInput input_;
};

TEST_F(LoadedKeyFiles, OfAnotherSetThanTheProgramsAreRefusedByTheirHeader) {
  const ckks::ParametersPtr other = parameters_for(6);
  expect_cheap_refusal(checking(key_file(*other, 6, 4)), ErrorCode::kMismatch,
                       "the twin's keys have " + other->hash().hex());
}

TEST_F(LoadedKeyFiles, ThatLieAboutTheirSizeMakeNoTables) {
  // The largest ring and as many primes as there may be: 400 MB of tables.
  ckks::ParametersLiteral largest{.log_n = ckks::kMaxLogN, .q = {}, .p = {}, .dnum = 60};
  largest.q = must(arith::find_primes(50, 60, arith::Side::kBelow));
  largest.p = must(arith::find_primes(50, 4, arith::Side::kBelow, largest.q));
  Bytes file;
  append_header(file, largest);
  append_u8(file, 1);
  append_u32(file, 0);
  file.resize(file.size() + 1000);
  file = sealed(std::move(file));
  const auto inspecting = [&] {
    return executor_->inspect(store::ObjectKind::kEvaluationKeys, sha256(file), file).error();
  };
  expect_cheap_refusal(inspecting, ErrorCode::kParse, "truncated inside evaluation key 1 of 1");
}

TEST_F(LoadedKeyFiles, OfTheProgramsSetAreLoadedAndTakeMegabytes) {
  const auto chain = e2e::tiny_program().basis.circuit.chain;
  const auto params = must(ckks::Parameters::create(runtime::literal_of(chain)));
  const auto check = checking(key_file(*params, 2, 1));
  Error error{ErrorCode::kIo, ""};
  EXPECT_GT(allocated_by([&] { error = check(); }), kMegabyte);
  EXPECT_EQ(error.code, ErrorCode::kMissingKey) << error.message;
}

}  // namespace
}  // namespace salus
