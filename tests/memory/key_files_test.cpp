// Goal:   a key file that does not belong here, is cut short or lies about itself is refused before
//         1 MB is allocated, by the reader and by the server that loads it.
// Method: well-formed key files of many megabytes, one key or a set, made without a polynomial (the
// pool of
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

void append_header(Bytes& out, const ckks::ParametersLiteral& literal, wire::Kind kind) {
  append(out, as_bytes("SALUSOBJ"));
  append_u16(out, wire::kVersion);
  append_u16(out, static_cast<std::uint16_t>(kind));
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

/// The fields of a key at `level` and residues that are all zero.
void append_key(Bytes& out, const ckks::Parameters& params, std::uint32_t element, int level) {
  const std::size_t begin = out.size();
  append_u32(out, element);
  append_u16(out, static_cast<std::uint16_t>(level));
  out.resize(begin + 4 + 2 + 32 + ckks::KeySwitchKey::byte_count(params, level, true));
}

/// A relinearization key and `galois_count` Galois keys in one object, all at `level`.
Bytes key_set(const ckks::Parameters& params, int level, std::uint32_t galois_count) {
  Bytes out;
  append_header(out, params.literal(), wire::Kind::kEvaluationKeys);
  append_u8(out, 1);
  append_u32(out, galois_count);
  for (std::uint32_t i = 0; i <= galois_count; ++i) {
    append_key(out, params, i == 0 ? 0 : 2 * i + 1, level);
  }
  return sealed(std::move(out));
}

Bytes single_key(const ckks::Parameters& params, int level, std::uint32_t element) {
  Bytes out;
  append_header(out, params.literal(), wire::Kind::kEvaluationKey);
  append_key(out, params, element, level);
  out = sealed(std::move(out));
  EXPECT_EQ(out.size(), wire::evaluation_key_bytes(params, level));
  return out;
}

void expect_cheap_refusal(const std::function<Error()>& read, ErrorCode code,
                          const std::string& part) {
  Error error{ErrorCode::kIo, ""};
  const std::size_t bytes = allocated_by([&] { error = read(); });
  EXPECT_LT(bytes, kMegabyte) << error.message;
  EXPECT_EQ(error.code, code) << error.message;
  EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
}

using Reading = std::function<Error()>;

class KeyFiles : public testing::Test {
 protected:
  Reading reading(ByteView file) const {
    return [this, file] { return wire::read_evaluation_keys(file, params_).error(); };
  }
  /// By everything that looks at a key of its own.
  std::vector<Reading> looking(ByteView file) const {
    return {[this, file] { return wire::read_evaluation_key(file, params_).error(); },
            [this, file] { return wire::verify_evaluation_key(file, params_->literal()).error(); }};
  }

  const ckks::ParametersPtr params_ = parameters_for(6);
  /// In memory at level 6: 4 digits and 9 limbs, both halves.
  static constexpr std::size_t kKeyBytes = 4 * 9 * 2 * (8u << 14);
};

TEST_F(KeyFiles, OfAnotherSetAreRefusedByTheirHeader) {
  const ckks::ParametersPtr other = parameters_for(7);
  const Bytes set = key_set(*other, 7, 4);
  const Bytes key = single_key(*other, 7, 3);
  ASSERT_GT(set.size(), 30 * kMegabyte);
  ASSERT_GT(key.size(), 6 * kMegabyte);
  for (const auto& params : {params_, other}) {
    const std::string hash = params->hash().hex().substr(0, 16);
    expect_cheap_refusal(reading(set), ErrorCode::kMismatch, hash);
    for (const Reading& look : looking(key)) {
      expect_cheap_refusal(look, ErrorCode::kMismatch, hash);
    }
  }
}

TEST_F(KeyFiles, CutShortAreRefusedByTheirLength) {
  const Bytes set = key_set(*params_, 6, 4);
  const Bytes key = single_key(*params_, 6, 3);
  for (const std::size_t part : {1, 2, 5}) {
    // A forger fits the checksum to what is left.
    const Bytes half_set = sealed(to_bytes(ByteView(set).first(set.size() / part - 33)));
    expect_cheap_refusal(reading(half_set), ErrorCode::kParse, "");
    expect_cheap_refusal(reading(ByteView(set).first(set.size() / part - 1)), ErrorCode::kParse,
                         "");
    const Bytes half_key = sealed(to_bytes(ByteView(key).first(key.size() / part - 33)));
    for (const Reading& look : looking(half_key)) {
      expect_cheap_refusal(look, ErrorCode::kParse, "announces");
    }
    for (const Reading& look : looking(ByteView(key).first(key.size() / part - 1))) {
      expect_cheap_refusal(look, ErrorCode::kParse, "announces");
    }
  }
  for (const Bytes* file : {&set, &key}) {
    Bytes longer = to_bytes(ByteView(*file).first(file->size() - 32));
    longer.resize(longer.size() + kMegabyte);
    longer = sealed(std::move(longer));
    expect_cheap_refusal(file == &set ? reading(longer) : looking(longer)[0], ErrorCode::kParse,
                         file == &set ? "after the last" : "announces");
  }
}

TEST_F(KeyFiles, OfHostileLengthsAreRefusedByTheirFields) {
  Bytes many;
  append_header(many, params_->literal(), wire::Kind::kEvaluationKeys);
  append_u8(many, 1);
  append_u32(many, wire::kMaxGaloisKeys);
  const std::size_t keys = many.size();
  append_u32(many, 0);
  append_u16(many, 6);
  many.resize(keys + 2 * kMegabyte);
  expect_cheap_refusal(reading(sealed(many)), ErrorCode::kParse, "evaluation key 1 of 1025");
  many[keys - 1] = std::byte{0x7f};  // 2^31 keys announced
  expect_cheap_refusal(reading(sealed(many)), ErrorCode::kLimit, "1024");

  Bytes high;
  append_header(high, params_->literal(), wire::Kind::kEvaluationKey);
  append_u32(high, 3);
  append_u16(high, 65535);
  high.resize(high.size() + 2 * kMegabyte);
  high = sealed(std::move(high));
  for (const Reading& look : looking(high)) {
    expect_cheap_refusal(look, ErrorCode::kParse, "level 65535");
  }
}

TEST_F(KeyFiles, AreListedForLittleAndVerifiedForOneLimb) {
  const Bytes set = key_set(*params_, 6, 100);
  const Bytes key = single_key(*params_, 6, 3);
  std::size_t count = 0;
  EXPECT_LT(allocated_by([&] {
              count = must(wire::list_evaluation_keys(set)).levels.size();
              count += must(wire::list_evaluation_keys(key)).levels.size();
            }),
            kMegabyte / 10);
  EXPECT_EQ(count, 102u);
  EXPECT_LT(
      allocated_by([&] { EXPECT_TRUE(wire::verify_evaluation_key(key, params_->literal())); }),
      kMegabyte);
}

TEST_F(KeyFiles, ThatFitAreReadAndTakeMegabytes) {
  const Bytes key = single_key(*params_, 6, 3);
  const Bytes set = key_set(*params_, 6, 1);
  EXPECT_GT(allocated_by([&] { EXPECT_TRUE(wire::read_evaluation_key(key, params_)); }), kKeyBytes);
  // Of its two keys the pool has one by now.
  EXPECT_GT(allocated_by([&] { EXPECT_TRUE(wire::read_evaluation_keys(set, params_)); }),
            kKeyBytes);
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
    const Bytes program = program::serialize(program_);
    input_.program = must(objects_->put(program));
    must(executor_->inspect(store::ObjectKind::kProgram, input_.program, program));
    input_.features = {{"x", Digest{}}, {"y", Digest{}}};
  }
  ~LoadedKeyFiles() override { std::filesystem::remove_all(folder_); }

  std::map<std::uint32_t, int> needs() const {
    circuit::KeyRequirements all;
    for (const program::Stage* stage : {&program_.basis, &program_.readout}) {
      all = circuit::both(all, circuit::required_keys(stage->circuit, stage->constants));
    }
    return ckks::key_levels(13, all.relinearization_level, all.rotation_levels,
                            all.conjugation_level);
  }
  /// A twin whose keys are all this file.
  Reading checking(ByteView file) {
    for (const auto& [element, level] : needed_) {
      input_.evaluation_keys[ckks::key_name(13, element)] = must(objects_->put(file));
    }
    return [this] { return executor_->check(input_, *objects_).error(); };
  }

  const program::Program program_ = e2e::tiny_program();
  const std::map<std::uint32_t, int> needed_ = needs();
  std::filesystem::path folder_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::shared_ptr<const service::Executor> executor_ =
      service::make_ckks_executor(1u << 30, 1u << 30);
  service::RunInput input_;
};

