#include "kernel/kernel_table.h"

#include <cstdlib>
#include <string>

namespace salus::kernel {
namespace {

const KernelTable& choose() {
  const std::vector<const KernelTable*> all = available();
  const char* wanted = std::getenv("SALUS_KERNEL");
  if (wanted == nullptr || *wanted == 0) return *all.back();
  std::string names;
  for (const KernelTable* table : all) {
    if (table->name == wanted) return *table;
    names += " " + std::string(table->name);
  }
  check(false,
        ("SALUS_KERNEL is " + std::string(wanted) + "; this processor runs:" + names).c_str());
  return reference();
}

}  // namespace

std::vector<const KernelTable*> available() {
  std::vector<const KernelTable*> all = {&reference()};
  for (const KernelTable* table : {avx2(), avx512(), wasm()}) {
    if (table != nullptr) all.push_back(table);
  }
  return all;
}

const KernelTable& active() {
  static const KernelTable& chosen = choose();
  return chosen;
}

}  // namespace salus::kernel
