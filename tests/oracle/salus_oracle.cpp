// The Salus side of the oracle: one step a call, in a folder that oracle.mjs fills with SEAL's
// files. salus_oracle <step> <folder> [seed] [count]

#include <cstdio>
#include <exception>
#include <functional>
#include <map>

#include "files.h"

int main(int argc, char** argv) {
  using salus::oracle::Folder;
  if (argc < 3) {
    std::fprintf(stderr, "usage: salus_oracle <step> <folder> [seed] [count]\n");
    return 2;
  }
  const Folder folder(argv[2]);
  try {
    const std::uint64_t seed = argc > 3 ? std::stoull(argv[3]) : 1;
    const std::size_t count = argc > 4 ? std::stoull(argv[4]) : 1;
    const std::map<std::string, std::function<bool()>> steps = {
        {"evaluate", [&] { return evaluate(folder); }},
        {"make-keys", [&] { return make_keys(folder, seed); }},
        {"check-results", [&] { return check_results(folder); }},
        {"make-inputs", [&] { return make_inputs(folder, seed, count); }},
        {"compare", [&] { return compare(folder, seed, count); }},
        {"compare-encodings", [&] { return compare_encodings(folder, count); }},
        {"read-malformed", [&] { return read_malformed(folder, seed, count); }},
    };
    const auto step = steps.find(argv[1]);
    if (step == steps.end()) {
      std::fprintf(stderr, "salus_oracle: no step '%s'\n", argv[1]);
      return 2;
    }
    return step->second() ? 0 : 1;
  } catch (const std::exception& defect) {
    std::fprintf(stderr, "salus_oracle %s: %s\n", argv[1], defect.what());
    return 3;
  }
}
