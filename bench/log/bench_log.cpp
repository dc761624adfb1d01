// How fast a server's log takes entries, each durable when the call returns, and how fast a client
// verifies a receipt: bench_log [--benchmark_filter=...]. Appends are the disk's: the folder is the
// system's temporary one, TMPDIR chooses another.
#include <benchmark/benchmark.h>

#include "base/testing/temporary_folder.h"
#include "receipt/verify.h"
#include "tlog/log.h"

namespace salus {
namespace {

receipt::Receipt some_receipt() {
  const auto digest = [](std::string_view text) { return sha256(as_bytes(text)); };
  return {.run = "run_0123456789abcdef0123456789abcdef",
          .time_ms = 1'763'778'600'123,
          .actor = digest("actor"),
          .twin = digest("twin"),
          .twin_version = 1,
          .content = digest("content"),
          .program = digest("program"),
          .basis = digest("basis"),
          .checkpoints = {{"basis", 64, digest("64")}},
          .result = digest("result"),
          .software = "salusd/" SALUS_VERSION};
}

struct World {
  World()
      : signer(must(tlog::Signer::generate("bench.example", tlog::KeyType::kEd25519))),
        key(signer.key()),
        log(must(tlog::Log::create(folder.path() / "log", std::move(signer)))) {}
  test::TemporaryFolder folder;
  tlog::Signer signer;
  tlog::VerifierKey key;
  tlog::Log log;
};

/// Entries per second of appends of that many.
void append(benchmark::State& state) {
  World world;
  const Bytes entry = to_bytes(as_bytes(receipt::print(some_receipt())));
  const std::vector<Bytes> batch(static_cast<std::size_t>(state.range(0)), entry);
  for (auto _ : state) (void)must(world.log.append(batch));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append)->Arg(1)->Arg(16)->Arg(512)->UseRealTime()->Unit(benchmark::kMillisecond);

/// A proof file in a log of that many entries: parse, hash, path, signature, fields.
void verify_receipt(benchmark::State& state) {
  World world;
  const receipt::Receipt receipt = some_receipt();
  const Bytes entry = to_bytes(as_bytes(receipt::print(receipt)));
  for (std::int64_t left = state.range(0); left > 0; left -= 1000) {
    (void)must(world.log.append(std::vector<Bytes>(1000, entry)));
  }
  tlog::LogProof proof = must(world.log.prove(static_cast<std::uint64_t>(state.range(0)) / 2));
  proof.extra = entry;
  const std::string file = tlog::print_proof(proof);
  tlog::Policy policy;
  policy.logs.push_back({.key = world.key, .url = {}});
  const receipt::Expectation expected{.run = receipt.run,
                                      .twin = receipt.twin,
                                      .twin_version = receipt.twin_version,
                                      .content = receipt.content,
                                      .program = receipt.program,
                                      .result = receipt.result};
  for (auto _ : state) {
    (void)must(receipt::verify_receipt(must(tlog::parse_proof(file)), policy, expected));
  }
}
BENCHMARK(verify_receipt)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace salus

BENCHMARK_MAIN();
