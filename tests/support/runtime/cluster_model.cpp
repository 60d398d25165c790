#include "tests/support/runtime/cluster_model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::controller {

cluster_model::cluster_model(model_options how) : options_(how), rng_(how.seed) {
  take_over();
  for (int id = 1; id <= options_.brokers; ++id) {
    processes_[id].directory = fmt::format("disk{}", id);
    start(id);
  }
}

std::string cluster_model::run() {
  for (int i = 0; i < options_.steps; ++i) {
    step();
    move_records();
    if (auto fault = check(); !fault.empty())
      return fmt::format("seed {} step {}: {}", options_.seed, i, fault);
    if (i % 97 == 0)
      if (auto fault = check_copies(); !fault.empty())
        return fmt::format("seed {} step {}: {}", options_.seed, i, fault);
  }
  return check_copies();
}

std::vector<topic_partition> cluster_model::heal() {
  log_.refusal.reset();
  for (int i = 0; i < 200; ++i) {
    now_ += milliseconds{500};
    // A shutdown that was begun goes to its end first.
    for (auto& [id, x] : processes_) {
      x.cut = x.wants_shutdown = false;
      if (!x.running)
        start(id);
    }
    heartbeats();
    core_->tick(now_);
    answer_questions();
    move_records();
    EXPECT_EQ(check(), "") << "seed " << options_.seed;
  }
  return list_partitions(image(), partition_problem::offline);
}

// -- what happens -------------------------------------------------------------------

void cluster_model::step() {
  lossy_.clear();
  const int id = 1 + static_cast<int>(rng_.below(static_cast<std::uint64_t>(options_.brokers)));
  auto& x = processes_[id];
  log_.refusal = rng_.chance(1, 40) ? std::optional{error{errc::overloaded}} : std::nullopt;
  switch (rng_.below(24)) {
    case 0:
      if (x.running && rng_.chance(1, 2))
        kill(id);
      break;
    case 1:
    case 2:
      if (!x.running)
        start(id);
      break;
    case 3: x.cut = rng_.chance(1, 3); break;
    case 4: x.wants_shutdown = x.running && rng_.chance(1, 4); break;
    case 5:
      if (rng_.chance(1, 4))
        take_over();
      break;
    case 6:
    case 7: change_topics(); break;
    case 8:
    case 9: reassign(); break;
    case 10: elect(); break;
    case 11:
      if (options_.lose_disks && rng_.chance(1, 4))
        fail_disk(id);
      break;
    case 12:
    case 13:
    case 14:
    case 15:
    case 16: alter(); break;
    default: pass_time();
  }
  answer_questions();
  take_elections();
}

