#include "http/http.h"

#include "ring/ring.h"

namespace salus::http {

int answer() { return ring::answer(); }

}  // namespace salus::http
