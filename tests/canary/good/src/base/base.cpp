#include "base/base.h"

namespace salus::base {

int answer() { return 42; }

}  // namespace salus::base
