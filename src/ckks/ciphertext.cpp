#include "ckks/ciphertext.h"

#include "ring/sampling.h"

namespace salus::ckks {

Ciphertext SeededCiphertext::expand() const {
  return {params,
          level,
          scale,
          {c0, ring::expand_uniform(seed, 0, params->ring_degree(), params->basis(level))}};
}

}  // namespace salus::ckks
