// Goal:   roots, proofs and their verification are those of RFC 9162, and nothing else verifies.
// Method: the standard's recursive definitions as second implementation for all sizes to 70, the
//         known vectors of RFC 6962's reference, and proofs wrong in every single hash.

#include "tlog/merkle.h"

#include <gtest/gtest.h>

#include <array>

#include "tlog/testing/naive_tree.h"

namespace salus::tlog {
namespace {

using test::naive_path;
using test::naive_root;
using test::naive_subproof;
using test::NaiveReader;
using test::numbered_leaves;

constexpr std::size_t kSizes = 70;

Digest other(Digest digest) {
  digest.bytes[7] ^= std::byte{4};
  return digest;
}

TEST(Merkle, ReproducesTheKnownRoots) {
  constexpr std::array<std::array<std::string_view, 2>, 8> kEntryAndRoot = {{
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"606162636465666768696a6b6c6d6e6f",
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
  }};
  Frontier frontier;
  EXPECT_EQ(empty_root().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const auto& [entry, root] : kEntryAndRoot) {
    frontier.append(leaf_hash(must(from_hex(entry))));
    EXPECT_EQ(frontier.root().hex(), root) << "size " << frontier.size();
  }
}

TEST(Merkle, RootsEqualTheRecursiveDefinition) {
  const NaiveReader reader(numbered_leaves(kSizes));
  Frontier frontier;
  for (std::size_t size = 0; size <= kSizes; ++size) {
    EXPECT_EQ(must(tree_root(reader, size)), naive_root(reader.first(size))) << size;
    EXPECT_EQ(frontier.root(), naive_root(reader.first(size))) << size;
    if (size < kSizes) frontier.append(reader.first(kSizes)[size]);
  }
}

TEST(Merkle, APerfectRootIsTheRootOfAPowerOfTwo) {
  const std::vector<Digest> leaves = numbered_leaves(64);
  for (std::size_t size = 1; size <= 64; size *= 2) {
    EXPECT_EQ(perfect_root(std::span(leaves).first(size)),
              naive_root(std::span(leaves).first(size)));
  }
  EXPECT_THROW(perfect_root(std::span(leaves).first(3)), Defect);
  EXPECT_THROW(perfect_root({}), Defect);
}

TEST(Merkle, InclusionProofsEqualTheRecursiveDefinitionAndVerify) {
  const NaiveReader reader(numbered_leaves(kSizes));
  for (std::size_t size = 1; size <= kSizes; ++size) {
    const TreeHead head{size, naive_root(reader.first(size))};
    for (std::size_t i = 0; i < size; ++i) {
      const std::vector<Digest> proof = must(inclusion_proof(reader, i, size));
      ASSERT_EQ(proof, naive_path(i, reader.first(size))) << i << " of " << size;
      EXPECT_TRUE(verify_inclusion(reader.first(size)[i], i, head, proof)) << i << " of " << size;
    }
  }
}

TEST(Merkle, ConsistencyProofsEqualTheRecursiveDefinitionAndVerify) {
  const NaiveReader reader(numbered_leaves(kSizes));
  for (std::size_t size = 0; size <= kSizes; ++size) {
    const TreeHead head{size, naive_root(reader.first(size))};
    for (std::size_t old = 0; old <= size; ++old) {
      const std::vector<Digest> proof = must(consistency_proof(reader, old, size));
      const TreeHead before{old, naive_root(reader.first(old))};
      if (old > 0) {
        ASSERT_EQ(proof, naive_subproof(old, reader.first(size), true));
      }
      EXPECT_TRUE(verify_consistency(before, head, proof)) << old << " to " << size;
    }
  }
}

/// Whether any proof that differs from `proof` in one hash, one hash more or one less is accepted.
template <class Verify>
bool accepts_a_wrong_proof(const std::vector<Digest>& proof, const Verify& verify) {
  for (std::size_t i = 0; i < proof.size(); ++i) {
    std::vector<Digest> wrong = proof;
    wrong[i] = other(wrong[i]);
    if (verify(wrong)) return true;
    wrong = proof;
    wrong.erase(wrong.begin() + static_cast<std::ptrdiff_t>(i));
    if (verify(wrong)) return true;
  }
  std::vector<Digest> longer = proof;
  longer.push_back(Digest{});
  return verify(longer);
}

TEST(Merkle, NoWrongInclusionProofVerifies) {
  const NaiveReader reader(numbered_leaves(20));
  for (std::size_t size = 1; size <= 20; ++size) {
    const TreeHead head{size, naive_root(reader.first(size))};
    for (std::size_t i = 0; i < size; ++i) {
      const Digest leaf = reader.first(size)[i];
      const std::vector<Digest> proof = naive_path(i, reader.first(size));
      const auto verify = [&](const std::vector<Digest>& wrong) {
        return verify_inclusion(leaf, i, head, wrong).has_value();
      };
      EXPECT_FALSE(accepts_a_wrong_proof(proof, verify)) << i << " of " << size;
      EXPECT_FALSE(verify_inclusion(other(leaf), i, head, proof));
      EXPECT_FALSE(verify_inclusion(leaf, i, {size, other(head.root)}, proof));
      for (std::size_t j = 0; j < size; ++j) {
        EXPECT_EQ(verify_inclusion(leaf, j, head, proof).has_value(), i == j);
      }
    }
  }
}

TEST(Merkle, NoWrongConsistencyProofVerifies) {
  const NaiveReader reader(numbered_leaves(20));
  for (std::size_t size = 0; size <= 20; ++size) {
    const TreeHead head{size, naive_root(reader.first(size))};
    for (std::size_t old = 0; old <= size; ++old) {
      const TreeHead before{old, naive_root(reader.first(old))};
      const std::vector<Digest> proof = must(consistency_proof(reader, old, size));
      const auto verify = [&](const std::vector<Digest>& wrong) {
        return verify_consistency(before, head, wrong).has_value();
      };
      EXPECT_FALSE(accepts_a_wrong_proof(proof, verify)) << old << " to " << size;
      EXPECT_FALSE(verify_consistency({old, other(before.root)}, head, proof));
      if (old > 0) {
        EXPECT_FALSE(verify_consistency(before, {size, other(head.root)}, proof));
      }
    }
  }
}

TEST(Merkle, SizesAndIndicesOutOfRangeAreRefused) {
  const NaiveReader reader(numbered_leaves(3));
  constexpr std::uint64_t kBeyond = kMaxTreeSize + 1;

  EXPECT_EQ(inclusion_proof(reader, 3, 3).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(consistency_proof(reader, 4, 3).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(tree_root(reader, kBeyond).error().code, ErrorCode::kLimit);
  EXPECT_EQ(inclusion_proof(reader, 0, kBeyond).error().code, ErrorCode::kLimit);
  EXPECT_EQ(consistency_proof(reader, 0, kBeyond).error().code, ErrorCode::kLimit);
  EXPECT_EQ(verify_inclusion({}, 3, {3, {}}, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(verify_inclusion({}, 0, {kBeyond, {}}, {}).error().code, ErrorCode::kLimit);
  EXPECT_EQ(verify_consistency({4, {}}, {3, {}}, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(verify_consistency({4, {}}, {kBeyond, {}}, {}).error().code, ErrorCode::kLimit);
}

TEST(Merkle, TheLargestTreeNeedsNoMoreHashesThanTheLimit) {
  // A tree in which all perfect subtrees of one height are alike, so that no leaf is stored.
  class Uniform : public HashReader {
   public:
    Result<Digest> hash(NodeId node) const override {
      Digest out = leaf_hash({});
      for (unsigned i = 0; i < node.level; ++i) out = node_hash(out, out);
      return out;
    }
  };
  const Uniform reader;
  const TreeHead head{kMaxTreeSize, must(tree_root(reader, kMaxTreeSize))};
  for (const std::uint64_t index : {std::uint64_t{0}, kMaxTreeSize / 2, kMaxTreeSize - 1}) {
    const std::vector<Digest> proof = must(inclusion_proof(reader, index, kMaxTreeSize));
    EXPECT_LE(proof.size(), kMaxProofHashes);
    EXPECT_TRUE(verify_inclusion(leaf_hash({}), index, head, proof));
  }
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 62;
  const TreeHead half{kHalf, must(tree_root(reader, kHalf))};
  for (const std::uint64_t old : {std::uint64_t{1}, kHalf / 2 + 1, kHalf - 1}) {
    const std::vector<Digest> proof = must(consistency_proof(reader, old, kHalf));
    EXPECT_LE(proof.size(), kMaxProofHashes);
    EXPECT_TRUE(verify_consistency({old, must(tree_root(reader, old))}, half, proof));
  }
}

}  // namespace
}  // namespace salus::tlog
