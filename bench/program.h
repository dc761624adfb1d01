// What the benchmark programs share: their arguments, threads and clocks.
//   --json        JSON instead of a table
//   --benchmark_* those of Google Benchmark
// The environment variable SALUS_THREADS sets the threads, one unless it is set. Times are CPU
// times of the whole process on one thread, and wall time on more.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "kernel/kernel_table.h"

namespace salus::bench {

template <class Body>
void add_operation(const std::string& name, const Body& body) {
  benchmark::internal::Benchmark* one = benchmark::RegisterBenchmark(name.c_str(), body);
  one->Unit(benchmark::kMillisecond);
  if (thread_count() == 1) {
    one->MeasureProcessCPUTime();
  } else {
    one->UseRealTime();
  }
}

/// Runs what `add_operations` adds; the program's exit status.
inline int run_program(int argc, char** argv, void (*add_operations)()) {
  std::vector<char*> arguments(argv, argv + argc);
  char json[] = "--benchmark_format=json";
  for (char*& argument : arguments) {
    if (std::strcmp(argument, "--json") == 0) argument = json;
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  if (std::getenv("SALUS_THREADS") == nullptr) set_thread_count(1);
  benchmark::AddCustomContext("threads", std::to_string(thread_count()));
  benchmark::AddCustomContext("kernel", std::string(kernel::active().name));
  benchmark::AddCustomContext("version", SALUS_VERSION);
  add_operations();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace salus::bench
