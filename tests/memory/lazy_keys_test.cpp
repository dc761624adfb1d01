// Goal:   a run reads and expands the evaluation keys that its program names, once each, and no
// other;
//         a twin of an earlier version, whose keys are one object, gives the same results.
// Method: the tiny program on a real executor; keys that nobody needs point to objects that are not
//         there; loads and bytes of the cache are counted.

#include <gtest/gtest.h>

#include <filesystem>

#include "base/parallel.h"
#include "base/random.h"
#include "runtime/encrypted.h"
#include "runtime/memory.h"
#include "service/ckks_executor.h"
#include "service/key_cache.h"
#include "store/files/file_object_store.h"
#include "store/rows.h"
#include "support/tiny_world.h"
#include "wire/container.h"

namespace salus {
namespace {

class NoStates final : public service::StateCache {
 public:
  std::optional<service::CachedState> find(const Digest&) override { return std::nullopt; }
  Result<Digest> put(const Digest&, ByteView bytes) override { return sha256(bytes); }
};

class LazyKeys : public testing::Test {
 protected:
  LazyKeys() {
    const Seed random = random_seed();
    folder_ = std::filesystem::temp_directory_path() /
              ("salus-lazy-" + to_hex(ByteView(random).first(8)));
    std::filesystem::create_directories(folder_);
    objects_ = must(store::open_file_object_store(folder_));
    for (const auto& [name, object] : patient_.evaluation_keys()) {
      names_[name] = must(objects_->put(object));
    }
    for (int steps = 1000; steps < 1100; ++steps) {
      names_["rotation " + std::to_string(steps)] = sha256(as_bytes(std::to_string(steps)));
    }
  }
  ~LazyKeys() override { std::filesystem::remove_all(folder_); }

  service::KeyLevels needs_of(const program::Stage& stage) const {
    return runtime::key_levels(circuit::required_keys(stage.circuit, stage.constants), params());
  }
  const ckks::Parameters& params() const { return *patient_.params(); }
  auto load(const service::KeyLevels& needed) {
    return cache_.load(needed, patient_.params(), patient_.secret().id(), {names_, *objects_});
  }
  /// Bytes of a key in memory: both halves of its residues, a word each.
  std::uint64_t bytes_of(const service::KeyLevels& keys) const {
    std::uint64_t sum = 0;
    for (const auto& [element, level] : keys) {
      sum += 2 * params().key_switch_plan(level).digits.size() *
             params().extended_basis(level).size() * params().ring_degree() * 8;
    }
    return sum;
  }
  Bytes result_of(const std::map<std::string, Digest>& keys) {
    const auto executor = service::make_ckks_executor(1u << 30, 1u << 30);
    const Bytes program = program::serialize(program_);
    NoStates states;
    return must(executor->execute(
                    {.program = must(objects_->put(program)),
                     .evaluation_keys = keys,
                     .features = {{"x", must(objects_->put(x_))}, {"y", must(objects_->put(y_))}}},
                    *objects_, states, [](double, std::string_view) { return true; }))
        .result;
  }

