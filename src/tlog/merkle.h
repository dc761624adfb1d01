// The Merkle tree of RFC 9162 (section 2.1, the same as in RFC 6962) over SHA-256: hashes, roots,
// proofs and their verification. D[a:b] are the entries a to b - 1, MTH their tree's root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace salus::tlog {

/// Sizes stay below 2^63, as in the other implementations.
inline constexpr std::uint64_t kMaxTreeSize = (std::uint64_t{1} << 63) - 1;
/// Of any inclusion proof, and of consistency proofs in trees of up to 2^62; C2SP tlog-witness
/// allows no more.
inline constexpr std::size_t kMaxProofHashes = 63;

/// SHA-256(0x00 || entry).
Digest leaf_hash(ByteView entry);
/// SHA-256(0x01 || left || right).
Digest node_hash(const Digest& left, const Digest& right);
/// MTH of no entries: SHA-256 of nothing.
Digest empty_root();

/// The root of the perfect tree above `hashes`, a power of two of them (a Defect otherwise).
Digest perfect_root(std::span<const Digest> hashes);

/// A perfect subtree: MTH(D[index * 2^level : (index + 1) * 2^level]).
struct NodeId {
  unsigned level = 0;
  std::uint64_t index = 0;
};

/// Where proofs find the hashes of perfect subtrees.
class HashReader {
 public:
  virtual ~HashReader() = default;
  /// Errors: kNotFound, kIo, kCorrupt, kInvalidArgument for a node that is not in the tree.
  virtual Result<Digest> hash(NodeId node) const = 0;
};

/// MTH(D[0:size]). Errors: the reader's; kLimit above kMaxTreeSize.
Result<Digest> tree_root(const HashReader& reader, std::uint64_t size);

/// PATH(index, D[0:size]), from the leaf's sibling upwards. Cost: O(log(size)^2) hashes read.
/// Errors: the reader's; kInvalidArgument unless index < size; kLimit.
Result<std::vector<Digest>> inclusion_proof(const HashReader& reader, std::uint64_t index,
                                            std::uint64_t size);

/// PROOF(old_size, D[0:size]); empty for old_size 0 and for equal sizes.
/// Errors: the reader's; kInvalidArgument unless old_size <= size; kLimit.
Result<std::vector<Digest>> consistency_proof(const HashReader& reader, std::uint64_t old_size,
                                              std::uint64_t size);

struct TreeHead {
  std::uint64_t size = 0;
  Digest root;
  bool operator==(const TreeHead&) const = default;
};

/// That the entry with this leaf hash is number `index` of the tree. Source: RFC 9162 section
/// 2.1.3.2. Errors: kCorrupt, kInvalidArgument unless index < size; kLimit.
Status verify_inclusion(const Digest& leaf, std::uint64_t index, const TreeHead& head,
                        std::span<const Digest> proof);

/// That the tree `head` begins with all entries of `old`. Source: RFC 9162 section 2.1.4.2; from
/// the empty tree, and between equal sizes, the proof is empty and the root is held against what it
/// has to be. Errors: kCorrupt, kInvalidArgument unless old.size <= head.size; kLimit.
Status verify_consistency(const TreeHead& old, const TreeHead& head, std::span<const Digest> proof);

/// The root of a tree that grows at its right end, in log2(size) hashes.
class Frontier {
 public:
  void append(const Digest& leaf);
  std::uint64_t size() const { return size_; }
  Digest root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> perfect_;  // the perfect subtrees of the bits of size_, largest first
};

}  // namespace salus::tlog
