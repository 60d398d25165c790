// Topics of a cluster, and where their replicas go.
#include "runtime/base/limits.hpp"
#include "runtime/controller/placement.hpp"
#include "tests/support/runtime/cluster_fixture.hpp"

namespace troupe::controller {
namespace {

class Topics : public cluster_fixture {
 protected:
  errc ask(const create_topic_request& what) {
    return core->ask(what, time.now()).answer.result.code;
  }
  errc make(const std::string& name, int partitions = -1, int replicas = -1) {
    create_topic_request what;
    what.name = name;
    what.partitions = partitions;
    what.replication_factor = static_cast<std::int16_t>(replicas);
    return ask(what);
  }
  errc grow(const std::string& name, int total, std::vector<list> assignment = {}) {
    return core
        ->ask(create_partitions_request{name, total, false, std::move(assignment)}, time.now())
        .answer.result.code;
  }
  errc settings(const std::string& name, const std::string& value) {
    return core->ask(alter_settings_request{{{name, value}}, false}, time.now()).answer.result.code;
  }
  std::map<node_id, broker_load> loads_of(const std::string& topic) const {
    std::map<node_id, broker_load> loads;
    for (const auto& x : image().find(topic)->partitions)
      for (auto node : x.replicas) {
        ++loads[node].replicas;
        loads[node].preferred += node == x.replicas[0] ? 1 : 0;
      }
    return loads;
  }
};

TEST_F(Topics, DefaultsFollowTheNumberOfBrokers) {
  up(1);
  ASSERT_EQ(make("one"), errc::none);
  EXPECT_EQ(part("one").replicas.size(), 1u);
  EXPECT_EQ(image().find("one")->config.min_insync_replicas(), 1);
  up({2, 3, 4});
  ASSERT_EQ(make("three"), errc::none);
  EXPECT_EQ(part("three").replicas.size(), 3u);
  EXPECT_EQ(image().find("three")->config.min_insync_replicas(), 2);
  ASSERT_EQ(create("mine", {nodes({1, 2, 3})}, {{"min.insync.replicas", "1"}}), errc::none);
  EXPECT_EQ(image().find("mine")->config.min_insync_replicas(), 1);
}

TEST_F(Topics, WhatCannotBeIsRefusedAndChangesNothing) {
  up({1, 2, 3});
  ASSERT_EQ(make("t"), errc::none);
  const auto before = describe(core->state());
  EXPECT_EQ(make("t"), errc::topic_exists);
  EXPECT_EQ(make("no good"), errc::invalid_topic);
  EXPECT_EQ(make("u", 0), errc::invalid_partitions);
  EXPECT_EQ(make("u", limits::partitions_per_topic_max + 1), errc::invalid_partitions);
  EXPECT_EQ(make("u", 1, 4), errc::invalid_replication_factor);
  EXPECT_EQ(make("u", 1, 0), errc::invalid_replication_factor);
  EXPECT_EQ(create("u", {nodes({1})}, {{"no.such", "1"}}), errc::invalid_config);
  EXPECT_EQ(create("u", {nodes({1, 9})}), errc::invalid_replica_assignment);
  EXPECT_EQ(create("u", {nodes({1, 1})}), errc::invalid_replica_assignment);
  EXPECT_EQ(create("u", {nodes({})}), errc::invalid_replica_assignment);
  EXPECT_EQ(create("u", {nodes({1, 2}), nodes({1})}), errc::invalid_replica_assignment);
  create_topic_request two;
  two.name = "u";
  two.partitions = 3;
  two.assignment = {nodes({1, 2})};
  EXPECT_EQ(ask(two), errc::invalid_replica_assignment);
  EXPECT_EQ(grow("u", 2), errc::unknown_topic);
  EXPECT_EQ(grow("t", 1), errc::invalid_partitions);
  EXPECT_EQ(grow("t", 3, {nodes({1, 2, 3})}), errc::invalid_replica_assignment);
  EXPECT_EQ(set("u", "flush", "os"), errc::unknown_topic);
  EXPECT_EQ(set("t", "flush", "never"), errc::invalid_config);
  EXPECT_EQ(core->ask(delete_topic_request{"u"}, time.now()).answer.result.code,
            errc::unknown_topic);
  EXPECT_EQ(settings("no.such", "1"), errc::invalid_config);
  EXPECT_EQ(settings("leader.replication.throttled.rate", "-2"), errc::invalid_config);
  EXPECT_EQ(describe(core->state()), before);
}

TEST_F(Topics, OnlyValidatedChangesNothing) {
  up({1, 2, 3});
  ASSERT_EQ(make("t"), errc::none);
  const auto before = describe(core->state());
  create_topic_request what;
  what.name = "u";
  what.validate_only = true;
  EXPECT_EQ(ask(what), errc::none);
  what.name = "t";
  EXPECT_EQ(ask(what), errc::topic_exists);
  EXPECT_TRUE(
      core->ask(create_partitions_request{"t", 9, true, {}}, time.now()).answer.result.ok());
  EXPECT_TRUE(
      core->ask(alter_topic_request{"t", {{"flush", "os"}}, true}, time.now()).answer.result.ok());
  EXPECT_EQ(describe(core->state()), before);
}

TEST_F(Topics, ADeletedNameIsFreeAtOnceUnderAnotherId) {
  up({1, 2, 3});
  ASSERT_EQ(make("t"), errc::none);
  const auto id = image().find("t")->id;
  EXPECT_TRUE(core->ask(delete_topic_request{"t"}, time.now()).answer.result.ok());
  EXPECT_EQ(core->state().partitions(), 0);
  EXPECT_TRUE(core->state().loads().empty());
  ASSERT_EQ(make("t"), errc::none);
  EXPECT_NE(image().find("t")->id, id);
  EXPECT_EQ(core->state().find_topic(id), nullptr);
}

TEST_F(Topics, DeadBrokersOfAnAssignmentAreNotInSync) {
  up({1, 2, 3});
  crash(1);
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  EXPECT_EQ(leader("t"), 2);
  EXPECT_EQ(part("t").isr, nodes({2, 3}));
  EXPECT_EQ(create("u", {nodes({1})}), errc::invalid_replica_assignment);
}

TEST_F(Topics, PartitionsAreAddedWithAsManyReplicas) {
  up({1, 2, 3, 4});
  ASSERT_EQ(make("t", 2, 2), errc::none);
  ASSERT_EQ(grow("t", 5), errc::none);
  EXPECT_EQ(image().find("t")->partition_count(), 5);
  EXPECT_EQ(part("t", 4).replicas.size(), 2u);
  ASSERT_EQ(grow("t", 6, {nodes({4, 3})}), errc::none);
  EXPECT_EQ(part("t", 5).replicas, nodes({4, 3}));
}

TEST_F(Topics, AWeakerMinimumEndsEligibility) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  ASSERT_EQ(alter("t", nodes({1})), errc::none);
  EXPECT_FALSE(part("t").elr.empty());
  ASSERT_EQ(set("t", "min.insync.replicas", "1"), errc::none);
  EXPECT_TRUE(part("t").elr.empty());
}

TEST_F(Topics, SettingsOfTheClusterAreSetAndReset) {
  const std::string name = "leader.replication.throttled.rate";
  EXPECT_EQ(settings(name, "1000000"), errc::none);
  EXPECT_EQ(image().settings.find(name)->second, "1000000");
  EXPECT_EQ(settings(name, ""), errc::none);
  EXPECT_TRUE(image().settings.empty());
}

// -- placement ----------------------------------------------------------------------

TEST_F(Topics, ReplicasAndLeadersAreSpreadEvenly) {
  up({1, 2, 3, 4, 5});
  ASSERT_EQ(make("t", 20, 3), errc::none);
  for (const auto& [node, load] : loads_of("t")) {
    EXPECT_EQ(load.preferred, 4) << value_of(node);
    EXPECT_NEAR(static_cast<double>(load.replicas), 12, 1) << value_of(node);
  }
  // Small topics fill up what is uneven.
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(make("s" + std::to_string(i), 1, 3), errc::none);
  for (const auto& [node, load] : core->state().loads()) {
    EXPECT_EQ(load.preferred, 6) << value_of(node);
    EXPECT_NEAR(static_cast<double>(load.replicas), 18, 1) << value_of(node);
  }
}

TEST_F(Topics, ANewBrokerIsNotFlooded) {
  up({1, 2, 3});
  ASSERT_EQ(make("old", 30, 2), errc::none);
  up(4);
  ASSERT_EQ(make("t", 8, 2), errc::none);
  EXPECT_EQ(loads_of("t").at(node_id{4}).preferred, 2);
  EXPECT_EQ(loads_of("t").at(node_id{4}).replicas, 4);
}

TEST_F(Topics, ReplicasAreInDifferentRacks) {
  racks = {{1, "a"}, {2, "a"}, {3, "b"}, {4, "b"}, {5, "c"}, {6, "c"}};
  up({1, 2, 3, 4, 5, 6});
  ASSERT_EQ(make("t", 30, 3), errc::none);
  for (const auto& x : image().find("t")->partitions) {
    std::set<std::string> used;
    for (auto node : x.replicas)
      used.insert(racks[value_of(node)]);
    EXPECT_EQ(used.size(), 3u);
  }
  for (const auto& [node, load] : loads_of("t"))
    EXPECT_EQ(load.preferred, 5) << value_of(node);
}

TEST_F(Topics, DeadBrokersAreTheLastChoice) {
  up({1, 2, 3, 4});
  crash(2);
  ASSERT_EQ(make("t", 9, 3), errc::none);
  EXPECT_FALSE(loads_of("t").contains(node_id{2}));
  ASSERT_EQ(make("wide", 4, 4), errc::none);
  for (const auto& x : image().find("wide")->partitions)
    EXPECT_EQ(x.replicas.back(), node_id{2});
}

TEST_F(Topics, TheSameSeedPlacesTheSame) {
  up({1, 2, 3, 4, 5});
  rng a{7};
  rng b{7};
  rng c{8};
  const auto first = place_replicas(core->state(), 50, 3, a).value();
  EXPECT_EQ(place_replicas(core->state(), 50, 3, b).value(), first);
  EXPECT_NE(place_replicas(core->state(), 50, 3, c).value(), first);
}

// -- lists --------------------------------------------------------------------------

TEST_F(Topics, ProblemsAreListed) {
  up({1, 2, 3});
  ASSERT_EQ(create("a", {nodes({1, 2, 3}), nodes({1})}), errc::invalid_replica_assignment);
  ASSERT_EQ(create("a", {nodes({1, 2, 3})}), errc::none);
  ASSERT_EQ(create("b", {nodes({1})}), errc::none);
  ASSERT_EQ(create("c", {nodes({2, 3})}), errc::none);
  using enum partition_problem;
  EXPECT_TRUE(list_partitions(image(), under_replicated).empty());
  crash(1);
  EXPECT_EQ(list_partitions(image(), under_replicated).size(), 2u);
  EXPECT_EQ(list_partitions(image(), under_replicated, 1).size(), 1u);
  EXPECT_EQ(list_partitions(image(), at_min_isr).size(), 1u);
  const std::vector<topic_partition> lost{{"b", partition_id{0}}};
  EXPECT_EQ(list_partitions(image(), offline), lost);
  EXPECT_EQ(list_partitions(image(), under_min_isr), lost);
  const auto health = health_of(image());
  EXPECT_EQ(health.partitions, 3u);
  EXPECT_EQ(health.offline, 1u);
  EXPECT_EQ(health.under_replicated, 2u);
  EXPECT_EQ(health.fenced_brokers, 1u);
  EXPECT_EQ(health.not_preferred, 1u);
}

}  // namespace
}  // namespace troupe::controller
