#include "tests/support/runtime/log_fixture.hpp"

#include "runtime/base/rng.hpp"

namespace troupe {
namespace {

using namespace testing;

class FindTimestamp : public log_test {
 protected:
  void write_at(const std::vector<timestamp_ms>& stamps) {
    for (auto stamp : stamps) {
      ASSERT_TRUE(log->append(batch_of_values({"x", "y"}, stamp), leader_epoch{0}));
      all.push_back(stamp);
      all.push_back(stamp + 1);
    }
    ASSERT_TRUE(log->write());
  }

  /// What a plain search through all records finds.
  offset_t expected(timestamp_ms at, offset_t limit) const {
    for (auto i = log->log_start(); i < limit; ++i)
      if (all[static_cast<std::size_t>(i)] >= at)
        return i;
    return no_offset;
  }

  void expect_like_plain_search() {
    for (auto at = *std::min_element(all.begin(), all.end()) - 2;
         at < *std::max_element(all.begin(), all.end()) + 2; ++at)
      for (offset_t limit : {log->log_end(), log->log_end() / 2}) {
        const auto found = log->find_timestamp(at, limit);
        ASSERT_TRUE(found) << to_string(found.error());
        ASSERT_EQ(*found ? (*found)->offset : no_offset, expected(at, limit)) << at;
        if (*found) {
          ASSERT_EQ((*found)->timestamp, all[static_cast<std::size_t>((*found)->offset)]);
        }
      }
  }

  std::vector<timestamp_ms> all;
};

TEST_F(FindTimestamp, EmptyLogHasNone) {
  open();
  EXPECT_FALSE(*log->find_timestamp(0, 0));
}

TEST_F(FindTimestamp, AgreesWithAPlainSearch) {
  options.segment_bytes = 1'500;
  options.index_interval_bytes = 200;
  open();
  rng chance{5};
  for (int i = 0; i < 200; ++i)
    write_at({100 + i * 3 + static_cast<timestamp_ms>(chance.below(30))});
  expect_like_plain_search();
  reopen();
  expect_like_plain_search();
  kill_and_open();
  expect_like_plain_search();
  ASSERT_TRUE(log->advance_start(151));
  expect_like_plain_search();
}

TEST_F(FindTimestamp, StandsStillTimestampsAndSteps) {
  options.index_interval_bytes = 100;
  open();
  for (int i = 0; i < 60; ++i)
    write_at({i < 30 ? 500 : i < 40 ? 400 : 600});
  expect_like_plain_search();
}

TEST_F(FindTimestamp, SaysWhenDamageIsInTheWay) {
  open();
  write_at({100, 200, 300});
  disk.flip_bit(segment(0), 70, 3);
  EXPECT_EQ(log->find_timestamp(250, 6).error().code, errc::damaged_data);
}

}  // namespace
}  // namespace troupe
