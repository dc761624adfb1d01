#include "tlog/merkle.h"

#include <algorithm>
#include <bit>

namespace salus::tlog {
namespace {

constexpr std::byte kLeafPrefix{0};
constexpr std::byte kNodePrefix{1};

std::string plural_proof(std::span<const Digest> proof) {
  return "a proof of " + std::to_string(proof.size()) + " hashes";
}

Error too_large(std::uint64_t size) {
  return Error{ErrorCode::kLimit, "a tree of " + std::to_string(size) + " entries; the limit is " +
                                      std::to_string(kMaxTreeSize)};
}

/// The largest power of two below `count`, which is at least 2: where RFC 9162 splits.
std::uint64_t split(std::uint64_t count) { return std::bit_floor(count - 1); }

/// MTH(D[begin:end]) for ranges that the splits lead to: begin is a multiple of the power of two at
/// or above the length, so that the perfect subtrees of the length's bits lie in the range.
Result<Digest> range_root(const HashReader& reader, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t rest = end - begin;
  Digest root;
  bool first = true;
  // From the right: the smallest subtree first, each next one to its left.
  while (rest != 0) {
    const auto level = static_cast<unsigned>(std::countr_zero(rest));
    rest &= rest - 1;
    const Result<Digest> node = reader.hash({level, (begin + rest) >> level});
    if (!node) return node.error();
    root = first ? *node : node_hash(*node, root);
    first = false;
  }
  return first ? empty_root() : root;
}

/// Where both verifications stand: positions of the older and the newer right edge at the current
/// height. RFC 9162 calls them fn and sn.
struct Climb {
  std::uint64_t fn;
  std::uint64_t sn;

  bool takes_left() const { return (fn & 1) != 0 || fn == sn; }
  void step() { fn >>= 1, sn >>= 1; }
  /// Over the heights at which the edge has no sibling on its right.
  void skip() {
    while ((fn & 1) == 0 && fn != 0) step();
  }
};

Error proof_fails(const std::string& what, std::span<const Digest> proof) {
  return Error{ErrorCode::kCorrupt, plural_proof(proof) + " does not show " + what};
}

}  // namespace

Digest leaf_hash(ByteView entry) {
  Sha256 hash;
  hash.update(ByteView(&kLeafPrefix, 1));
  hash.update(entry);
  return hash.finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
  Sha256 hash;
  hash.update(ByteView(&kNodePrefix, 1));
  hash.update(left.bytes);
  hash.update(right.bytes);
  return hash.finish();
}

Digest empty_root() { return sha256({}); }

Digest perfect_root(std::span<const Digest> hashes) {
  check(std::has_single_bit(hashes.size()), "a perfect tree has a power of two leaves");
  std::vector<Digest> row(hashes.begin(), hashes.end());
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) {
      row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    }
    row.resize(row.size() / 2);
  }
  return row[0];
}

Result<Digest> tree_root(const HashReader& reader, std::uint64_t size) {
  if (size > kMaxTreeSize) return too_large(size);
  return range_root(reader, 0, size);
}

Result<std::vector<Digest>> inclusion_proof(const HashReader& reader, std::uint64_t index,
                                            std::uint64_t size) {
  if (size > kMaxTreeSize) return too_large(size);
  if (index >= size) {
    return Error{ErrorCode::kInvalidArgument,
                 "no entry " + std::to_string(index) + " in a tree of " + std::to_string(size)};
  }
  std::vector<Digest> proof;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split(end - begin);
    const bool left = index < middle;
    const Result<Digest> sibling =
        left ? range_root(reader, middle, end) : range_root(reader, begin, middle);
    if (!sibling) return sibling.error();
    proof.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<std::vector<Digest>> consistency_proof(const HashReader& reader, std::uint64_t old_size,
                                              std::uint64_t size) {
  if (size > kMaxTreeSize) return too_large(size);
  if (old_size > size) {
    return Error{ErrorCode::kInvalidArgument, "a tree of " + std::to_string(size) +
                                                  " entries has no part of " +
                                                  std::to_string(old_size)};
  }
  std::vector<Digest> proof;
  if (old_size == 0) return proof;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end != old_size) {
    const std::uint64_t middle = begin + split(end - begin);
    const bool left = old_size <= middle;
    const Result<Digest> sibling =
        left ? range_root(reader, middle, end) : range_root(reader, begin, middle);
    if (!sibling) return sibling.error();
    proof.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  // At begin 0 what remains is the old tree itself, whose root the verifier has.
  if (begin != 0) {
    const Result<Digest> rest = range_root(reader, begin, end);
    if (!rest) return rest.error();
    proof.push_back(*rest);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Status verify_inclusion(const Digest& leaf, std::uint64_t index, const TreeHead& head,
                        std::span<const Digest> proof) {
  if (head.size > kMaxTreeSize) return too_large(head.size);
  if (index >= head.size) {
    return Error{ErrorCode::kInvalidArgument, "no entry " + std::to_string(index) +
                                                  " in a tree of " + std::to_string(head.size)};
  }
  const Error fails =
      proof_fails("that the entry is number " + std::to_string(index) + " of a tree of " +
                      std::to_string(head.size) + " with the given root",
                  proof);
  Climb at{index, head.size - 1};
  Digest root = leaf;
  for (const Digest& sibling : proof) {
    if (at.sn == 0) return fails;
    if (at.takes_left()) {
      root = node_hash(sibling, root);
      at.skip();
    } else {
      root = node_hash(root, sibling);
    }
    at.step();
  }
  if (at.sn != 0 || root != head.root) return fails;
  return {};
}

Status verify_consistency(const TreeHead& old, const TreeHead& head,
                          std::span<const Digest> proof) {
  if (head.size > kMaxTreeSize) return too_large(head.size);
  if (old.size > head.size) {
    return Error{ErrorCode::kInvalidArgument, "a tree of " + std::to_string(head.size) +
                                                  " entries has no part of " +
                                                  std::to_string(old.size)};
  }
  const Error fails = proof_fails("that the tree of " + std::to_string(head.size) +
                                      " begins with the tree of " + std::to_string(old.size),
                                  proof);
  if (old.size == head.size) return proof.empty() && old.root == head.root ? Status{} : fails;
  if (old.size == 0) return proof.empty() && old.root == empty_root() ? Status{} : fails;
  if (proof.empty()) return fails;

  Climb at{old.size - 1, head.size - 1};
  while ((at.fn & 1) != 0) at.step();
  // An old tree that is perfect is a node of the new one, and the proof leaves it out.
  const bool perfect = std::has_single_bit(old.size);
  Digest old_root = perfect ? old.root : proof[0];
  Digest root = old_root;
  for (const Digest& sibling : proof.subspan(perfect ? 0 : 1)) {
    if (at.sn == 0) return fails;
    if (at.takes_left()) {
      old_root = node_hash(sibling, old_root);
      root = node_hash(sibling, root);
      at.skip();
    } else {
      root = node_hash(root, sibling);
    }
    at.step();
  }
  if (at.sn != 0 || old_root != old.root || root != head.root) return fails;
  return {};
}

void Frontier::append(const Digest& leaf) {
  Digest hash = leaf;
  for (std::uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    hash = node_hash(perfect_.back(), hash);
    perfect_.pop_back();
  }
  perfect_.push_back(hash);
  ++size_;
}

Digest Frontier::root() const {
  if (perfect_.empty()) return empty_root();
  Digest root = perfect_.back();
  for (std::size_t i = perfect_.size() - 1; i-- > 0;) root = node_hash(perfect_[i], root);
  return root;
}

}  // namespace salus::tlog