  const program::Program program_ = e2e::tiny_program();
  e2e::TinyPatient patient_{program_, "lazy", 1};
  const Bytes x_ = patient_.encrypt(0.5);
  const Bytes y_ = patient_.encrypt(-0.25);
  std::filesystem::path folder_;
  std::unique_ptr<store::ObjectStore> objects_;
  std::map<std::string, Digest> names_;
  service::KeyCache cache_{1u << 30};
};

TEST_F(LazyKeys, AreLoadedOnceWhenAStageNamesThem) {
  const service::KeyLevels basis = needs_of(program_.basis);
  const service::KeyLevels readout = needs_of(program_.readout);
  ASSERT_EQ(basis.size(), 1u);
  ASSERT_EQ(readout.size(), 4u);

  EXPECT_EQ(must(load(basis))->levels(), basis);
  EXPECT_EQ(cache_.loads(), 1u);
  EXPECT_EQ(cache_.used_bytes(), bytes_of(basis));
  const auto keys = must(load(readout));
  EXPECT_EQ(keys->levels(), readout);
  EXPECT_FALSE(keys->relinearization);
  EXPECT_EQ(cache_.loads(), 5u);
  EXPECT_EQ(cache_.used_bytes(), bytes_of(basis) + bytes_of(readout));
  EXPECT_EQ(must(load(readout))->galois, keys->galois) << "shared, not copied";
  EXPECT_EQ(cache_.loads(), 5u);
}

TEST_F(LazyKeys, AreKeptWhenTheyComeWhereTheCacheHasRoom) {
  const auto [name, digest] =
      *service::objects_with(needs_of(program_.basis), params(), names_).begin();
  const auto bytes = must(objects_->read(digest));
  const int level = needs_of(program_.basis).begin()->second;
  EXPECT_TRUE(must(cache_.welcome(digest, bytes->view(), patient_.params(), level)));
  EXPECT_EQ(cache_.used_bytes(), bytes_of(needs_of(program_.basis)));
  must(load(needs_of(program_.basis)));
  EXPECT_EQ(cache_.loads(), 0u) << "found, not read again";

  service::KeyCache full(bytes_of(needs_of(program_.basis)) - 1);
  EXPECT_FALSE(must(full.welcome(digest, bytes->view(), patient_.params(), level)));
  EXPECT_EQ(full.used_bytes(), 0u);
  Bytes damaged = to_bytes(bytes->view());
  damaged[damaged.size() / 2] ^= std::byte{1};
  EXPECT_FALSE(cache_.welcome(sha256(damaged), damaged, patient_.params(), level));
}

TEST_F(LazyKeys, ThatNoProgramNamesAreNotEvenLookedFor) {
  EXPECT_EQ(result_of(names_), e2e::undisturbed_result(program_, patient_, x_, y_));
  const auto absent = load({{ckks::galois_element_of_rotation(params().log_n(), 1000), 0}});
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_NE(absent.error().message.find("\"rotation 1000\""), std::string::npos);
}

TEST_F(LazyKeys, AProgramThatTakesTooMuchMemoryIsRefusedBeforeAnyIsLoaded) {
  const std::size_t bytes =
      runtime::estimate_memory({program_.basis.circuit, program_.basis.constants},
                               {program_.readout.circuit, program_.readout.constants}, params(),
                               thread_count())
          .total();
  const service::RunInput input{
      .program = must(objects_->put(program::serialize(program_))),
      .evaluation_keys = names_,
      .features = {{"x", must(objects_->put(x_))}, {"y", must(objects_->put(y_))}}};
  EXPECT_TRUE(service::make_ckks_executor(1u << 30, bytes)->check(input, *objects_));

  const Status refused = service::make_ckks_executor(1u << 30, bytes - 1)->check(input, *objects_);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  for (const std::string& part :
       {std::to_string(bytes), std::to_string(bytes - 1), std::string("--max-run-bytes")})
    EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
}

TEST_F(LazyKeys, AProgramThatNoKeyCanServeIsRefusedWhenItComes) {
  program::Program bare = program_;
  bare.basis.circuit.chain.p.clear();
  bare.readout.circuit.chain.p.clear();
  const Bytes bytes = program::serialize(bare);
  const auto inspected = service::make_ckks_executor(1u << 30, 1u << 30)
                             ->inspect(store::ObjectKind::kProgram, sha256(bytes), bytes);
  EXPECT_EQ(inspected.error().code, ErrorCode::kMismatch);
  EXPECT_NE(inspected.error().message.find("special primes"), std::string::npos)
      << inspected.error().message;
}

TEST_F(LazyKeys, OfATwinOfAnEarlierVersionComeFromOneObject) {
  ckks::EvaluationKeys all{patient_.params(), nullptr, {}};
  for (const auto& [name, object] : patient_.evaluation_keys()) {
    auto read = must(wire::read_evaluation_key(object, patient_.params()));
    all.put(read.element, std::make_shared<const ckks::KeySwitchKey>(std::move(read.key)));
  }
  const Digest whole = must(objects_->put(wire::write(all, patient_.secret().id())));

  EXPECT_EQ(result_of({{std::string(store::kWholeKeySet), whole}}),
            e2e::undisturbed_result(program_, patient_, x_, y_));
}

TEST_F(LazyKeys, ThatAreTooLowOrForeignAreNamed) {
  const std::uint32_t one = ckks::galois_element_of_rotation(params().log_n(), 1);
  const auto low = load({{one, 2}});
  EXPECT_EQ(low.error().code, ErrorCode::kMissingKey);
  EXPECT_NE(low.error().message.find("rotation 1 at level 2"), std::string::npos);

  e2e::TinyPatient other(program_, "another", 2);
  names_["rotation 1"] = must(objects_->put(other.evaluation_keys().at("rotation 1")));
  const auto foreign = load({{one, 1}});
  EXPECT_EQ(foreign.error().code, ErrorCode::kMismatch);
  for (const std::string& word : {std::string("\"rotation 1\""), other.secret().id().hex()}) {
    EXPECT_NE(foreign.error().message.find(word), std::string::npos) << foreign.error().message;
  }
}

TEST_F(LazyKeys, NameTheCachedBasisOnlyByTheKeysThatItUses) {
  const service::KeyLevels basis = needs_of(program_.basis);
  const auto key = [&](const std::map<std::string, Digest>& names) {
    return service::state_key(Digest{}, service::objects_with(basis, params(), names), {});
  };
  std::map<std::string, Digest> more = names_;
  more["rotation 9"] = Digest{};
  std::map<std::string, Digest> other = names_;
  other["relinearization"] = Digest{};

  EXPECT_EQ(key(names_), key(more));
  EXPECT_NE(key(names_), key(other));
}

}  // namespace
}  // namespace salus
