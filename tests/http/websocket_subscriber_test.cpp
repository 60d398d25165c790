// The decisions of a subscriber, one transition after the other.
#include "http/websocket_subscriber.hpp"
#include "runtime/base/limits.hpp"

#include <gtest/gtest.h>

namespace troupe::http {

namespace {

using stage = websocket_subscriber::stage;
using kind = websocket_subscriber::step::kind;
using joined = websocket_subscriber::joined;

/// Plays the session: answers what the subscriber asks for.
class WebsocketSubscriber : public testing::Test {
 protected:
  void open(std::vector<offset_t> offsets, bool manual_credit = false, offset_t end = no_offset) {
    std::vector<websocket_subscriber::start> starts;
    for (std::size_t i = 0; i < offsets.size(); ++i)
      starts.push_back({partition_id{static_cast<std::int32_t>(i)}, offsets[i], end});
    x_ = websocket_subscriber{starts, manual_credit};
  }
  void expect_read(partition_slot slot, offset_t from) {
    auto step = x_.next_step();
    EXPECT_EQ(step.what, kind::read);
    EXPECT_EQ(step.slot, slot);
    EXPECT_EQ(step.from, from);
  }
  void expect_join(partition_slot slot, offset_t from) {
    auto step = x_.next_step();
    EXPECT_EQ(step.what, kind::join);
    EXPECT_EQ(step.slot, slot);
    EXPECT_EQ(step.from, from);
  }
  void expect_nothing() { EXPECT_EQ(x_.next_step().what, kind::none); }
  bool records_arrive(partition_slot slot, offset_t next, offset_t end) {
    return x_.on_read(slot, {{}, bytes(100), next, end, 0});
  }
  bool nothing_arrives(partition_slot slot, offset_t next, offset_t end) {
    return x_.on_read(slot, {{}, {}, next, end, 0});
  }
  joined tail_says(partition_slot slot, bool attached, offset_t tail) {
    return x_.on_joined(slot, {{}, attached, tail});
  }
  void queue(partition_slot slot, std::uint32_t records, offset_t next, std::uint32_t size = 100) {
    x_.on_queued(slot, {0, size, records, 0, next});
  }
  void read_all(partition_slot slot, offset_t end) {
    EXPECT_TRUE(records_arrive(slot, end, end));
    queue(slot, 1, end);
    x_.on_run_end(slot, end);
  }
  void reach_tail(partition_slot slot, offset_t at) {
    expect_join(slot, at);
    EXPECT_EQ(tail_says(slot, true, at), joined::caught_up);
    EXPECT_EQ(x_.at(slot), stage::tail);
  }

