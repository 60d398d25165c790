// Subscribers at the tail of a partition.
#include "tests/support/actors/live_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

namespace troupe::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using strings = std::vector<std::string>;

/// Keeps what it is given. Called on its loop, read by the test.
class recorder final : public tail_sink {
 public:
  void on_tail(const std::shared_ptr<const tail_chunk>& chunk) override {
    std::lock_guard guard{mutex_};
    if (next_ != no_offset && chunk->first_offset() != next_)
      gaps_ += 1;
    next_ = chunk->next_offset();
    for (auto& value : values_of(chunk->batches(), chunk->first_offset()))
      values_.push_back(value);
    chunks_.push_back(chunk);
    if (when_called)
      when_called();
  }
  void on_tail_end(const error& why) override {
    std::lock_guard guard{mutex_};
    end_ = why.code;
  }

  strings values() const {
    std::lock_guard guard{mutex_};
    return values_;
  }
  errc end() const {
    std::lock_guard guard{mutex_};
    return end_;
  }
  int gaps() const { return gaps_; }
  std::vector<std::shared_ptr<const tail_chunk>> chunks() const {
    std::lock_guard guard{mutex_};
    return chunks_;
  }

  std::function<void()> when_called;

 private:
  mutable std::mutex mutex_;
  strings values_;
  std::vector<std::shared_ptr<const tail_chunk>> chunks_;
  offset_t next_ = no_offset;
  int gaps_ = 0;
  errc end_ = errc::none;
};

class tails_test : public ::testing::Test {
 protected:
  tails_test() { EXPECT_TRUE(node_.create("t", 1, {{"flush", "os"}}).ok()); }

  tail_position attach(const std::shared_ptr<recorder>& sink, offset_t from, std::size_t loop = 0) {
    std::promise<tail_position> promise;
    auto future = promise.get_future();
    node_.on_loop(
        [&] {
          node_.client(loop).attach_tail(
              tail_, from, sink, [&promise](tail_position x) { promise.set_value(std::move(x)); });
        },
        loop);
    EXPECT_EQ(future.wait_for(patience), std::future_status::ready);
    return future.get();
  }
  void detach(const std::shared_ptr<recorder>& sink, std::size_t loop = 0) {
    node_.on_loop([&] { node_.client(loop).detach_tail(tail_, sink.get()); }, loop);
  }
  static bool has(const std::shared_ptr<recorder>& sink, const strings& values) {
    return eventually([&] { return sink->values() == values; });
  }

  topic_partition tail_{"t", partition_id{0}};
  sim_env disk_;
  live_node node_{disk_};
};

TEST_F(tails_test, SubscriberGetsWhatIsProducedAfterwards) {
  node_.produce("t", {"before"});
  auto sink = std::make_shared<recorder>();
  auto position = attach(sink, 1);
  EXPECT_TRUE(position.attached);
  EXPECT_EQ(position.tail, 1);
  node_.produce("t", {"a", "b"});
  node_.produce("t", {"c"});
  EXPECT_TRUE(has(sink, {"a", "b", "c"}));
  EXPECT_EQ(sink->gaps(), 0);
}

TEST_F(tails_test, FirstSubscriberMayBeBehind) {
  node_.produce("t", {"a", "b"});
  auto sink = std::make_shared<recorder>();
  EXPECT_TRUE(attach(sink, 1).attached);
  EXPECT_TRUE(has(sink, {"b"}));
}

TEST_F(tails_test, LaterSubscriberThatIsBehindIsToldTheTail) {
  auto first = std::make_shared<recorder>();
  ASSERT_TRUE(attach(first, 0).attached);
  node_.produce("t", {"a"});
  node_.produce("t", {"b"});
  ASSERT_TRUE(has(first, {"a", "b"}));
  auto late = std::make_shared<recorder>();
  auto refused = attach(late, 1);
  EXPECT_TRUE(refused.result.ok());
  EXPECT_FALSE(refused.attached);
  EXPECT_EQ(refused.tail, 2);
  EXPECT_TRUE(attach(late, 2).attached);
  node_.produce("t", {"c"});
  EXPECT_TRUE(has(late, {"c"}));
}

