#include "runtime/base/snapshot_map.hpp"

#include "runtime/base/rng.hpp"

#include <gtest/gtest.h>

#include <map>

namespace troupe {
namespace {

using subject = snapshot_map<int>;
using model = std::map<std::string, int>;

model content(const subject& of) {
  model found;
  std::string last;
  for (const auto& [name, value] : of) {
    EXPECT_TRUE(found.empty() || last < name);
    last = name;
    found[name] = value;
  }
  EXPECT_EQ(found.size(), of.size());
  return found;
}

TEST(SnapshotMap, BeginsEmpty) {
  subject map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.begin(), map.end());
  EXPECT_EQ(map.find("a"), map.end());
  EXPECT_FALSE(map.erase("a"));
}

TEST(SnapshotMap, InsertsAssignsAndErases) {
  subject map;
  EXPECT_TRUE(map.insert_or_assign("b", 1));
  EXPECT_TRUE(map.insert_or_assign("a", 2));
  EXPECT_FALSE(map.insert_or_assign("b", 3));
  EXPECT_EQ(content(map), (model{{"a", 2}, {"b", 3}}));
  EXPECT_TRUE(map.erase("a"));
  EXPECT_FALSE(map.contains("a"));
  EXPECT_TRUE(map.erase("b"));
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(map.insert_or_assign("c", 4));
  EXPECT_EQ(map.find("c")->second, 4);
}

TEST(SnapshotMap, CopyStaysAsItWas) {
  subject map;
  for (int i = 0; i < 1'000; ++i)
    map.insert_or_assign(std::to_string(i), i);
  const auto before = map;
  const auto expected = content(before);
  for (int i = 0; i < 1'000; i += 3)
    map.erase(std::to_string(i));
  map.insert_or_assign("1", -1);
  EXPECT_EQ(content(before), expected);
  EXPECT_EQ(map.find("1")->second, -1);
}

// Against std::map, over orders that fill, halve and empty chunks.
TEST(SnapshotMap, BehavesAsAnOrderedMap) {
  rng source{3};
  for (int round = 0; round < 20; ++round) {
    subject map;
    model expected;
    const auto names = 1 + source.below(600);
    for (int step = 0; step < 3'000; ++step) {
      const auto name = "n" + std::to_string(source.below(names));
      if (source.chance(round % 4, 4)) {
        ASSERT_EQ(map.erase(name), expected.erase(name) == 1);
      } else {
        ASSERT_EQ(map.insert_or_assign(name, step), !expected.contains(name));
        expected[name] = step;
      }
      ASSERT_EQ(map.contains(name), expected.contains(name));
      ASSERT_EQ(map.size(), expected.size());
    }
    ASSERT_EQ(content(map), expected);
  }
}

TEST(SnapshotMap, TakesNamesInEitherOrder) {
  for (const bool rising : {true, false}) {
    subject map;
    for (int i = 0; i < 1'000; ++i)
      map.insert_or_assign(std::to_string(10'000 + (rising ? i : 999 - i)), i);
    EXPECT_EQ(content(map).size(), 1'000u);
  }
}

}  // namespace
}  // namespace troupe
