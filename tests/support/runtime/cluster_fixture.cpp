#include "tests/support/runtime/cluster_fixture.hpp"

#include "runtime/controller/reassignment.hpp"

#include <fmt/format.h>

namespace troupe::controller {

cluster_state memory_log::replay() const {
  cluster_state state;
  offset_t at = 0;
  for (const auto& each : batches) {
    const auto batch = decode_records(each);
    EXPECT_TRUE(batch) << to_string(batch.error());
    const auto done = state.apply(++at, *batch);
    EXPECT_TRUE(done) << to_string(done.error());
  }
  return state;
}

std::string describe(const cluster_state& state) {
  const auto& image = state.image();
  auto text = fmt::format("cluster {} at {} with {} partitions\n", image.cluster_id, image.offset,
                          state.partitions());
  for (const auto& x : image.brokers)
    text +=
        fmt::format("broker {} {}:{} {}:{} rack {} {} {} epoch {} {} {}\n", value_of(x.id), x.host,
                    x.port, x.cluster_host, x.cluster_port, x.rack, x.incarnation, x.directory,
                    x.epoch, x.fenced ? "fenced" : "unfenced", x.shutting_down ? "stopping" : "");
  for (const auto& [node, load] : state.loads())
    text += fmt::format("load {} {} {}\n", value_of(node), load.replicas, load.preferred);
  for (const auto& [name, value] : image.settings)
    text += fmt::format("setting {}={}\n", name, value);
  for (const auto& [name, topic] : image.topics) {
    text +=
        fmt::format("topic {} {} min {}\n", name, topic->id, topic->config.min_insync_replicas());
    for (const auto& [key, value] : topic->config.overrides())
      text += fmt::format("  {}={}\n", key, value);
    for (const auto& x : topic->partitions)
      text += fmt::format("  {}: leader {} {} {} replicas {} isr {} elr {} lost {} + {} - {} {}\n",
                          value_of(x.id), value_of(x.leader), value_of(x.epoch), x.partition_epoch,
                          to_text(x.replicas), to_text(x.isr), to_text(x.elr),
                          to_text(x.last_known_elr), to_text(x.adding_replicas),
                          to_text(x.removing_replicas), static_cast<int>(x.recovery));
  }
  return text;
}

void cluster_fixture::TearDown() {
  EXPECT_EQ(broken_invariants(image()), std::vector<std::string>{});
  EXPECT_EQ(describe(log.replay()), describe(core->state()));
  const auto copy = decode_snapshot(encode_snapshot(core->state()));
  ASSERT_TRUE(copy) << to_string(copy.error());
  EXPECT_EQ(describe(*copy), describe(core->state()));
}

void cluster_fixture::take_over() {
  core = std::make_unique<active_controller>(options, log, rng{++takeovers});
  core->begin(log.replay(), time.now());
}

// -- brokers ----------------------------------------------------------------------

register_broker_request cluster_fixture::registration(int id) const {
  register_broker_request what;
  what.cluster_id = image().cluster_id;
  auto& x = what.broker;
  x.id = node_id{id};
  x.host = fmt::format("node{}", id);
  x.port = 8082;
  x.cluster_host = x.host;
  x.cluster_port = 9092;
  const auto known = [&](const std::map<int, std::string>& in, const char* otherwise) {
    const auto i = in.find(id);
    return i == in.end() ? fmt::format("{}{}", otherwise, id) : i->second;
  };
  x.incarnation = known(incarnations, "process");
  x.directory = known(directories, "disk");
  if (const auto rack = racks.find(id); rack != racks.end())
    x.rack = rack->second;
  return what;
}

register_broker_response cluster_fixture::register_broker(int id, broker_epoch previous) {
  auto what = registration(id);
  what.previous_epoch = previous;
  return core->ask(what, time.now()).answer;
}

broker_heartbeat_response cluster_fixture::heartbeat(int id) {
  broker_heartbeat_request what;
  what.broker = node_id{id};
  what.epoch = broker(id).epoch;
  what.metadata_offset = image().offset;
  return core->ask(what, time.now()).answer;
}

broker_heartbeat_response cluster_fixture::ask_shutdown(int id) {
  broker_heartbeat_request what{node_id{id}, broker(id).epoch, image().offset, false, true};
  return core->ask(what, time.now()).answer;
}

void cluster_fixture::up(int id) {
  const auto answer = register_broker(id);
  ASSERT_TRUE(answer.result.ok()) << answer.result.message;
  EXPECT_FALSE(heartbeat(id).fenced);
  silent.erase(id);
}

void cluster_fixture::pass(mono_duration duration, std::initializer_list<int> quiet) {
  const std::set<int> mute{quiet};
  const auto end = time.now() + duration;
  while (time.now() < end) {
    time.advance(milliseconds{500});
    std::vector<int> live;
    for (const auto& x : image().brokers)
      if (!x.fenced && !mute.contains(value_of(x.id)) && !silent.contains(value_of(x.id)))
        live.push_back(value_of(x.id));
    for (int id : live)
      (void)heartbeat(id);
    core->tick(time.now());
  }
}

void cluster_fixture::crash(int id) {
  silent.insert(id);
  pass(options.sessions.timeout + seconds{1});
  ASSERT_TRUE(broker(id).fenced);
}

void cluster_fixture::restart(int id) {
  incarnations[id] = fmt::format("process{} at {}", id, log.batches.size());
  up(id);
}

void cluster_fixture::restart_cleanly(int id) {
  incarnations[id] = fmt::format("process{} at {}", id, log.batches.size());
  ASSERT_TRUE(register_broker(id, broker(id).epoch).result.ok());
  EXPECT_FALSE(heartbeat(id).fenced);
  silent.erase(id);
}

void cluster_fixture::stop(int id) {
  (void)ask_shutdown(id);
  silent.insert(id);
  pass(seconds{1});
  EXPECT_TRUE(ask_shutdown(id).should_shut_down);
}

// -- topics -----------------------------------------------------------------------

errc cluster_fixture::create(const std::string& name, std::vector<list> assignment,
                             std::map<std::string, std::string> configs) {
  create_topic_request what;
  what.name = name;
  what.configs = std::move(configs);
  what.assignment = std::move(assignment);
  return core->ask(what, time.now()).answer.result.code;
}

errc cluster_fixture::set(const std::string& topic, const std::string& name,
                          const std::string& value) {
  alter_topic_request what;
  what.name = topic;
  what.configs[name] = value;
  return core->ask(what, time.now()).answer.result.code;
}

const partition_metadata& cluster_fixture::part(const std::string& topic, int partition) const {
  return image().find(topic)->partitions[static_cast<std::size_t>(partition)];
}

// -- leaders ----------------------------------------------------------------------

alter_partition_request cluster_fixture::proposal(const std::string& topic, const list& isr) const {
  const auto& now = part(topic);
  alter_partition_request what;
  what.broker = now.leader;
  what.topic_id = image().find(topic)->id;
  what.known_leader_epoch = now.epoch;
  what.partition_epoch = now.partition_epoch;
  for (auto node : isr)
    what.isr.push_back({node, broker(value_of(node)).epoch});
  if (const auto* leader = image().find_broker(now.leader))
    what.epoch = leader->epoch;
  return what;
}

errc cluster_fixture::alter(const std::string& topic, const list& isr) {
  return core->ask(proposal(topic, isr), time.now()).answer.result.code;
}

errc cluster_fixture::reassign(const std::string& topic, const list& replicas) {
  alter_reassignments_request what;
  what.reassignments.push_back({{topic, partition_id{0}}, replicas});
  return core->ask(what, time.now()).answer.results.at(0).result.code;
}

void cluster_fixture::tell_log(int id, const std::string& topic, int last_epoch, offset_t end) {
  log_ends_response what;
  what.broker = node_id{id};
  what.epoch = broker(id).epoch;
  what.ends.push_back({{topic, partition_id{0}}, part(topic).epoch, leader_epoch{last_epoch}, end});
  core->tell(what, time.now());
}

const broker_metadata& cluster_fixture::broker(int id) const {
  const auto* found = image().find_broker(node_id{id});
  EXPECT_NE(found, nullptr) << id;
  static const broker_metadata none;
  return found == nullptr ? none : *found;
}

node_list cluster_fixture::nodes(std::initializer_list<int> ids) {
  node_list all;
  for (int id : ids)
    all.push_back(node_id{id});
  return all;
}

}  // namespace troupe::controller
