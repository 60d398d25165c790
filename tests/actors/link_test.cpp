// Nodes that reach each other over loopback, each with an actor system of its own.
#include "tests/support/actors/link_node.hpp"
#include "tests/support/actors/live_node.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <caf/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <deque>

namespace troupe::testing {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

link_timing quick() {
  link_timing t;
  t.courtesy = 50ms;
  t.refused_retry = 100ms;
  t.backoff_max = 200ms;
  return t;
}

link_node_options node_with(int id, std::map<int, std::uint16_t> peers = {},
                            std::uint16_t port = 0) {
  link_node_options use;
  use.id = id;
  use.peers = std::move(peers);
  use.port = port;
  use.timing = quick();
  return use;
}

double ms_between(steady::time_point from, steady::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

TEST(Link, HigherIdDialsAndBothComeUp) {
  link_node one{node_with(1)};
  link_node two{node_with(2, {{1, one.port()}})};
  ASSERT_TRUE(eventually([&] { return one.is_up(2) && two.is_up(1); }));
  EXPECT_EQ(one.produce(2, 100).get().base_offset, 100);
  EXPECT_EQ(two.produce(1, 64 * 1024).get().base_offset, 64 * 1024);
  EXPECT_EQ(one.served(), 1);
  EXPECT_EQ(two.served(), 1);
}

TEST(Link, LowerIdDialsWhenOnlyItKnowsTheAddress) {
  link_node two{node_with(2)};
  link_node one{node_with(1, {{2, two.port()}})};
  ASSERT_TRUE(eventually([&] { return one.is_up(2) && two.is_up(1); }));
  EXPECT_EQ(two.produce(1).get().base_offset, 100);
}

TEST(Link, NodesThatDialEachOtherAtOnceConverge) {
  for (int round = 0; round < 5; ++round) {
    auto first = free_port();
    auto second = free_port();
    auto use = node_with(1, {{2, second}}, first);
    use.timing.courtesy = 0ms;
    link_node one{use};
    use = node_with(2, {{1, first}}, second);
    use.timing.courtesy = 0ms;
    link_node two{use};
    ASSERT_TRUE(eventually([&] { return one.is_up(2) && two.is_up(1); }));
    ASSERT_TRUE(eventually([&] { return one.produce(2).get().result.ok(); }));
    ASSERT_TRUE(eventually([&] { return two.produce(1).get().result.ok(); }));
  }
}

TEST(Link, RequestForUnknownPartitionIsAnswered) {
  link_node one{node_with(1)};
  link_node two{node_with(2, {{1, one.port()}})};
  ASSERT_TRUE(eventually([&] { return two.is_up(1); }));
  EXPECT_EQ(two.produce(1, 10, "nowhere").get().result.code, errc::unknown_topic);
}

TEST(Link, NodeThatIsNotThereIsNoHandle) {
  link_node two{node_with(2, {{1, free_port()}})};
  EXPECT_EQ(two.produce(1).get().result.code, errc::leader_not_available);
  EXPECT_FALSE(two.peer(1).entry);
  EXPECT_FALSE(two.events().has(peer_event::kind::gone));
}

// -- who is refused ----------------------------------------------------------------

TEST(LinkRefusal, OtherCluster) {
  link_node one{node_with(1)};
  auto use = node_with(2, {{1, one.port()}});
  use.cluster_id = "red";
  link_node two{use};
  ASSERT_TRUE(eventually([&] { return two.events().has(peer_event::kind::refused); }));
  EXPECT_EQ(two.events().last(peer_event::kind::refused)->what.why.code,
            errc::inconsistent_cluster_id);
  EXPECT_EQ(two.why(1), errc::inconsistent_cluster_id);
  EXPECT_FALSE(one.peer(2).entry);
  // Tried again slowly, and said once.
  std::this_thread::sleep_for(400ms);
  EXPECT_EQ(two.events().count(peer_event::kind::refused), 1u);
}

TEST(LinkRefusal, OtherProtocolVersion) {
  link_node one{node_with(1)};
  auto use = node_with(2, {{1, one.port()}});
  use.version = 77;
  link_node two{use};
  ASSERT_TRUE(eventually([&] { return two.events().has(peer_event::kind::refused); }));
  EXPECT_EQ(two.why(1), errc::unsupported_version);
}

TEST(LinkRefusal, OwnNodeId) {
  link_node one{node_with(1)};
  link_node twin{node_with(1, {{3, one.port()}})};
  ASSERT_TRUE(eventually([&] { return twin.events().has(peer_event::kind::refused); }));
  EXPECT_EQ(twin.why(3), errc::duplicate_broker_registration);
}

TEST(LinkRefusal, UnexpectedNodeId) {
  link_node one{node_with(1)};
  link_node two{node_with(2, {{3, one.port()}})};
  ASSERT_TRUE(eventually([&] { return two.events().has(peer_event::kind::refused); }));
  EXPECT_EQ(two.why(3), errc::invalid_registration);
  EXPECT_EQ(two.peer(3).why.message, "The address configured for node 3 leads to node 1.");
}

TEST(LinkRefusal, Itself) {
  auto port = free_port();
  link_node one{node_with(1, {{2, port}}, port)};
  ASSERT_TRUE(eventually([&] { return one.events().has(peer_event::kind::refused); }));
  EXPECT_EQ(one.why(2), errc::invalid_registration);
}

TEST(LinkRefusal, NodeIdOfALivingNode) {
  link_node one{node_with(1)};
  link_node two{node_with(2, {{1, one.port()}})};
  ASSERT_TRUE(eventually([&] { return one.is_up(2); }));
  auto incarnation = one.peer(2).incarnation;
  link_node other{node_with(2, {{1, one.port()}})};
  ASSERT_TRUE(eventually([&] { return other.events().has(peer_event::kind::refused); }));
  EXPECT_EQ(other.why(1), errc::duplicate_broker_registration);
  EXPECT_TRUE(one.is_up(2));
  EXPECT_EQ(one.peer(2).incarnation, incarnation);
  EXPECT_EQ(two.produce(1).get().base_offset, 100);
}

TEST(LinkRefusal, WhoSaysNothingIsCutOff) {
  auto use = node_with(1);
  use.stranger_timeout = 100ms;
  link_node one{use};
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket silent{context};
  silent.connect({boost::asio::ip::address_v4::loopback(), one.port()});
  std::vector<char> got(4'096);
  boost::system::error_code e;
  boost::asio::read(silent, boost::asio::buffer(got), e);  // until the other side ends it
  EXPECT_TRUE(e);
  EXPECT_TRUE(eventually([&] { return one.links().turned_away() == 1; }));
  EXPECT_NE(one.links().last_reason().find("no hello in time"), std::string::npos);
}

/// Another program that speaks the framework's protocol but says no hello.
class stranger {
 public:
  explicit stranger(std::uint16_t port) {
    config_.add_message_types<caf::id_block::troupe>();
    config_.load<caf::io::middleman>();
    system_ = std::make_unique<caf::actor_system>(config_);
    auto found = system_->middleman().remote_actor<node_gate_actor>("127.0.0.1", port);
    if (found)
      gate_ = *found;
  }
  explicit operator bool() const { return static_cast<bool>(gate_); }
  caf::actor_system& system() { return *system_; }
  const node_gate_actor& gate() const { return gate_; }

 private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  node_gate_actor gate_;
};

TEST(LinkRefusal, WhoGuessesTheNumberOfAnEntryGetsNothing) {
  link_node one{node_with(1)};
  link_node two{node_with(2, {{1, one.port()}})};
  ASSERT_TRUE(eventually([&] { return one.is_up(2) && two.is_up(1); }));
  auto entry = two.peer(1).entry;
  stranger eve{one.port()};
  ASSERT_TRUE(eve);
  // What the framework would make of a number that came in a message.
  std::vector<char> wire;
  caf::binary_serializer out{eve.system(), wire};
  ASSERT_FALSE(out(eve.gate()));
  caf::scoped_actor self{eve.system()};
  for (caf::actor_id guess = 1; guess <= entry.id() + 5; ++guess) {
    auto basp = eve.system().middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
    auto* broker = static_cast<caf::io::basp_broker*>(caf::actor_cast<caf::abstract_actor*>(basp));
    auto proxy = broker->proxies().get_or_put(eve.gate().node(), guess);
    if (proxy == nullptr)
      continue;
    produce_request what{{"t", partition_id{0}}, bytes(10, 'x'), required_acks::all, 1'000};
    self->send(caf::actor_cast<caf::actor>(proxy), std::move(what));
  }
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(one.served(), 0);
  EXPECT_EQ(two.produce(1).get().base_offset, 100);
  EXPECT_EQ(one.served(), 1);
}

// -- coming and going --------------------------------------------------------------

TEST(LinkDown, StoppedPeerIsGoneWithin100MsAndComesBack) {
  auto port = free_port();
  auto one = std::make_unique<link_node>(node_with(1, {}, port));
  link_node two{node_with(2, {{1, port}})};
  ASSERT_TRUE(eventually([&] { return two.is_up(1); }));
  auto incarnation = two.peer(1).incarnation;
  std::this_thread::sleep_for(250ms);
  auto before = steady::now();
  one.reset();
  ASSERT_TRUE(eventually([&] { return two.events().has(peer_event::kind::gone); }));
  auto gone = *two.events().last(peer_event::kind::gone);
  EXPECT_EQ(gone.what.incarnation, incarnation);
  auto down = two.events().last(peer_event::kind::down);
  ASSERT_TRUE(down);
  EXPECT_LT(ms_between(before, gone.at), 1'000);
  EXPECT_LT(ms_between(down->at, gone.at), 100);
  EXPECT_FALSE(two.peer(1).entry);
  one = std::make_unique<link_node>(node_with(1, {}, port));
  ASSERT_TRUE(eventually([&] { return two.is_up(1) && one->is_up(2); }));
  EXPECT_NE(two.peer(1).incarnation, incarnation);
  EXPECT_EQ(two.produce(1).get().base_offset, 100);
}

/// A node in a process of its own, for signals.
class child_node {
 public:
  explicit child_node(std::function<link_node_options()> make) {
    int ready[2];
    if (pipe(ready) != 0)
      throw std::runtime_error{"pipe"};
    std::fflush(stdout);  // or the child prints it again
    pid_ = fork();
    if (pid_ == 0) {
      close(ready[0]);
      {
        link_node node{make()};
        auto port = node.port();
        (void)!write(ready[1], &port, sizeof port);
        std::this_thread::sleep_for(60s);
      }
      _exit(0);
    }
    close(ready[1]);
    if (read(ready[0], &port_, sizeof port_) != sizeof port_)
      throw std::runtime_error{"the child did not start"};
    close(ready[0]);
  }
  ~child_node() { end(); }
  std::uint16_t port() const { return port_; }
  void signal(int what) { kill(pid_, what); }
  void end() {
    if (pid_ <= 0)
      return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

TEST(LinkDown, KilledProcessIsGoneWithin100Ms) {
  // Both roles: the one that has dialled, and the one that was called.
  for (int id : {1, 3}) {
    child_node child{[id] { return node_with(id); }};
    link_node two{node_with(2, {{id, child.port()}})};
    ASSERT_TRUE(eventually([&] { return two.is_up(id); }));
    std::this_thread::sleep_for(300ms);
    auto before = steady::now();
    child.end();
    ASSERT_TRUE(eventually([&] { return two.events().has(peer_event::kind::gone); }));
    auto took = ms_between(before, two.events().last(peer_event::kind::gone)->at);
    RecordProperty(id == 1 ? "dialler_ms" : "called_ms", static_cast<int>(took));
    EXPECT_LT(took, 100);
  }
}

TEST(LinkDown, StoppedProcessIsNoticedAndTakenBackWhenItGoesOn) {
  child_node child{[] { return node_with(1); }};
  auto use = node_with(2, {{1, child.port()}});
  use.timing.ping_period = 100ms;
  use.timing.ping_timeout = 300ms;
  link_node two{use};
  ASSERT_TRUE(eventually([&] { return two.is_up(1); }));
  child.signal(SIGSTOP);
  auto before = steady::now();
  ASSERT_TRUE(eventually([&] { return two.events().has(peer_event::kind::down); }));
  auto took = ms_between(before, two.events().last(peer_event::kind::down)->at);
  EXPECT_GT(took, 200);
  EXPECT_LT(took, 1'000);
  EXPECT_FALSE(two.peer(1).entry);
  std::this_thread::sleep_for(500ms);
  EXPECT_FALSE(two.events().has(peer_event::kind::gone));
  child.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return two.is_up(1); }));
  EXPECT_TRUE(eventually([&] { return two.produce(1).get().base_offset == 100; }));
}

TEST(LinkDown, SwallowedBytesAreNoticedOnBothSides) {
  auto use = node_with(1);
  use.timing.ping_period = 100ms;
  use.timing.ping_timeout = 300ms;
  link_node one{use};
  relay between{one.port()};
  use = node_with(2, {{1, between.port()}});
  use.timing.ping_period = 100ms;
  use.timing.ping_timeout = 300ms;
  link_node two{use};
  ASSERT_TRUE(eventually([&] { return one.is_up(2) && two.is_up(1); }));
  std::this_thread::sleep_for(500ms);
  EXPECT_FALSE(one.events().has(peer_event::kind::down));
  between.swallow();
  auto before = steady::now();
  ASSERT_TRUE(eventually([&] {
    return one.events().has(peer_event::kind::down) && two.events().has(peer_event::kind::down);
  }));
  EXPECT_LT(ms_between(before, steady::now()), 1'000);
  EXPECT_FALSE(one.events().has(peer_event::kind::gone));
  EXPECT_FALSE(two.events().has(peer_event::kind::gone));
}

TEST(LinkDown, BlackHoleDelaysNobodyElse) {
  black_hole hole;
  link_node one{node_with(1)};
  // Two holes before and two after the good one, in the order of ids.
  auto use = node_with(9, {{0, hole.port()}, {1, one.port()}, {2, hole.port()}, {3, hole.port()}});
  auto before = steady::now();
  link_node nine{use};
  ASSERT_TRUE(eventually([&] { return nine.is_up(1); }));
  EXPECT_LT(ms_between(before, steady::now()), 500);
  for (int i = 0; i < 200; ++i) {
    auto began = steady::now();
    ASSERT_EQ(nine.produce(1).get().base_offset, 100);
    ASSERT_LT(ms_between(began, steady::now()), 200);
  }
  EXPECT_TRUE(
      eventually([&] { return nine.peer(0).why.message.find("no answer") != std::string::npos; }));
  EXPECT_FALSE(nine.events().has(peer_event::kind::gone));
}

TEST(LinkDown, FullWindowRefusesWithoutWaiting) {
  link_node one{node_with(1)};
  link_node two{node_with(2, {{1, one.port()}})};
  ASSERT_TRUE(eventually([&] { return two.is_up(1); }));
  one.stall();
  std::vector<std::future<produce_response>> waiting;
  for (std::size_t i = 0; i < limits::peer_inflight_requests; ++i)
    waiting.push_back(two.produce(1, 10));
  auto before = steady::now();
  auto refused = two.produce(1, 10).get();
  EXPECT_LT(ms_between(before, steady::now()), 1'000);
  EXPECT_EQ(refused.result.code, errc::overloaded);
  EXPECT_TRUE(info_of(refused.result.code).retriable);
}

// -- figures -----------------------------------------------------------------------

double cpu_us() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

// Not a check: prints what a link carries, with the CPU of the sender alone.
//   test_actors --gtest_also_run_disabled_tests --gtest_filter='*RoundTripsPerSecond'
TEST(LinkSpeed, DISABLED_RoundTripsPerSecond) {
  for (std::size_t size : {100, 64 * 1024})
    for (std::size_t outstanding : {1, 16, 64}) {
      child_node child{[] { return node_with(1); }};
      link_node two{node_with(2, {{1, child.port()}})};
      ASSERT_TRUE(eventually([&] { return two.is_up(1); }));
      std::deque<std::future<produce_response>> waiting;
      auto began = steady::now();
      auto cpu = cpu_us();
      int count = 0;
      while (steady::now() - began < 2s) {
        while (waiting.size() < outstanding)
          waiting.push_back(two.produce(1, size));
        ASSERT_TRUE(waiting.front().get().result.ok());
        waiting.pop_front();
        ++count;
      }
      auto seconds = ms_between(began, steady::now()) / 1e3;
      std::printf(
          "{\"bytes\":%zu,\"outstanding\":%zu,\"per_second\":%.0f,\"sender_cpu_us\":%.1f}\n", size,
          outstanding, count / seconds, (cpu_us() - cpu) / count);
      for (auto& each : waiting)
        each.get();
    }
}

}  // namespace
}  // namespace troupe::testing
