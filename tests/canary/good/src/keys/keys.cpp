#include "keys/keys.h"

#include "ring/ring.h"

namespace salus::keys {

int answer() { return ring::answer(); }

}  // namespace salus::keys
