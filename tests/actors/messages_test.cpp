// What may cross to another node survives the way through the framework's serializer.
#include "actors/messages.hpp"

#include <caf/all.hpp>
#include <gtest/gtest.h>

namespace troupe {
namespace {

class messages_test : public testing::Test {
 protected:
  template <class T>
  T over_the_wire(T x) {
    std::vector<char> wire;
    caf::binary_serializer out{system_, wire};
    EXPECT_FALSE(out(x));
    T y;
    caf::binary_deserializer in{system_, wire};
    EXPECT_FALSE(in(y));
    return y;
  }

  caf::actor_system_config config_;
  caf::actor_system system_{config_};
};

TEST_F(messages_test, ProduceRequestKeepsItsBatch) {
  produce_request what{{"t", partition_id{7}}, {'a', '\0', 'b'}, required_acks::leader, 123};
  auto got = over_the_wire(what);
  EXPECT_EQ(got.target, what.target);
  EXPECT_EQ(got.batch, what.batch);
  EXPECT_EQ(got.acks, required_acks::leader);
  EXPECT_EQ(got.timeout_ms, 123);
}

TEST_F(messages_test, FetchResponseKeepsItsOutcome) {
  fetch_response what{{errc::offset_out_of_range, "outside"}, {'x'}, 5, 6, 7};
  auto got = over_the_wire(what);
  EXPECT_EQ(got.result.code, errc::offset_out_of_range);
  EXPECT_EQ(got.result.message, "outside");
  EXPECT_EQ(got.batches, what.batches);
  EXPECT_EQ(got.next_offset, 5);
  EXPECT_EQ(got.high_watermark, 6);
  EXPECT_EQ(got.log_start, 7);
}

TEST_F(messages_test, AlterationKeepsValuesAndResets) {
  alter_topic_request what{"t", {{"a", "1"}, {"b", std::nullopt}}, true};
  auto got = over_the_wire(what);
  EXPECT_EQ(got.configs, what.configs);
  EXPECT_TRUE(got.validate_only);
}

TEST_F(messages_test, CreationKeepsItsConfigs) {
  create_topic_request what{"t", 3, 1, {{"flush", "os"}}, false};
  auto got = over_the_wire(what);
  EXPECT_EQ(got.name, "t");
  EXPECT_EQ(got.partitions, 3);
  EXPECT_EQ(got.replication_factor, 1);
  EXPECT_EQ(got.configs, what.configs);
}

}  // namespace
}  // namespace troupe
