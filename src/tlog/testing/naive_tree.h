// A second Merkle tree for tests: the recursive definitions of RFC 9162 section 2.1, word for word.
#pragma once

#include <string>
#include <vector>

#include "tlog/merkle.h"

namespace salus::tlog::test {

using Leaves = std::span<const Digest>;

inline std::size_t naive_split(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

inline Digest naive_root(Leaves leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves[0];
  const std::size_t k = naive_split(leaves.size());
  return node_hash(naive_root(leaves.first(k)), naive_root(leaves.subspan(k)));
}

inline std::vector<Digest> naive_path(std::size_t m, Leaves leaves) {
  if (leaves.size() == 1) return {};
  const std::size_t k = naive_split(leaves.size());
  const bool left = m < k;
  std::vector<Digest> path =
      left ? naive_path(m, leaves.first(k)) : naive_path(m - k, leaves.subspan(k));
  path.push_back(naive_root(left ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

inline std::vector<Digest> naive_subproof(std::size_t m, Leaves leaves, bool complete) {
  if (m == leaves.size()) {
    return complete ? std::vector<Digest>{} : std::vector<Digest>{naive_root(leaves)};
  }
  const std::size_t k = naive_split(leaves.size());
  const bool left = m <= k;
  std::vector<Digest> proof = left ? naive_subproof(m, leaves.first(k), complete)
                                   : naive_subproof(m - k, leaves.subspan(k), false);
  proof.push_back(naive_root(left ? leaves.subspan(k) : leaves.first(k)));
  return proof;
}

/// Hashes of perfect subtrees, each computed when it is asked for.
class NaiveReader : public HashReader {
 public:
  explicit NaiveReader(std::vector<Digest> leaves) : leaves_(std::move(leaves)) {}

  Result<Digest> hash(NodeId node) const override {
    const std::uint64_t width = std::uint64_t{1} << node.level;
    check((node.index + 1) * width <= leaves_.size(), "a node outside the tree");
    return naive_root(first(leaves_.size()).subspan(node.index * width, width));
  }
  Leaves first(std::size_t size) const { return Leaves(leaves_).first(size); }

 private:
  std::vector<Digest> leaves_;
};

/// Entry i is "entry <i>".
inline Bytes numbered_entry(std::uint64_t i) {
  return to_bytes(as_bytes("entry " + std::to_string(i)));
}

inline std::vector<Digest> numbered_leaves(std::size_t count) {
  std::vector<Digest> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(leaf_hash(numbered_entry(i)));
  return out;
}

}  // namespace salus::tlog::test
