#include "tests/support/runtime/replica_cluster.hpp"

#include "runtime/log/sync.hpp"
#include "tests/support/runtime/log_fixture.hpp"

#include <fmt/format.h>

namespace troupe::testing {

namespace {

constexpr auto directory = "data/topic-0";

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

}  // namespace

replica_cluster::replica_cluster(cluster_options options)
    : controller(options.nodes, options.min_isr), options_(options) {
  for (int i = 1; i <= options.nodes; ++i) {
    nodes_.push_back(std::make_unique<node_state>());
    auto& node = at(i);
    node.disk.create_directory("data").value();
    node.disk.sync_directory("").value();
    node.broker_epoch = controller.now().find(node_id{i})->broker_epoch;
    open(i);
  }
}

replica_cluster::~replica_cluster() = default;

// -- life -------------------------------------------------------------------------

void replica_cluster::open(int number) {
  auto& node = at(number);
  recovery_report report;
  log_options options{.segment_bytes = 2'000};
  options.syncs = options_.flush == flush_policy::fsync;
  auto opened = partition_log::open(node.disk, directory, options, time, report);
  if (!opened || report.damaged_bytes > 0)
    return fail(fmt::format("the log of {} does not open: {}", number,
                            opened ? "damage" : to_string(opened.error())));
  node.log = std::move(*opened);
  replica_options how;
  how.follower.self = how.leader.replicas.self = node_id{number};
  how.follower.broker_epoch = node.broker_epoch;
  how.follower.target = {"topic", partition_id{0}};
  how.follower.flush = how.leader.flush = options_.flush;
  how.follower.fetch_bytes = options_.fetch_bytes;
  node.replica = std::make_unique<partition_replica>(how, *node.log);
  node.checked_epoch = no_epoch;
}

void replica_cluster::stop(int number) {
  auto& node = at(number);
  node.replica.reset();
  node.log.reset();
  node.ticket.reset();
  node.produces.clear();
  node.fetches.clear();
}

void replica_cluster::kill(int node) {
  stop(node);
  at(node).disk.restart_process();
}

void replica_cluster::power_loss(int node, std::uint64_t seed) {
  rng chance{seed};
  at(node).disk.crash(chance);
  stop(node);
}

void replica_cluster::lose_disk(int node) {
  power_loss(node);
  at(node).disk.remove_all("data").value();
  at(node).disk.create_directory("data").value();
  at(node).disk.sync_directory("").value();
}

void replica_cluster::start(int number) {
  auto& node = at(number);
  node.broker_epoch = controller.enroll(node_id{number});
  open(number);
  if (!is_up(number))
    return;
  controller.unfence(node_id{number});
  hear(number);
}

// -- messages -----------------------------------------------------------------------

void replica_cluster::send(int from, int to, payload what) {
  const auto broker_epoch = from == 0 ? 0 : at(from).broker_epoch;
  if (!cut_.contains({from, to}))
    in_flight_.push_back({from, to, broker_epoch, std::move(what)});
}

void replica_cluster::isolate(int node) {
  for (int other = 0; other <= nodes(); ++other)
    cut(node, other);
}

void replica_cluster::lose(int from, int to) {
  in_flight_.remove_if([&](const message& x) { return x.from == from && x.to == to; });
}

void replica_cluster::deliver(std::list<message>::iterator which) {
  auto what = std::move(*which);
  in_flight_.erase(which);
  if (!cut_.contains({what.from, what.to}))
    receive(std::move(what));
}

void replica_cluster::receive(message got) {
  if (got.to != 0 && !is_up(got.to))
    return;
  std::visit(overloaded{[&](replica_fetch_request& x) {
                          const auto who = next_waiter_++;
                          if (auto answer = replica(got.to).serve(x, who, time.now()))
                            send(got.to, got.from, std::move(*answer));
                          else
                            at(got.to).fetches.emplace(who, std::move(got));
                        },
                        [&](replica_fetch_response& x) {
                          replica(got.to).on_fetched(std::move(x), time.now());
                        },
                        [&](isr_proposal& x) {
                          auto answer = controller.alter(node_id{got.from}, got.broker_epoch, x);
                          if (const auto instead = std::exchange(answer_instead_, errc::none);
                              instead != errc::none)
                            answer = {.number = x.number, .epoch = x.epoch, .code = instead};
                          send(0, got.from, std::move(answer));
                        },
                        [&](isr_answer& x) { replica(got.to).on_isr_answer(x, time.now()); }},
             got.what);
  if (got.to != 0)
    settle(got.to);
}

void replica_cluster::settle(int number) {
  auto& node = at(number);
  if (!is_up(number))
    return;
  auto& replica = *node.replica;
  replica.write(time.now());
  for (;;) {
    if (!node.ticket)
      node.ticket = replica.begin_sync();
    if (!node.ticket || options_.slow_disks)
      break;
    replica.end_sync(carry_out(node.disk, *node.ticket), time.now());
    node.ticket.reset();
  }
  answer_waiting(number);
  if (auto proposal = replica.take_proposal(time.now()))
    send(number, 0, *proposal);
  if (auto fetch = replica.next_fetch(time.now()))
    send(number, value_of(replica.follower().leader()), *fetch);
  check_node(number);
}

void replica_cluster::answer_waiting(int number) {
  auto& node = at(number);
  std::vector<produce_answer> produces;
  node.replica->take_produces(produces);
  for (const auto& x : produces) {
    auto& record = sent_[node.produces.at(x.who)];
    record.answered = true;
    record.code = x.code;
    node.produces.erase(x.who);
  }
  std::vector<fetch_answer> fetches;
  node.replica->take_replica_fetches(fetches);
  for (const auto& x : fetches) {
    auto asked = std::move(node.fetches.at(x.who));
    node.fetches.erase(x.who);
    send(number, asked.from,
         node.replica->serve_woken(std::get<replica_fetch_request>(asked.what), x.code));
  }
}

void replica_cluster::end_sync(int number) {
  auto& node = at(number);
  auto ticket = std::exchange(node.ticket, std::nullopt);
  node.replica->end_sync(carry_out(node.disk, *ticket), time.now());
  settle(number);
}

// -- the script -------------------------------------------------------------------------

void replica_cluster::hear(int number) {
  auto& node = at(number);
  if (!is_up(number))
    return;
  node.heard = controller.versions().size();
  node.replica->assign(controller.now(), time.now());
  settle(number);
}

void replica_cluster::hear_all() {
  for (int i = 1; i <= nodes(); ++i)
    hear(i);
}

void replica_cluster::elect(int node) {
  controller.elect(node_id{node});
  hear_all();
}

std::size_t replica_cluster::produce(int node, const std::string& value, required_acks acks) {
  sent_.push_back({.value = value, .acks = acks});
  auto& record = sent_.back();
  const auto who = next_waiter_++;
  auto taken = replica(node).produce(batch_of_values({value}), acks, who);
  if (!taken) {
    record.answered = true;
    record.code = taken.error().code;
    return sent_.size() - 1;
  }
  record.offset = taken->base_offset;
  if (acks != required_acks::none)
    at(node).produces.emplace(who, sent_.size() - 1);
  settle(node);
  return sent_.size() - 1;
}

void replica_cluster::delete_below(int node, offset_t start) {
  if (auto done = replica(node).delete_below(start);
      !done && done.error().code != errc::offset_out_of_range &&
      done.error().code != errc::not_leader_or_follower)
    fail("delete_below: " + to_string(done.error()));
  settle(node);
}

void replica_cluster::run() {
  for (int moves = 0; moves < 100'000; ++moves) {
    auto next = std::find_if(in_flight_.begin(), in_flight_.end(), [this](const message& x) {
      return !held_.contains({x.from, x.to});
    });
    if (next == in_flight_.end())
      return;
    deliver(next);
  }
  fail("messages without end");
}

void replica_cluster::advance(std::chrono::milliseconds by) {
  time.advance(by);
  for (int i = 1; i <= nodes(); ++i) {
    if (!is_up(i))
      continue;
    replica(i).expire(time.now());
    settle(i);
  }
}

void replica_cluster::pass(std::chrono::milliseconds by) {
  constexpr auto stride = std::chrono::milliseconds{500};
  for (auto left = by; left.count() > 0; left -= stride) {
    advance(std::min(left, stride));
    run();
  }
}

// -- looking ------------------------------------------------------------------------------

std::vector<std::string> replica_cluster::values(int node, offset_t start) const {
  auto& of = *at(node).log;
  return read_values(of, std::max(start, of.log_start())).values;
}

std::string replica_cluster::isr() const {
  auto sorted = controller.now().isr;
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (auto id : sorted)
    text += (text.empty() ? "" : " ") + std::to_string(value_of(id));
  return text;
}

result<offset_t> replica_cluster::latest_offset(int node) {
  const auto* leader = replica(node).leader();
  if (leader == nullptr)
    return error{errc::not_leader_or_follower};
  if (!leader->is_readable())
    return error{errc::offset_not_available};
  const auto offered = leader->high_watermark();
  if (leader->epoch() >= offered_epoch_) {
    if (offered < offered_)
      fail(fmt::format("I9: {} offers the high watermark {} after {}", node, offered, offered_));
    offered_epoch_ = leader->epoch();
    offered_ = std::max(offered_, offered);
  }
  return offered;
}

void replica_cluster::consume(int node) {
  const auto end = latest_offset(node);
  if (!end)
    return;
  const auto start = log(node).log_start();
  const auto found = values(node);
  for (auto offset = start; offset < std::min(*end, true_high_watermark()); ++offset) {
    const auto& read = found[static_cast<std::size_t>(offset - start)];
    if (const auto& before = truth_[static_cast<std::size_t>(offset)]; read != before)
      fail(fmt::format("I8: a client of {} reads {} at {}, where {} was read before", node, read,
                       offset, before));
  }
}

// -- what must hold -----------------------------------------------------------------------

void replica_cluster::fail(std::string what) {
  if (failure_.empty())
    failure_ = std::move(what);
}

const std::string& replica_cluster::broken_rule() {
  const auto& now = controller.now();
  for (int i = 1; i <= nodes(); ++i) {
    const auto id = node_id{i};
    if (!is_up(i) || (!contains(now.isr, id) && !contains(controller.elr(), id)))
      continue;
    const auto& log = *at(i).log;
    const auto kept = options_.flush == flush_policy::os ? log.written_end() : log.durable_end();
    if (kept < true_high_watermark())
      fail(fmt::format("I4: {} is in sync or eligible and has {} of {} for good", i, kept,
                       true_high_watermark()));
  }
  return failure_;
}

void replica_cluster::check_node(int number) {
  if (!is_up(number))
    return;
  auto& node = at(number);
  if (node.replica->has_failed())
    fail(fmt::format("the log of {} is out of service", number));
  if (node.replica->leader() != nullptr)
    check_leader(number);
}

void replica_cluster::check_leader(int number) {
  auto& node = at(number);
  const auto& leader = *node.replica->leader();
  note_high_watermark(number);
  const auto& now = controller.now();
  if (leader.epoch() != now.epoch || now.leader != node_id{number})
    return;
  if (leader.log_end() < true_high_watermark())
    fail(fmt::format("I3: the leader {} ends at {}, committed is {}", number, leader.log_end(),
                     true_high_watermark()));
  if (std::exchange(node.checked_epoch, leader.epoch()) != leader.epoch())
    check_logs();
  const auto& isr = leader.replicas().isr();
  if (leader.replicas().isr_size() < controller.min_isr())
    return;
  for (const auto* set : {&now.isr, &controller.elr()})
    for (auto id : *set)
      if (!isr.counts(id))
        fail(fmt::format("I6: {} counts for the controller and not for the leader {}", value_of(id),
                         number));
}

void replica_cluster::note_high_watermark(int number) {
  const auto& leader = *at(number).replica->leader();
  const auto end = leader.high_watermark();
  if (end <= true_high_watermark())
    return;
  if (leader.replicas().isr_size() < controller.min_isr())
    fail(fmt::format("I10: {} advances the high watermark to {} with {} in sync", number, end,
                     leader.replicas().isr_size()));
  const auto found = read_values(*at(number).log, true_high_watermark()).values;
  for (std::size_t i = 0; true_high_watermark() < end && i < found.size(); ++i)
    truth_.push_back(found[i]);
  if (true_high_watermark() < end)
    fail(fmt::format("{} has a high watermark of {} and cannot read it", number, end));
}

void replica_cluster::check_logs() {
  for (int i = 1; i <= nodes(); ++i) {
    if (!is_up(i))
      continue;
    const auto& node = at(i);
    const auto found = values(i);
    auto known = std::min(node.replica->high_watermark(), true_high_watermark());
    if (node.replica->leader() != nullptr && controller.now().leader == node_id{i} &&
        node.replica->epoch() == controller.now().epoch)
      known = true_high_watermark();
    for (auto offset = node.log->log_start(); offset < known; ++offset) {
      const auto index = static_cast<std::size_t>(offset - node.log->log_start());
      const auto& committed = truth_[static_cast<std::size_t>(offset)];
      if (index < found.size() && found[index] == committed)
        continue;
      return fail(fmt::format("I5: {} has {} at {}, committed was {}", i,
                              index < found.size() ? found[index] : "nothing", offset, committed));
    }
  }
  for (const auto& x : sent_)
    if (x.acked() && x.acks == required_acks::all &&
        (x.offset >= true_high_watermark() ||
         truth_[static_cast<std::size_t>(x.offset)] != x.value))
      return fail(
          fmt::format("I12: {} was acknowledged at {} and is not there", x.value, x.offset));
}

}  // namespace troupe::testing