TEST_F(tails_test, SubscribersOnAllLoopsShareChunks) {
  std::vector<std::shared_ptr<recorder>> sinks;
  for (std::size_t i = 0; i < 20; ++i) {
    sinks.push_back(std::make_shared<recorder>());
    ASSERT_TRUE(attach(sinks.back(), 0, i % 2).attached);
  }
  node_.produce("t", {"a"});
  for (auto& sink : sinks)
    ASSERT_TRUE(has(sink, {"a"}));
  for (auto& sink : sinks)
    EXPECT_EQ(sink->chunks().at(0), sinks[0]->chunks().at(0));
}

TEST_F(tails_test, OneEncodingServesAll) {
  auto sink = std::make_shared<recorder>();
  ASSERT_TRUE(attach(sink, 0).attached);
  node_.produce("t", {"a"});
  ASSERT_TRUE(has(sink, {"a"}));
  auto chunk = sink->chunks().at(0);
  static std::atomic<int> calls{0};
  calls = 0;
  tail_encoder encode = [](const topic_partition&, byte_view, offset_t) {
    ++calls;
    return std::make_shared<const bytes>(bytes{'x'});
  };
  auto made = chunk->encoded(0, encode);
  EXPECT_EQ(chunk->encoded(0, encode), made);
  EXPECT_EQ(calls, 1);
  tail_encoder refuse = [](const topic_partition&, byte_view, offset_t) {
    ++calls;
    return std::shared_ptr<const bytes>{};
  };
  EXPECT_EQ(chunk->encoded(1, refuse), nullptr);
  EXPECT_EQ(chunk->encoded(1, refuse), nullptr);
  EXPECT_EQ(calls, 2);
}

TEST_F(tails_test, DetachedSubscriberIsNeverCalledAgain) {
  auto gone = std::make_shared<recorder>();
  auto stays = std::make_shared<recorder>();
  ASSERT_TRUE(attach(gone, 0).attached);
  ASSERT_TRUE(attach(stays, 0).attached);
  detach(gone);
  node_.produce("t", {"a"});
  ASSERT_TRUE(has(stays, {"a"}));
  EXPECT_THAT(gone->values(), IsEmpty());
}

TEST_F(tails_test, SubscriberMayDetachItselfAndOthersInsideItsCall) {
  auto first = std::make_shared<recorder>();
  auto second = std::make_shared<recorder>();
  auto third = std::make_shared<recorder>();
  for (auto& sink : {first, second, third})
    ASSERT_TRUE(attach(sink, 0).attached);
  first->when_called = [&] {
    node_.client().detach_tail(tail_, first.get());
    node_.client().detach_tail(tail_, second.get());
  };
  node_.produce("t", {"a"});
  ASSERT_TRUE(has(third, {"a"}));
  node_.produce("t", {"b"});
  ASSERT_TRUE(has(third, {"a", "b"}));
  EXPECT_THAT(first->values(), ElementsAre("a"));
  EXPECT_THAT(second->values(), IsEmpty());
}

TEST_F(tails_test, SubscriberThatDiedIsForgotten) {
  auto sink = std::make_shared<recorder>();
  ASSERT_TRUE(attach(sink, 0).attached);
  sink.reset();
  EXPECT_TRUE(node_.produce("t", {"a"}).result.ok());
  auto next = std::make_shared<recorder>();
  EXPECT_TRUE(eventually([&] { return attach(next, 1).attached; }));
}

TEST_F(tails_test, TailIsJoinedAgainAfterTheLastOneLeft) {
  for (int round = 0; round < 20; ++round) {
    auto sink = std::make_shared<recorder>();
    ASSERT_TRUE(attach(sink, round).attached) << round;
    node_.produce("t", {std::to_string(round)});
    ASSERT_TRUE(has(sink, {std::to_string(round)}));
    detach(sink);
  }
}

