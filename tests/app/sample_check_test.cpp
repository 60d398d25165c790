#include "app/sample_check.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Three records of two keys, acknowledged in two partitions.
struct a_sample : testing::Test {
  std::vector<catalogue_record> records{
      {"a", R"({"n":1})"}, {"b", R"({"n":2})"}, {"a", R"({"n":3})"}};
  std::vector<record_ack> acks{{0, 10, 0, ""}, {1, 5, 0, ""}, {0, 12, 0, ""}};

  static void take(sample_check& check, int partition, int offset, const char* key, int n) {
    check.take({{"partition", partition}, {"offset", offset}, {"key", key}, {"value", {{"n", n}}}});
  }
};

TEST_F(a_sample, EverythingOnceInOrderIsEqual) {
  sample_check check(records, acks, 2);
  EXPECT_EQ(check.missing(), 3u);
  take(check, 0, 10, "a", 1);
  take(check, 0, 12, "a", 3);
  take(check, 1, 5, "b", 2);
  EXPECT_EQ(check.missing(), 0u);
  EXPECT_THAT(check.differences(), IsEmpty());
}

TEST_F(a_sample, MissingRecordIsADifference) {
  sample_check check(records, acks, 2);
  take(check, 0, 12, "a", 3);
  take(check, 1, 5, "b", 2);
  EXPECT_THAT(check.differences(), ElementsAre("partition 0 offset 10: missing"));
}

TEST_F(a_sample, RecordsThatNeverComeAreADifference) {
  sample_check check(records, acks, 2);
  EXPECT_THAT(check.differences(), ElementsAre("3 records never came"));
}

TEST_F(a_sample, RepeatedRecordIsADifference) {
  sample_check check(records, acks, 2);
  take(check, 0, 10, "a", 1);
  take(check, 0, 10, "a", 1);
  take(check, 0, 12, "a", 3);
  take(check, 1, 5, "b", 2);
  EXPECT_THAT(check.differences(), ElementsAre("partition 0 offset 10: nobody sent this here"));
}

TEST_F(a_sample, OtherContentIsADifference) {
  sample_check check(records, acks, 2);
  take(check, 0, 10, "a", 4);
  take(check, 0, 12, "z", 3);
  take(check, 1, 5, "b", 2);
  EXPECT_THAT(check.differences(),
              ElementsAre(HasSubstr("the value of 'a'"), HasSubstr("the key is \"z\"")));
}

TEST_F(a_sample, KeyOutOfOrderIsADifference) {
  std::swap(acks[0].offset, acks[2].offset);
  sample_check check(records, acks, 2);
  take(check, 0, 10, "a", 3);
  take(check, 0, 12, "a", 1);
  take(check, 1, 5, "b", 2);
  EXPECT_THAT(check.differences(), ElementsAre(HasSubstr("a later record of key 'a' came before")));
}

TEST_F(a_sample, KeyInTwoPartitionsIsADifference) {
  acks[2].partition = 1;
  sample_check check(records, acks, 2);
  take(check, 0, 10, "a", 1);
  take(check, 1, 5, "b", 2);
  take(check, 1, 12, "a", 3);
  EXPECT_THAT(check.differences(), ElementsAre("key 'a' went to partition 0 and to 1"));
}

TEST_F(a_sample, RefusedRecordIsADifference) {
  acks[1].error_code = 507;
  sample_check check(records, acks, 2);
  take(check, 0, 10, "a", 1);
  take(check, 0, 12, "a", 3);
  EXPECT_THAT(check.differences(), ElementsAre("record 1 was not acknowledged"));
}

}  // namespace
}  // namespace troupe::app