  websocket_subscriber x_{{}, false};
};

}  // namespace

TEST_F(WebsocketSubscriber, ReadsUntilTheEndThenJoins) {
  open({0});
  expect_read(0, 0);
  expect_nothing();
  EXPECT_TRUE(records_arrive(0, 50, 100));
  queue(0, 50, 50);
  x_.on_run_end(0, 50);
  expect_read(0, 50);
  read_all(0, 100);
  reach_tail(0, 100);
  expect_nothing();
}

TEST_F(WebsocketSubscriber, ReaderOfTheLatestJoinsAtOnce) {
  open({70}, false, 70);
  reach_tail(0, 70);
}

TEST_F(WebsocketSubscriber, ATailThatWentFurtherIsReadUpTo) {
  open({70}, false, 70);
  expect_join(0, 70);
  EXPECT_EQ(tail_says(0, false, 75), joined::no);
  expect_read(0, 70);
  read_all(0, 75);
  reach_tail(0, 75);
}

TEST_F(WebsocketSubscriber, PartitionsTakeTurns) {
  open({0, 0, 0});
  for (int round = 0; round < 3; ++round)
    for (partition_slot slot = 0; slot < 3; ++slot) {
      expect_read(slot, round * 10);
      EXPECT_TRUE(records_arrive(slot, round * 10 + 10, 1000));
      queue(slot, 10, round * 10 + 10);
      x_.on_run_end(slot, round * 10 + 10);
    }
}

TEST_F(WebsocketSubscriber, ReadsMoreWhileItKeepsUpAndLessAfterAStall) {
  open({0});
  auto first = x_.next_step();
  EXPECT_EQ(first.max_bytes, limits::websocket_fetch_bytes_min);
  EXPECT_TRUE(records_arrive(0, 10, 1000));
  x_.on_run_end(0, 10);
  EXPECT_EQ(x_.next_step().max_bytes, 2 * limits::websocket_fetch_bytes_min);
  for (offset_t at = 20; at < 200; at += 10) {
    EXPECT_TRUE(records_arrive(0, at, 1000));
    x_.on_run_end(0, at);
    EXPECT_LE(x_.next_step().max_bytes, limits::websocket_fetch_bytes_max);
  }
  EXPECT_TRUE(records_arrive(0, 200, 1000));
  x_.on_run_dropped(0);
  EXPECT_EQ(x_.next_step().max_bytes, limits::websocket_fetch_bytes_min);
}

TEST_F(WebsocketSubscriber, ForgottenFramesAreReadAgain) {
  open({70}, false, 70);
  reach_tail(0, 70);
  queue(0, 5, 75);
  queue(0, 5, 80);
  x_.on_forgotten(0, 70, 5, 100);
  x_.on_forgotten(0, 75, 5, 100);
  x_.leave_tail(0, no_offset);
  EXPECT_EQ(x_.next(0), 70);
  expect_read(0, 70);
}

TEST_F(WebsocketSubscriber, LeavingTheTailReadsOnFromTheFirstUnsentRecord) {
  open({70}, false, 70);
  reach_tail(0, 70);
  queue(0, 5, 75);
  x_.leave_tail(0, 90);
  expect_read(0, 75);
  read_all(0, 90);
  expect_join(0, 90);
  EXPECT_EQ(tail_says(0, true, 90), joined::yes) << "it is told only once that it caught up";
}

TEST_F(WebsocketSubscriber, WithoutCreditNothingIsRead) {
  open({0}, true);
  expect_nothing();
  x_.add_credit(10, std::nullopt);
  expect_read(0, 0);
}

TEST_F(WebsocketSubscriber, CreditBoundsTheFrame) {
  open({0}, true);
  x_.add_credit(10, 5000);
  EXPECT_EQ(x_.budget().records, 10u);
  EXPECT_EQ(x_.budget().payload_bytes, 5000u);
  queue(0, 4, 4, 5100);
  EXPECT_FALSE(x_.has_credit()) << "the bytes are used up";
  x_.add_credit(0, 1000);
  EXPECT_TRUE(x_.has_credit());
  EXPECT_EQ(x_.budget().records, 6u);
  EXPECT_EQ(x_.budget().payload_bytes, 900u);
  EXPECT_FALSE(x_.may_take({0, 100, 7, 0, 0})) << "more records than credit";
  EXPECT_FALSE(x_.may_take({0, 901, 1, 0, 0})) << "more bytes than credit";
  EXPECT_TRUE(x_.may_take({0, 900, 6, 0, 0}));
  x_.on_forgotten(0, 0, 4, 5100);
  EXPECT_EQ(x_.budget().records, 10u) << "what is forgotten gives its credit back";
}

TEST_F(WebsocketSubscriber, CreditWithoutBytesCountsOnlyRecords) {
  open({0}, true);
  x_.add_credit(2, 10);
  queue(0, 1, 1, 100);
  EXPECT_FALSE(x_.has_credit());
  x_.add_credit(2, std::nullopt);
  EXPECT_TRUE(x_.has_credit());
  EXPECT_EQ(x_.budget().records, 3u);
  EXPECT_EQ(x_.budget().payload_bytes, frame_budget::standard().payload_bytes);
  x_.add_credit(0, 50);
  EXPECT_EQ(x_.budget().payload_bytes, 50u) << "until bytes are given again";
}

TEST_F(WebsocketSubscriber, AnAddedPartitionIsReadFromItsBeginning) {
  open({7}, false, 7);
  reach_tail(0, 7);
  EXPECT_EQ(x_.add({partition_id{1}, 0, no_offset}), 1u);
  EXPECT_EQ(x_.find(partition_id{1}), 1u);
  expect_read(1, 0);
}

TEST_F(WebsocketSubscriber, AnAddedPartitionIsPausedWhereAllAre) {
  open({0, 0});
  x_.pause(0);
  x_.add({partition_id{2}, 0, no_offset});
  EXPECT_FALSE(x_.paused(2));
  x_.pause(1);
  x_.pause(2);
  x_.add({partition_id{3}, 0, no_offset});
  EXPECT_TRUE(x_.paused(3));
  expect_nothing();
}

TEST_F(WebsocketSubscriber, CreditDoesNotOverflow) {
  open({0}, true);
  for (int i = 0; i < 5; ++i)
    x_.add_credit(INT64_MAX, INT64_MAX);
  EXPECT_TRUE(x_.has_credit());
  queue(0, 1, 1);
  EXPECT_TRUE(x_.has_credit());
}

TEST_F(WebsocketSubscriber, PauseStopsAndResumeGoesOn) {
  open({0, 0});
  expect_read(0, 0);
  EXPECT_FALSE(x_.pause(0));
  EXPECT_FALSE(records_arrive(0, 10, 100)) << "what was under way is not wanted any more";
  expect_read(1, 0);
  read_all(1, 10);
  expect_join(1, 10);
  EXPECT_EQ(tail_says(1, true, 10), joined::caught_up);
  expect_nothing();
  x_.resume(0);
  expect_read(0, 0);
}

TEST_F(WebsocketSubscriber, PauseAtTheTailAsksToDetach) {
  open({70}, false, 70);
  reach_tail(0, 70);
  EXPECT_TRUE(x_.pause(0));
  expect_nothing();
  x_.resume(0);
  expect_read(0, 70);
  EXPECT_FALSE(nothing_arrives(0, 70, 70));
  expect_join(0, 70);
  EXPECT_EQ(tail_says(0, true, 70), joined::yes);
}

TEST_F(WebsocketSubscriber, PauseWhileJoiningLeavesAgain) {
  open({70}, false, 70);
  expect_join(0, 70);
  EXPECT_FALSE(x_.pause(0));
  EXPECT_EQ(tail_says(0, true, 70), joined::leave_again);
  x_.resume(0);
  expect_read(0, 70);
}

TEST_F(WebsocketSubscriber, SeekFromEveryStage) {
  open({70}, false, 70);
  EXPECT_FALSE(x_.seek(0, 5));
  expect_read(0, 5);
  EXPECT_FALSE(x_.seek(0, 6)) << "reading";
  EXPECT_FALSE(records_arrive(0, 10, 100));
  expect_read(0, 6);
  EXPECT_TRUE(records_arrive(0, 10, 100));
  EXPECT_FALSE(x_.seek(0, 7)) << "serving";
  expect_read(0, 7);
  read_all(0, 100);
  expect_join(0, 100);
  EXPECT_FALSE(x_.seek(0, 8)) << "joining";
  EXPECT_EQ(tail_says(0, true, 100), joined::leave_again);
  expect_read(0, 8);
  read_all(0, 100);
  reach_tail(0, 100);
  EXPECT_TRUE(x_.seek(0, 9)) << "at the tail";
  expect_read(0, 9);
  read_all(0, 100);
  reach_tail(0, 100);  // and it is told again that it caught up
}

TEST_F(WebsocketSubscriber, FailedReadsWaitForRetry) {
  open({0, 5});
  expect_read(0, 0);
  x_.on_failed(0);
  expect_read(1, 5);
  read_all(1, 10);
  expect_join(1, 10);
  EXPECT_EQ(tail_says(1, true, 10), joined::caught_up);
  expect_nothing();
  x_.retry();
  expect_read(0, 0);
}

TEST_F(WebsocketSubscriber, AReadThatBringsNothingBelowTheEndIsNotRepeatedAtOnce) {
  open({0});
  expect_read(0, 0);
  EXPECT_FALSE(nothing_arrives(0, 0, 10));
  EXPECT_EQ(x_.at(0), stage::waiting);
  expect_nothing();
}

TEST_F(WebsocketSubscriber, OutsideTheLogItGoesOnAtTheNearestOffset) {
  open({5});
  expect_read(0, 5);
  EXPECT_EQ(x_.on_out_of_range(0, 20, 50), 20);
  expect_read(0, 20);
  EXPECT_FALSE(x_.seek(0, 99));
  EXPECT_EQ(x_.on_out_of_range(0, 20, 50), 99) << "a newer seek is not touched";
  expect_read(0, 99);
  EXPECT_EQ(x_.on_out_of_range(0, 20, 50), 50);
  expect_join(0, 50);
}

TEST_F(WebsocketSubscriber, FindsPartitionsByNumber) {
  x_ = websocket_subscriber{{{partition_id{2}, 0, 0}, {partition_id{5}, 0, 0}}, false};
  EXPECT_EQ(x_.find(partition_id{5}), 1u);
  EXPECT_EQ(x_.find(partition_id{2}), 0u);
  EXPECT_FALSE(x_.find(partition_id{3}));
  EXPECT_FALSE(x_.find(partition_id{6}));
}

}  // namespace troupe::http
