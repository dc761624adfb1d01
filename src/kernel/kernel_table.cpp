#include "kernel/kernel_table.h"

namespace salus::kernel {

std::vector<const KernelTable*> available() { return {&reference()}; }

const KernelTable& active() {
  static const KernelTable& chosen = *available().back();
  return chosen;
}

}  // namespace salus::kernel
