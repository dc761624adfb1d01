#include "ring/ring.h"

#include "base/base.h"

namespace salus::ring {

int answer() { return base::answer(); }

}  // namespace salus::ring