TEST_F(LoadedKeyFiles, OfAnotherSetThanTheProgramsAreRefusedByTheirHeader) {
  const ckks::ParametersPtr other = parameters_for(6);
  expect_cheap_refusal(checking(single_key(*other, 6, 3)), ErrorCode::kMismatch,
                       "it has parameter set " + other->hash().hex());
}

TEST_F(LoadedKeyFiles, ThatLieAboutTheirSizeMakeNoTables) {
  // The largest ring and as many primes as there may be: 400 MB of tables.
  ckks::ParametersLiteral largest{.log_n = ckks::kMaxLogN, .q = {}, .p = {}, .dnum = 60};
  largest.q = must(arith::find_primes(50, 60, arith::Side::kBelow));
  largest.p = must(arith::find_primes(50, 4, arith::Side::kBelow, largest.q));
  Bytes file;
  append_header(file, largest, wire::Kind::kEvaluationKey);
  append_u32(file, 3);
  file.resize(file.size() + 1000);
  file = sealed(std::move(file));
  const auto inspecting = [&] {
    return executor_->inspect(store::ObjectKind::kEvaluationKey, sha256(file), file).error();
  };
  expect_cheap_refusal(inspecting, ErrorCode::kParse, "announces");
}

TEST_F(LoadedKeyFiles, ThatFitAreCheckedBeforeARunWithoutBeingRead) {
  const auto params =
      must(ckks::Parameters::create(runtime::literal_of(program_.basis.circuit.chain)));
  for (const auto& [element, level] : needed_) {
    input_.evaluation_keys[ckks::key_name(13, element)] =
        must(objects_->put(single_key(*params, level, element)));
  }
  EXPECT_LT(allocated_by([&] { must(executor_->check(input_, *objects_)); }), kMegabyte);
}

}  // namespace
}  // namespace salus
