// Goal:   a tree's tiles have the names, widths and bytes of C2SP tlog-tiles, and give back the
//         tree's hashes.
// Method: the standard's examples (70,000 entries, path of 1234067); a log made by the recursive
//         definition; Tessera's log for proofs; bundles and paths that are wrong in one way each.

#include "tlog/tile.h"

#include <gtest/gtest.h>

#include "tlog/directory.h"
#include "tlog/testing/built_log.h"
#include "tlog/testing/shared_log.h"

namespace salus::tlog {
namespace {

TEST(TilePath, FollowsTheExamplesOfTheStandard) {
  EXPECT_EQ(tile_path({0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({0, 273, 112}), "tile/0/273.p/112");
  EXPECT_EQ(tile_path({2, 0, 1}), "tile/2/000.p/1");
  EXPECT_EQ(tile_path({1, 1000, 256}), "tile/1/x001/000");
  EXPECT_EQ(bundle_path({0, 999, 255}), "tile/entries/999.p/255");
}

TEST(TilePath, IsReadBackInItsOneSpelling) {
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{999},
                                    std::uint64_t{1000}, kMaxTreeSize / kTileWidth}) {
    for (const unsigned width : {1u, 255u, 256u}) {
      const TilePath tile = must(parse_tile_path(tile_path({7, index, width})));
      EXPECT_FALSE(tile.is_bundle);
      EXPECT_EQ(tile.tile, (TileId{7, index, width}));
      EXPECT_TRUE(must(parse_tile_path(bundle_path({0, index, width}))).is_bundle);
    }
  }
  for (const std::string_view wrong : {"",
                                       "tile",
                                       "tile/",
                                       "tile/0",
                                       "tile/0/",
                                       "tile/0/0",
                                       "tile/0/00",
                                       "tile/0/0000",
                                       "tile/00/000",
                                       "tile/8/000",
                                       "tile/0/x000/000",
                                       "tile/0/001/000",
                                       "tile/0/x001/x000",
                                       "tile/0/000.p/",
                                       "tile/0/000.p/0",
                                       "tile/0/000.p/01",
                                       "tile/0/000.p/256",
                                       "tile/0/000.p/1/",
                                       "tile/-1/000",
                                       "tile/entries/1",
                                       "/tile/0/000",
                                       "tile/0/../000",
                                       "tile/0/x///",
                                       "tile/0/x036/x028/x797/x018/x963/968",
                                       "tile/entry/000"}) {
    EXPECT_FALSE(parse_tile_path(wrong)) << wrong;
  }
}

TEST(TileRows, FollowTheExampleOfTheStandard) {
  EXPECT_EQ(tile_rows(70'000), (std::vector<TileRow>{{273, 112}, {1, 17}, {0, 1}}));
  EXPECT_EQ(tile_rows(256), (std::vector<TileRow>{{1, 0}, {0, 1}}));
  EXPECT_EQ(tile_rows(255), (std::vector<TileRow>{{0, 255}}));
  EXPECT_TRUE(tile_rows(0).empty());
  EXPECT_EQ(tile_rows(kMaxTreeSize).size(), kTileLevels);
  EXPECT_EQ(tile_of(0, 273, 70'000).width, 112u);
  EXPECT_EQ(tile_of(0, 272, 70'000).width, 256u);
  EXPECT_EQ(tile_of(1, 1, 70'000).width, 17u);
  EXPECT_EQ(tile_of(1, 2, 70'000).width, 0u);
  EXPECT_EQ(tile_of(kTileLevels, 0, kMaxTreeSize).width, 0u);
}

TEST(Bundle, HoldsEntriesOfEveryAllowedLength) {
  const std::vector<Bytes> entries = {Bytes(), Bytes(1, std::byte{1}),
                                      Bytes(kMaxEntryBytes, std::byte{2})};
  const Bytes bytes = print_bundle(entries);

  EXPECT_EQ(must(parse_bundle(bytes, 3)), entries);
  EXPECT_EQ(to_hex(ByteView(bytes).first(6)), "0000000101ff");
  EXPECT_THROW(print_bundle(std::vector<Bytes>{Bytes(kMaxEntryBytes + 1)}), Defect);
  EXPECT_THROW(print_bundle(std::vector<Bytes>(kTileWidth + 1)), Defect);
}

TEST(Bundle, CountsItsEntriesAndEndsWithTheLast) {
  const Bytes bytes = print_bundle(std::vector<Bytes>{Bytes(3), Bytes(2)});

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_bundle(ByteView(bytes).first(size), 2)) << size;
  }
  EXPECT_FALSE(parse_bundle(bytes, 1));
  EXPECT_FALSE(parse_bundle(bytes, 3));
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_EQ(parse_bundle(longer, 2).error().code, ErrorCode::kCorrupt);
}

TEST(Tile, HasExactlyItsWidth) {
  const std::vector<Digest> hashes = test::numbered_leaves(3);
  const Bytes bytes = print_tile(hashes);

  EXPECT_EQ(must(parse_tile(bytes, 3)), hashes);
  EXPECT_FALSE(parse_tile(bytes, 2));
  EXPECT_FALSE(parse_tile(bytes, 4));
  EXPECT_FALSE(parse_tile(ByteView(bytes).first(95), 3));
}

TEST(TileHashReader, GivesEveryNodeOfATree) {
  constexpr std::uint64_t kSize = 600;
  const test::MapReader log = test::built_log(kSize);
  const TileHashReader reader(log, kSize);
  const test::NaiveReader naive(test::numbered_leaves(kSize));
  for (unsigned level = 0; kSize >> level != 0; ++level) {
    for (std::uint64_t i = 0; i < kSize >> level; ++i) {
      ASSERT_EQ(must(reader.hash({level, i})), must(naive.hash({level, i}))) << level << " " << i;
    }
    EXPECT_EQ(reader.hash({level, kSize >> level}).error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(reader.hash({64, 0}).error().code, ErrorCode::kInvalidArgument);
}

TEST(TileHashReader, ProofsComeOutOfTiles) {
  constexpr std::uint64_t kSize = 70'000;
  const test::MapReader log = test::built_log(kSize);
  const TileHashReader reader(log, kSize);
  const std::vector<Digest> leaves = test::numbered_leaves(kSize);
  Frontier frontier;
  TreeHead old;
  for (std::uint64_t i = 0; i < kSize; ++i) {
    if (i == 66'000) old = {i, frontier.root()};
    frontier.append(leaves[i]);
  }
  const TreeHead head{kSize, frontier.root()};

  EXPECT_EQ(must(tree_root(reader, kSize)), head.root);
  for (const std::uint64_t i : {0, 255, 256, 65'535, 65'536, 69'999}) {
    EXPECT_TRUE(verify_inclusion(leaves[i], i, head, must(inclusion_proof(reader, i, kSize))));
  }
  EXPECT_TRUE(verify_consistency(old, head, must(consistency_proof(reader, old.size, kSize))));
}

TEST(TileHashReader, TakesTheFullTileWhereThePartialOneIsGone) {
  const test::MapReader log = test::built_log(256);
  const TileHashReader reader(log, 100);

  EXPECT_EQ(must(tree_root(reader, 100)), test::naive_root(test::numbered_leaves(100)));
  EXPECT_EQ(must(read_bundle(log, {0, 0, 100})).size(), 100u);
  test::MapReader nothing;
  EXPECT_EQ(TileHashReader(nothing, 100).hash({0, 0}).error().code, ErrorCode::kNotFound);
}

TEST(TileHashReader, TesserasProofsVerifyForEveryEntryAndSize) {
  const auto folder = test::shared_log(SALUS_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << test::kNoSharedLog;
  const DirectoryReader files(folder);
  std::vector<TreeHead> heads;
  for (std::uint64_t size = 0; size <= test::kSharedLogSize; ++size) {
    const std::string note = test::shared_checkpoint(folder, size);
    heads.push_back(must(open_checkpoint(note, test::shared_log_key())).head);
    const TileHashReader reader(files, size);
    EXPECT_EQ(must(tree_root(reader, size)), heads[size].root) << size;
    if (size == 0) continue;
    const std::vector<Bytes> entries =
        must(read_bundle(files, {0, 0, static_cast<unsigned>(size)}));
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto proof = must(inclusion_proof(reader, i, size));
      EXPECT_TRUE(verify_inclusion(leaf_hash(entries[i]), i, heads[size], proof));
    }
    for (std::uint64_t old = 0; old <= size; ++old) {
      const auto proof = must(consistency_proof(reader, old, size));
      EXPECT_TRUE(verify_consistency(heads[old], heads[size], proof)) << old << " to " << size;
    }
  }
}

TEST(DirectoryReader, ReadsALogsFilesOnly) {
  const DirectoryReader reader("/");
  for (const std::string path : {"etc/passwd", "../etc/passwd", "tile/0/../../etc/passwd", ""}) {
    EXPECT_EQ(reader.read(path, 1000).error().code, ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace salus::tlog