TEST_F(tails_test, DeletedTopicEndsTheTail) {
  auto sink = std::make_shared<recorder>();
  ASSERT_TRUE(attach(sink, 0).attached);
  ASSERT_TRUE(node_.remove("t").ok());
  EXPECT_TRUE(eventually([&] { return sink->end() == errc::unknown_topic; }));
}

TEST_F(tails_test, StorageFailureEndsTheTail) {
  auto sink = std::make_shared<recorder>();
  ASSERT_TRUE(attach(sink, 0).attached);
  disk_.fail_operation(disk_operation::write, 1);
  node_.produce("t", {"a"});
  EXPECT_TRUE(eventually([&] { return sink->end() == errc::storage_error; }));
}

TEST_F(tails_test, StopEndsTheTail) {
  auto sink = std::make_shared<recorder>();
  ASSERT_TRUE(attach(sink, 0).attached);
  ASSERT_TRUE(node_.broker().stop(5s));
  EXPECT_EQ(sink->end(), errc::shutting_down);
}

TEST_F(tails_test, UnknownPartitionIsRefused) {
  tail_ = {"t", partition_id{9}};
  EXPECT_EQ(attach(std::make_shared<recorder>(), 0).result.code, errc::unknown_partition);
}

TEST_F(tails_test, BusyLoopGetsFewLargeChunksInsteadOfManySmallOnes) {
  auto quick = std::make_shared<recorder>();
  auto slow = std::make_shared<recorder>();
  ASSERT_TRUE(attach(quick, 0, 0).attached);
  ASSERT_TRUE(attach(slow, 0, 1).attached);
  std::promise<void> release;
  boost::asio::post(node_.context(1), [&] { release.get_future().wait(); });
  strings expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back(std::to_string(i));
    // From the loop that is not busy; what waits on the other one does not hold it up.
    ASSERT_TRUE(node_.produce("t", {expected.back()}, required_acks::leader).result.ok());
  }
  EXPECT_LE(quick->chunks().size(), 2u) << "the tail goes on when every loop has handed on";
  release.set_value();
  EXPECT_TRUE(has(slow, expected));
  EXPECT_TRUE(has(quick, expected));
  EXPECT_LE(slow->chunks().size(), 5u);
}

TEST_F(tails_test, NothingIsLostWhileManyComeAndGo) {
  constexpr int batches = 300;
  auto whole = std::make_shared<recorder>();
  ASSERT_TRUE(attach(whole, 0).attached);
  strings expected;
  std::vector<std::shared_ptr<recorder>> others;
  for (int i = 0; i < batches; ++i) {
    expected.push_back(std::to_string(i));
    node_.produce_later("t", {expected.back()}, required_acks::leader);
    if (i % 10 == 0) {
      others.push_back(std::make_shared<recorder>());
      auto loop = static_cast<std::size_t>(i / 10 % 2);
      offset_t from = i;
      // As a gateway does: what the tail has passed is read from the log.
      for (auto at = attach(others.back(), from, loop); !at.attached;
           at = attach(others.back(), from, loop))
        from = at.tail;
    }
  }
  ASSERT_TRUE(has(whole, expected));
  for (auto& sink : others) {
    // The other loop may still have chunks to hand on.
    ASSERT_TRUE(eventually([&] {
                  auto values = sink->values();
                  return !values.empty() && values.back() == expected.back();
                }) ||
                sink == others.back());
    EXPECT_EQ(sink->gaps(), 0);
    auto values = sink->values();
    if (values.empty())
      continue;
    auto first = std::stoul(values.front());
    EXPECT_EQ(values, strings(expected.begin() + static_cast<long>(first), expected.end()));
  }
}

}  // namespace
}  // namespace troupe::testing
