#include "tests/support/runtime/cluster_fixture.hpp"

#include "runtime/record/big_endian.hpp"

namespace troupe::controller {
namespace {

using list = node_list;

list nodes(std::initializer_list<int> ids) {
  list all;
  for (int id : ids)
    all.push_back(node_id{id});
  return all;
}

partition_metadata partition(int id) {
  partition_metadata x;
  x.id = partition_id{id};
  x.leader = node_id{1};
  x.epoch = leader_epoch{4};
  x.replicas = nodes({1, 2, 3, 4});
  x.isr = nodes({1});
  x.partition_epoch = 9;
  x.elr = nodes({2});
  x.last_known_elr = nodes({3});
  x.adding_replicas = nodes({4});
  x.removing_replicas = nodes({2});
  x.recovery = leader_recovery::recovering;
  return x;
}

records one_of_each() {
  broker_metadata broker{node_id{1}, "h", 1, "c", 2, "r", "i", "d", 7, true, true};
  partition_changed all;
  all.topic_id = "id";
  all.partition = partition_id{3};
  all.leader = no_node;
  all.isr = nodes({});
  all.elr = nodes({1, 2});
  all.last_known_elr = nodes({3});
  all.replicas = nodes({1, 2, 3});
  all.adding = nodes({2});
  all.removing = nodes({3});
  all.recovery = leader_recovery::recovering;
  partition_changed none;
  none.topic_id = "id";
  return {no_op{},
          cluster_founded{"cluster", 1},
          broker_registered{broker},
          broker_changed{node_id{1}, 7, true, std::nullopt},
          broker_changed{node_id{1}, 7, std::nullopt, false},
          broker_unregistered{node_id{1}},
          topic_created{"t", "id", true, {{"flush", "os"}}, {partition(0), partition(1)}},
          topic_deleted{"id"},
          partitions_created{"id", {partition(2)}},
          all,
          none,
          configs_altered{"id", {{"segment.ms", "1"}}},
          setting_altered{"a", "b"}};
}

TEST(ControllerRecords, EveryKindIsReadAsWritten) {
  const auto batch = one_of_each();
  const auto read = decode_records(encode_records(batch));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(*read, batch);
  for (const auto& each : batch) {
    const auto alone = decode_records(encode_records({&each, 1}));
    ASSERT_TRUE(alone);
    EXPECT_EQ(alone->at(0), each);
  }
}

TEST(ControllerRecords, CutAnywhereIsDamage) {
  const auto whole = encode_records(one_of_each());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode_records(byte_view{whole}.first(size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, errc::damaged_data) << size;
  }
  auto longer = whole;
  longer.push_back('x');
  EXPECT_EQ(decode_records(longer).error().code, errc::damaged_data);
}

TEST(ControllerRecords, NoFlippedByteIsReadBeyondTheEnd) {
  const auto whole = encode_records(one_of_each());
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      (void)decode_records(bad);
    }
}

TEST(ControllerRecords, WhatIsNotKnownIsRefused) {
  auto newer = encode_records(one_of_each());
  store_be(newer.data(), std::int16_t{2});
  EXPECT_EQ(decode_records(newer).error().code, errc::unsupported_format);
  auto strange = encode_records(records{no_op{}});
  strange.back() = 99;
  EXPECT_EQ(decode_records(strange).error().code, errc::unsupported_format);
}

// -- state ------------------------------------------------------------------------

TEST(ClusterState, ABatchThatDoesNotFitChangesNothing) {
  cluster_state state;
  partition_metadata first;
  first.replicas = first.isr = nodes({1});
  first.leader = node_id{1};
  ASSERT_TRUE(state.apply(
      1, records{cluster_founded{"c", 1}, topic_created{"t", "id", false, {}, {first}}}));
  const auto before = describe(state);
  partition_changed beyond;
  beyond.topic_id = "id";
  beyond.partition = partition_id{1};
  const record misfits[] = {cluster_founded{"other", 1},
                            broker_changed{node_id{1}, 1, true, {}},
                            broker_unregistered{node_id{1}},
                            topic_created{"t", "id2", false, {}, {first}},
                            topic_created{"t2", "id", false, {}, {first}},
                            topic_created{"t3", "id3", false, {{"no.such", "1"}}, {first}},
                            topic_deleted{"none"},
                            partitions_created{"none", {}},
                            partitions_created{"id", {first}},
                            beyond,
                            configs_altered{"none", {}}};
  for (const auto& misfit : misfits) {
    EXPECT_FALSE(state.apply(2, records{setting_altered{"a", "b"}, misfit})) << misfit.index();
    EXPECT_EQ(describe(state), before);
  }
}

TEST(ClusterState, BrokerEpochIsTheOffsetOfTheRegistration) {
  cluster_state state;
  broker_metadata one{node_id{5}, "h", 1};
  one.epoch = no_broker_epoch;
  ASSERT_TRUE(state.apply(17, records{no_op{}, broker_registered{one}}));
  EXPECT_EQ(state.image().find_broker(node_id{5})->epoch, 17);
  ASSERT_TRUE(state.apply(20, records{broker_registered{one}}));
  EXPECT_EQ(state.image().find_broker(node_id{5})->epoch, 20);
  EXPECT_EQ(state.image().brokers.size(), 1u);
}

TEST(ClusterState, BrokersAreFoundInAnyOrderOfRegistration) {
  cluster_state state;
  offset_t at = 0;
  for (int id : {7, 3, 9, 1, 5}) {
    broker_metadata one{node_id{id}, "h", 1};
    ASSERT_TRUE(state.apply(++at, records{broker_registered{one}}));
  }
  for (int id : {1, 3, 5, 7, 9})
    EXPECT_EQ(state.image().find_broker(node_id{id})->id, node_id{id});
  for (int id : {0, 2, 8, 10})
    EXPECT_EQ(state.image().find_broker(node_id{id}), nullptr);
}

TEST(ClusterState, ASharedImageStaysAsItWas) {
  cluster_state state;
  std::vector<partition_metadata> many;
  for (int i = 0; i < 200; ++i) {
    partition_metadata x;
    x.id = partition_id{i};
    x.replicas = x.isr = nodes({1});
    x.leader = node_id{1};
    many.push_back(x);
  }
  ASSERT_TRUE(state.apply(1, records{topic_created{"t", "id", false, {}, many}}));
  const auto before = state.share(node_id{3});
  records batch;
  for (int i : {0, 63, 64, 199}) {
    partition_changed change;
    change.topic_id = "id";
    change.partition = partition_id{i};
    change.leader = no_node;
    batch.emplace_back(change);
  }
  ASSERT_TRUE(state.apply(2, batch));
  EXPECT_EQ(before->controller, node_id{3});
  for (std::size_t i = 0; i < 200; ++i) {
    const bool changed = i == 0 || i == 63 || i == 64 || i == 199;
    EXPECT_EQ(before->find("t")->partitions[i].leader, node_id{1});
    EXPECT_EQ(state.image().find("t")->partitions[i].leader, changed ? no_node : node_id{1});
    EXPECT_EQ(state.image().find("t")->partitions[i].partition_epoch, changed ? 1 : 0);
  }
  // What did not change is shared, not copied.
  EXPECT_EQ(&before->find("t")->partitions[130], &state.image().find("t")->partitions[130]);
}

TEST(ClusterState, DamagedSnapshotsAreRefused) {
  cluster_state state;
  ASSERT_TRUE(state.apply(3, records{cluster_founded{"c", 1}}));
  const auto whole = encode_snapshot(state);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_snapshot(byte_view{whole}.first(size))) << size;
  EXPECT_EQ(describe(decode_snapshot(whole).value()), describe(state));
  const cluster_state empty;
  EXPECT_EQ(describe(decode_snapshot(encode_snapshot(empty)).value()), describe(empty));
}

}  // namespace
}  // namespace troupe::controller