void cluster_model::pass_time() {
  now_ += milliseconds{rng_.below(4'000)};
  heartbeats();
  core_->tick(now_);
}

void cluster_model::heartbeats() {
  for (auto& [id, x] : processes_) {
    if (!x.running || x.cut || now_ < x.heartbeat_due)
      continue;
    if (x.epoch == no_broker_epoch) {
      start(id);
      continue;
    }
    x.heartbeat_due = now_ + seconds{2};
    const auto answer = core_->ask(
        broker_heartbeat_request{node_id{id}, x.epoch, image().offset, false, x.wants_shutdown},
        now_);
    if (answer.answer.should_shut_down)
      finish_shutdown(id);
  }
}

// A new process, or the one that has not been let in yet tries again.
void cluster_model::start(int id) {
  auto& x = processes_[id];
  if (!x.running) {
    x.running = true;
    x.wants_shutdown = false;
    x.epoch = no_broker_epoch;
    x.incarnation = fmt::format("process {}", next_name_++);
  }
  register_broker_request what;
  what.cluster_id = image().cluster_id;
  what.broker = {node_id{id}, "h", 1, "h", 2, {}, x.incarnation, x.directory};
  what.previous_epoch = x.clean_epoch;
  const auto answer = core_->ask(what, now_).answer;
  if (!answer.result.ok())
    return;
  x.epoch = answer.epoch;
  x.clean_epoch = no_broker_epoch;
}

void cluster_model::kill(int id) {
  auto& x = processes_[id];
  x.running = false;
  const bool new_disk = options_.lose_disks && rng_.chance(1, 12);
  if (new_disk)
    x.directory = fmt::format("disk {}", next_name_++);
  // Who was not let in has written nothing, and what was there before was synced or is lost
  // already.
  const bool wrote = x.epoch != no_broker_epoch;
  for (auto& [key, partition] : partitions_) {
    const auto topic = core_->state().find_topic(key.first);
    auto& content = partition.logs[node_id{id}];
    if (new_disk)
      content.clear();
    else if (wrote && topic != nullptr && topic->config.flush() == flush_policy::os)
      content.resize(rng_.below(content.size() + 1));
    partition.fetched.erase(node_id{id});
  }
}

void cluster_model::finish_shutdown(int id) {
  auto& x = processes_[id];
  x.running = false;
  x.clean_epoch = x.epoch;
  for (auto& [key, partition] : partitions_)
    partition.fetched.erase(node_id{id});
}

void cluster_model::fail_disk(int id) {
  auto& x = processes_[id];
  const auto chosen = any_partition();
  if (!x.running || x.epoch == no_broker_epoch || !chosen)
    return;
  const auto& [topic, index] = *chosen;
  const failed_replicas_request what{
      node_id{id}, x.epoch, {{topic->name, partition_id{static_cast<std::int32_t>(index)}}}};
  if (!core_->ask(what, now_).answer.result.ok())
    return;
  auto& partition = partitions_[{topic->id, static_cast<std::int32_t>(index)}];
  partition.logs[node_id{id}].clear();
  partition.fetched.erase(node_id{id});
}

void cluster_model::answer_questions() {
  for (const auto& question : core_->questions(now_)) {
    const auto& x = of(question.broker);
    if (!x.running || x.cut || rng_.chance(1, 3))
      continue;
    log_ends_response answer;
    answer.broker = question.broker;
    answer.epoch = x.epoch;
    for (const auto& each : question.what.replicas) {
      const auto topic = image().find(each.topic);
      const auto number = value_of(each.partition);
      const auto& content = partitions_[{topic->id, number}].logs[question.broker];
      answer.ends.push_back({each, topic->partitions[static_cast<std::size_t>(number)].epoch,
                             leader_epoch{content.empty() ? -1 : content.back().epoch},
                             static_cast<offset_t>(content.size())});
    }
    core_->tell(answer, now_);
    take_elections();
  }
}

void cluster_model::take_over() {
  if (core_ != nullptr)
    take_elections();
  log_.refusal.reset();
  how_.balance_every = seconds{30};
  core_ = std::make_unique<active_controller>(how_, log_, rng{rng_.next()});
  core_->begin(log_.replay(), now_);
}

// -- checks -----------------------------------------------------------------------------

std::string cluster_model::check() {
  if (const auto faults = broken_invariants(image()); !faults.empty())
    return faults.front();
  for (const auto& [name, topic] : image().topics)
    for (const auto& now : topic->partitions)
      if (auto fault = check_partition(*topic, now); !fault.empty())
        return fmt::format("{}-{}: {}", name, value_of(now.id), fault);
  return {};
}

std::string cluster_model::check_partition(const topic_metadata& topic,
                                           const partition_metadata& now) {
  auto& partition = partitions_[{topic.id, value_of(now.id)}];
  if (now.epoch < partition.seen_epoch || now.partition_epoch < partition.seen_partition_epoch)
    return "an epoch went back";
  if (now.leader != partition.seen_leader && now.epoch == partition.seen_epoch)
    return "another leader in the same epoch";
  partition.seen_epoch = now.epoch;
  partition.seen_partition_epoch = now.partition_epoch;
  partition.seen_leader = now.leader;
  if (!acts(now.leader))
    return {};
  const auto& own = partition.logs[now.leader];
  if (common_prefix(partition.committed, own) < partition.committed.size())
    return fmt::format("leader {} lacks committed records: has {} of {}", value_of(now.leader),
                       common_prefix(partition.committed, own), partition.committed.size());
  return {};
}

std::string cluster_model::check_copies() const {
  const auto text = describe(core_->state());
  if (describe(log_.replay()) != text)
    return "the log replayed is another state";
  const auto copy = decode_snapshot(encode_snapshot(core_->state()));
  if (!copy || describe(*copy) != text)
    return "the snapshot is another state";
  return {};
}

}  // namespace troupe::controller
