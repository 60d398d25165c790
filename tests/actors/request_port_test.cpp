#include "actors/request_port.hpp"
#include "actors/loop_scheduler.hpp"

#include <boost/asio/post.hpp>
#include <caf/all.hpp>
#include <gtest/gtest.h>

#include <future>

namespace troupe {
namespace {

using namespace std::chrono_literals;

/// Answers with the next offset. Keeps back what is asked of partition 1, until partition 3 is
/// asked for, which answers the first of those with 77; ends at partition 2.
using echo_actor = flusher_actor::extend<answers<produce_request, produce_response>>;

class echo final : public echo_actor::base {
 public:
  explicit echo(caf::actor_config& config) : echo_actor::base(config) {}

  behavior_type make_behavior() override {
    return {
        [](const flush_request&) { return flush_response{}; },
        [this](const produce_request& what) -> caf::result<produce_response> {
          if (what.target.partition == partition_id{1}) {
            kept.push_back(make_response_promise<produce_response>());
            return kept.back();
          }
          if (what.target.partition == partition_id{3} && !kept.empty()) {
            produce_response late;
            late.base_offset = 77;
            kept.front().deliver(std::move(late));
            kept.erase(kept.begin());
          }
          if (what.target.partition == partition_id{2})
            quit(caf::exit_reason::normal);
          produce_response answer;
          answer.base_offset = next++;
          return answer;
        },
    };
  }

  /// A promise holds its own actor.
  void on_exit() override { kept.clear(); }

  offset_t next = 0;
  std::vector<caf::typed_response_promise<produce_response>> kept;
};

/// Sends a number of milliseconds back after so many milliseconds. (Actors made from a function
/// trip UndefinedBehaviorSanitizer inside the framework.)
class late_sender final : public caf::event_based_actor {
 public:
  explicit late_sender(caf::actor_config& config) : event_based_actor(config) {}

  caf::behavior make_behavior() override {
    return {[this](int ms, const caf::actor& to) {
      delayed_send(to, std::chrono::milliseconds{ms}, ms);
    }};
  }
};

class request_port_test : public testing::Test {
 protected:
  struct config : caf::actor_system_config {
    explicit config(loop_pool& loops) {
      add_message_types<caf::id_block::troupe>();
      loop_scheduler::load(*this, loops);
    }
  };

  request_port_test() {
    loops_.start();
    system_ = std::make_unique<caf::actor_system>(config_);
    port_ = std::make_unique<request_port>(*system_, loops_.at(0), system_clock());
    echo_ = system_->spawn<echo>();
  }
  ~request_port_test() override {
    on_loop([this] { port_->close(); });
    caf::anon_send_exit(echo_, caf::exit_reason::user_shutdown);
    echo_ = nullptr;
    system_.reset();
    loops_.stop();
  }

  template <class F>
  void on_loop(F f) {
    std::promise<void> ran;
    boost::asio::post(loops_.context(0), [&] {
      f();
      ran.set_value();
    });
    ran.get_future().wait();
  }

  std::future<produce_response> ask(int partition, std::chrono::milliseconds timeout = 20s) {
    auto promise = std::make_shared<std::promise<produce_response>>();
    on_loop([&] {
      produce_request what{{"t", partition_id{partition}}, {}, required_acks::all, 0};
      port_->request(echo_, std::move(what), timeout,
                     callback<void(produce_response)>{[promise, this](produce_response x) {
                       on_own_loop_ = on_own_loop_ && loop::current() == &loops_.at(0);
                       promise->set_value(std::move(x));
                     }});
    });
    return promise->get_future();
  }

  loop_pool loops_{2};
  config config_{loops_};
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<request_port> port_;
  echo_actor echo_;
  bool on_own_loop_ = true;
};

TEST_F(request_port_test, AnswersReachTheirCallbacksOnTheLoop) {
  EXPECT_EQ(ask(0).get().base_offset, 0);
  EXPECT_EQ(ask(0).get().base_offset, 1);
  EXPECT_TRUE(on_own_loop_);
}

TEST_F(request_port_test, NoAnswerInTimeIsAnError) {
  auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(1, 50ms).get().result.code, errc::produce_timeout);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);
  EXPECT_EQ(ask(0).get().base_offset, 0) << "the port goes on";
}

TEST_F(request_port_test, LateAnswerIsDropped) {
  EXPECT_EQ(ask(1, 30ms).get().result.code, errc::produce_timeout);
  auto second = ask(1);  // uses the slot of the first
  EXPECT_EQ(ask(3).get().base_offset, 0) << "answers the first of those kept back";
  EXPECT_EQ(second.wait_for(20ms), std::future_status::timeout);
  ask(3).get();
  EXPECT_EQ(second.get().base_offset, 77);
}

TEST_F(request_port_test, EndedReceiverIsAnError) {
  EXPECT_EQ(ask(2).get().base_offset, 0);
  EXPECT_EQ(ask(0).get().result.code, errc::leader_not_available);
}

TEST_F(request_port_test, CloseFailsWhatIsOutstandingAndWhatComesLater) {
  auto outstanding = ask(1);
  on_loop([&] {
    EXPECT_EQ(port_->outstanding(), 1u);
    port_->close();
  });
  EXPECT_EQ(outstanding.get().result.code, errc::shutting_down);
  EXPECT_EQ(ask(0).get().result.code, errc::shutting_down);
}

TEST_F(request_port_test, ManyRequestsAtOnceEachGetTheirOwnAnswer) {
  constexpr int count = 10'000;
  std::promise<int> done;
  std::vector<int> seen(count, 0);
  int answered = 0;
  on_loop([&] {
    for (int i = 0; i < count; ++i) {
      produce_request what{{"t", partition_id{0}}, {}, required_acks::all, 0};
      port_->request(echo_, std::move(what), 20s,
                     callback<void(produce_response)>{[&, i](const produce_response& x) {
                       seen[static_cast<std::size_t>(i)] += x.base_offset == i ? 1 : 0;
                       if (++answered == count)
                         done.set_value(answered);
                     }});
    }
  });
  EXPECT_EQ(done.get_future().get(), count);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), count);
}

TEST_F(request_port_test, DelayedMessagesOfActorsArriveInOrder) {
  caf::scoped_actor self{*system_};
  auto sleeper = system_->spawn<late_sender>();
  for (int ms : {60, 5, 30})
    self->send(sleeper, ms, caf::actor_cast<caf::actor>(self));
  std::vector<int> order;
  auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i)
    self->receive([&](int ms) { order.push_back(ms); });
  EXPECT_EQ(order, (std::vector<int>{5, 30, 60}));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 60ms);
  caf::anon_send_exit(sleeper, caf::exit_reason::user_shutdown);
}

}  // namespace
}  // namespace troupe
