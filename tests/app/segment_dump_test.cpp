#include "app/segment_dump.hpp"

#include "runtime/record/batch_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace troupe::app {
namespace {

using testing::HasSubstr;

/// A segment of three batches in a file.
struct a_segment : testing::Test {
  std::string path = testing::TempDir() + "troupe-segment-" + std::to_string(getpid()) + ".log";
  std::vector<std::size_t> ends;
  bytes content;

  void SetUp() override {
    offset_t next = 0;
    for (int count : {1, 3, 2}) {
      batch_builder builder(count == 3 ? codec::zstd : codec::none);
      for (int i = 0; i < count; ++i) {
        record_data record;
        record.key = "key";
        record.value = "value";
        builder.add(record);
      }
      auto batch = builder.finish();
      assign_base_offset(batch, next, leader_epoch{0});
      next += count;
      content.insert(content.end(), batch.begin(), batch.end());
      ends.push_back(content.size());
    }
  }

  dump_totals dump() {
    std::ofstream(path, std::ios::binary).write(content.data(), static_cast<long>(content.size()));
    damages.clear();
    auto totals = dump_segment(posix_env(), path, [&](const dumped_batch& batch) {
      if (!batch.damage.empty())
        damages.push_back(batch.damage);
      return true;
    });
    EXPECT_TRUE(totals);
    return totals ? *totals : dump_totals{};
  }

  std::vector<std::string> damages;
};

TEST_F(a_segment, IsReadBatchByBatch) {
  auto totals = dump();
  EXPECT_EQ(totals.batches, 3u);
  EXPECT_EQ(totals.records, 6u);
  EXPECT_EQ(totals.bytes, content.size());
  EXPECT_EQ(totals.damaged, 0u);
}

TEST_F(a_segment, IsReadNoFurtherThanSomebodyWants) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<long>(content.size()));
  auto totals = dump_segment(posix_env(), path, [](const dumped_batch&) { return false; });
  EXPECT_EQ(totals.value().batches, 1u);
}

TEST_F(a_segment, IsToldFromOtherFilesByItsNameOrItsBeginning) {
  auto holds = [&](const std::string& name, std::string_view text) {
    auto file = testing::TempDir() + name;
    std::ofstream(file, std::ios::binary) << text;
    return is_segment(posix_env(), file).value();
  };
  std::string_view segment(content.data(), content.size());
  EXPECT_TRUE(holds("copy", segment));
  EXPECT_TRUE(holds("00000000000000000000.log", "nonsense, so it is damaged"));
  EXPECT_FALSE(holds("00000000000000000000.index", std::string(4'096, 'x')));
  EXPECT_FALSE(holds("passwd", "root:x:0:0:root:/root:/bin/bash\n"));
  EXPECT_FALSE(is_segment(posix_env(), "/nonexistent"));
}

TEST_F(a_segment, FlippedBitsAreDamageAndTheRestIsRead) {
  // From behind the length on, a flip must be seen and must not hide the other batches. Base
  // offset and leader epoch lie outside the CRC.
  for (std::size_t at = 16; at < ends[0]; ++at) {
    content[at] = static_cast<char>(content[at] ^ 0x10);
    auto totals = dump();
    EXPECT_EQ(totals.damaged, 1u) << at;
    EXPECT_EQ(totals.records, 5u) << at;
    content[at] = static_cast<char>(content[at] ^ 0x10);
  }
}

TEST_F(a_segment, CutAnywhereIsOneDamage) {
  auto whole = content;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    content.assign(whole.begin(), whole.begin() + static_cast<long>(size));
    auto totals = dump();
    // A cut so early in a batch that only zeros are left looks like space ahead.
    auto last_end = size >= ends[1] ? ends[1] : size >= ends[0] ? ends[0] : 0;
    auto from = content.begin() + static_cast<long>(last_end);
    bool all_zero = std::all_of(from, content.end(), [](char c) { return c == 0; });
    EXPECT_EQ(totals.damaged, all_zero ? 0u : 1u) << size;
    EXPECT_EQ(totals.zero_bytes, all_zero ? size - last_end : 0u) << size;
  }
}

TEST_F(a_segment, LengthThatCannotBeTrueEndsTheReading) {
  content[ends[0] + 8] = 0x7f;
  auto totals = dump();
  EXPECT_EQ(totals.batches, 2u);
  ASSERT_EQ(damages.size(), 1u);
  EXPECT_THAT(damages[0], HasSubstr("no batch begins here"));
}

TEST_F(a_segment, ZerosBehindTheLastBatchAreSpaceAheadAndNoDamage) {
  content.resize(content.size() + 5'000);
  auto totals = dump();
  EXPECT_EQ(totals.damaged, 0u);
  EXPECT_EQ(totals.zero_bytes, 5'000u);
}

}  // namespace
}  // namespace troupe::app
