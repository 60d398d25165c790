#include "http/parse_v3_admin.hpp"
#include "http/parse_v3_batch.hpp"
#include "http/parse_v3_record.hpp"
#include "http/parse_v3_splitter.hpp"
#include "http/parse_v3_time.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// -- timestamps ---------------------------------------------------------------

std::string shown(timestamp_ms value) {
  std::string out;
  append_timestamp(out, value);
  return out;
}

TEST(V3Timestamp, FormsOfRfc3339AreRead) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_timestamp("2021-02-05T19:14:42Z"), 1612552482000);
  EXPECT_EQ(parse_timestamp("2021-02-05T19:14:42.5Z"), 1612552482500);
  EXPECT_EQ(parse_timestamp("2021-02-05T19:14:42.123456789Z"), 1612552482123);
  EXPECT_EQ(parse_timestamp("2021-02-05t20:14:42+01:00"), 1612552482000);
  EXPECT_EQ(parse_timestamp("2021-02-05T13:44:42-05:30"), 1612552482000);
  EXPECT_EQ(parse_timestamp("2016-12-31T23:59:60Z"), 1483228800000);
}

TEST(V3Timestamp, WhatIsNoTimeIsRefused) {
  for (auto bad : {"", "2021", "2021-02-05", "2021-02-05T19:14:42", "2021-02-30T00:00:00Z",
                   "2021-13-01T00:00:00Z", "2021-02-05T24:00:00Z", "2021-02-05T19:60:42Z",
                   "2021-02-05 19:14:42Z", "2021-02-05T19:14:42.Z", "2021-02-05T19:14:42Zx",
                   "2021-02-05T19:14:42+1:00", "1969-12-31T23:59:59Z", "-021-02-05T19:14:42Z",
                   "2021-02-05T19:14:42.1234567890Z", "20a1-02-05T19:14:42Z", "1612552482000"})
    EXPECT_EQ(parse_timestamp(bad), std::nullopt) << bad;
}

TEST(V3Timestamp, WhatIsShownCanBeReadAgain) {
  for (timestamp_ms value : {0L, 1L, 999L, 1612552482123L, 1612552482000L, 253402300799999L,
                             253402300800000L, 971890963199999L}) {
    const auto text = shown(value);
    EXPECT_EQ(parse_timestamp(text.substr(1, text.size() - 2)), value) << text;
  }
  EXPECT_EQ(shown(1612552482000), "\"2021-02-05T19:14:42Z\"");
  EXPECT_EQ(shown(1612552482007), "\"2021-02-05T19:14:42.007Z\"");
  EXPECT_EQ(shown(253402300800000), "\"+10000-01-01T00:00:00Z\"");
  EXPECT_EQ(shown(no_timestamp), "null");
  EXPECT_EQ(shown(INT64_MAX), "null");
}

// -- the splitter -------------------------------------------------------------

/// What comes out when `text` is fed in parts of `step` bytes: objects, or "!" and an error's name.
std::vector<std::string> split(std::string_view text, std::size_t step, std::size_t limit = 1000) {
  json_splitter splitter{limit};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size(); i += step) {
    const auto found = splitter.feed(text.substr(i, step));
    for (const auto& piece : found.pieces) {
      if (piece.bad)
        out.push_back("!" + std::string{to_string(piece.bad->code)});
      else
        out.emplace_back(found.text_of(piece));
    }
  }
  if (const auto end = splitter.finish())
    out.push_back("!" + std::string{to_string(end->code)});
  return out;
}

TEST(V3Splitter, ObjectsComeOutWholeHoweverTheyArrive) {
  const std::string text = "{}\n {\"a\":\"}{\\\"\\\\\"}{\"b\":[{},{\"c\":\"]\"}]}\t{\"d\":1}\r\n";
  const std::vector<std::string> expected{"{}", "{\"a\":\"}{\\\"\\\\\"}",
                                          "{\"b\":[{},{\"c\":\"]\"}]}", "{\"d\":1}"};
  for (std::size_t step = 1; step <= text.size(); ++step)
    EXPECT_EQ(split(text, step), expected) << step;
}

TEST(V3Splitter, ABrokenObjectDoesNotHurtItsNeighbours) {
  EXPECT_THAT(split("{\"a\":1}{oops}{\"b\":2}", 3),
              ElementsAre("{\"a\":1}", "{oops}", "{\"b\":2}"));
}

TEST(V3Splitter, FramingIsLostWhereNoObjectBegins) {
  for (auto junk : {"[{}]", ",{}", "x{}", "1 {}", "\"a\"{}", "]{}", "null"}) {
    const auto text = fmt::format("{{}} {}{{}}", junk);
    for (std::size_t step : {1, 2, 100}) {
      EXPECT_THAT(split(text, step), ElementsAre("{}", "!invalid_json")) << junk;
    }
  }
}

TEST(V3Splitter, WhatIsWrongIsSaidWithItsPlace) {
  json_splitter array{100};
  EXPECT_THAT(array.feed("  [{}]").pieces.at(0).bad->message,
              HasSubstr("byte 2: records are not sent in an array"));
  json_splitter comma{100};
  EXPECT_THAT(comma.feed("{}").pieces, ::testing::SizeIs(1));
  EXPECT_THAT(comma.feed(",{}").pieces.at(0).bad->message, HasSubstr("byte 2: there is no comma"));
  EXPECT_TRUE(comma.lost());
  EXPECT_THAT(comma.feed("{}").pieces, IsEmpty());
}

TEST(V3Splitter, AnObjectThatIsTooLargeIsPassedOver) {
  const auto large = "{\"x\":\"" + std::string(200, 'y') + "\"}";
  for (std::size_t step : {1u, 7u, 64u, 1000u})
    EXPECT_THAT(split("{}" + large + "{\"a\":1}", step, 100),
                ElementsAre("{}", "!record_too_large", "{\"a\":1}"))
        << step;
}

TEST(V3Splitter, ALargeObjectIsNotHeld) {
  json_splitter splitter{1000};
  splitter.feed("{\"x\":\"");
  for (int i = 0; i < 1000; ++i) {
    splitter.feed(std::string(100, 'y'));
    ASSERT_LE(splitter.pending_bytes(), 1100u);
  }
  const auto end = splitter.feed("\"}{}");
  ASSERT_EQ(end.pieces.size(), 2u);
  EXPECT_EQ(end.pieces[0].bad->code, errc::record_too_large);
  EXPECT_THAT(end.pieces[0].bad->message, HasSubstr("byte 0 has 100008 bytes"));
  EXPECT_EQ(end.text_of(end.pieces[1]), "{}");
  EXPECT_EQ(end.pieces[1].position, 100008u);
}

TEST(V3Splitter, AnObjectCutShortIsReportedAtTheEnd) {
  EXPECT_THAT(split("{}{\"a\":", 100), ElementsAre("{}", "!invalid_json"));
  EXPECT_THAT(split("{} \n", 100), ElementsAre("{}"));
}

// -- records ------------------------------------------------------------------

struct parsed {
  v3_records all;
  const incoming_record& record() const { return all.records.at(0); }
  std::string error_text() const {
    return record().rejected ? to_string(*record().rejected) : "accepted";
  }
};

parsed parse(std::string_view text) {
  parsed out;
  parse_v3_record(text, out.all);
  return out;
}

TEST(V3Record, AllFieldsAreRead) {
  const auto found = parse(R"({"partition_id":1,"headers":[{"name":"h","value":"SGVhZGVy"},
      {"name":"n","value":null}],"key":{"type":"BINARY","data":"Zm9vYmFy"},
      "value":{"type":"JSON","data":{"foo" : "bar"}},"timestamp":"2021-02-05T19:14:42Z"})");
  const auto& record = found.record();
  ASSERT_FALSE(record.rejected) << found.error_text();
  EXPECT_EQ(record.partition, partition_id{1});
  EXPECT_EQ(record.data.key, "foobar");
  EXPECT_EQ(record.data.value, R"({"foo" : "bar"})");
  EXPECT_EQ(record.data.timestamp, 1612552482000);
  ASSERT_EQ(record.data.headers.size(), 2u);
  EXPECT_EQ(record.data.headers[0], (record_header{"h", "Header"}));
  EXPECT_EQ(record.data.headers[1], (record_header{"n", std::nullopt}));
  EXPECT_EQ(found.all.types[0].key, v3_type::binary);
  EXPECT_EQ(found.all.types[0].value, v3_type::json);
}

TEST(V3Record, WhatIsAbsentOrNullIsNothing) {
  for (auto text : {"{}", R"({"key":null,"value":null,"headers":null,"partition_id":null,
                              "timestamp":null})",
                    R"({"key":{"type":"STRING","data":null},"value":{"type":"JSON"}})",
                    R"({"value":{"type":"JSON","data":null}})"}) {
    const auto found = parse(text);
    ASSERT_FALSE(found.record().rejected) << found.error_text();
    EXPECT_FALSE(found.record().data.key);
    EXPECT_FALSE(found.record().data.value);
    EXPECT_FALSE(found.record().has_timestamp);
    EXPECT_FALSE(found.record().partition);
  }
}

TEST(V3Record, TheOrderOfTypeAndDataIsFree) {
  EXPECT_EQ(parse(R"({"value":{"data":"YQ==","type":"BINARY"}})").record().data.value, "a");
  EXPECT_EQ(
      parse(R"({"value":{"type":"STRING","data":"a\u00e9\n\ud83d\ude00"}})").record().data.value,
      "a\u00e9\n\U0001F600");
  EXPECT_EQ(parse(R"({"value":{"data":[1,2.50,"x"],"type":"JSON"}})").record().data.value,
            R"([1,2.50,"x"])");
}

TEST(V3Record, ABadRecordSaysWhichField) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"valeu":{}})", "unknown field 'valeu'"},
      {R"({"value":{"type":"BINARY","data":"*"}})", "value.data is not valid base64"},
      {R"({"value":{"type":"STRING","data":1}})", "value.data must be a string"},
      {R"({"value":{"data":"x"}})", "value.type must be given"},
      {R"({"value":{"type":"TEXT","data":"x"}})", "value.type must be given"},
      {R"({"value":{"type":"AVRO","data":"x"}})", "not_implemented: value.type: AVRO needs"},
      {R"({"key":{"schema_id":1,"data":"x"}})", "not_implemented: key.schema_id means"},
      {R"({"value":1})", "value must be an object, not a number"},
      {R"({"value":{"type":"STRING","data":"\ud800"}})", "value.data holds half a surrogate"},
      {R"({"value":{"type":"JSON","data":"x","more":1}})", "value has an unknown field 'more'"},
      {R"({"partition_id":-1})", "partition_id must be an integer between 0 and 2147483647"},
      {R"({"partition_id":"0"})", "partition_id must be an integer"},
      {R"({"partition_id":1.5})", "partition_id must be an integer"},
      {R"({"timestamp":"now"})", "invalid_timestamp: timestamp must be"},
      {R"({"timestamp":1612552482000})", "timestamp must be a string"},
      {R"({"headers":{}})", "headers must be an array"},
      {R"({"headers":[{"value":"YQ=="}]})", "headers[0] needs a name"},
      {R"({"headers":[{"name":"a","value":"?"}]})", "headers[0].value is not valid base64"},
      {R"({"key":{"type":"JSON","data":1},"key":null})", "the field 'key' twice"},
      {R"({"key":{"type":"JSON","data":01}})", "invalid_json"},
      {R"({"key":})", "invalid_json"},
      {R"({"a":]})", "unknown field 'a'"},
      {"{\"value\":{\"type\":\"STRING\",\"data\":\"\xff\"}}", "not valid UTF-8"},
      {R"({"id":"1"})", "unknown field 'id'"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_THAT(parse(text).error_text(), HasSubstr(expected)) << text;
}

TEST(V3Record, TooManyHeadersAreRefused) {
  std::string headers;
  for (std::size_t i = 0; i <= limits::record_headers_max; ++i)
    headers += fmt::format("{}{{\"name\":\"h\"}}", i == 0 ? "" : ",");
  EXPECT_THAT(parse("{\"headers\":[" + headers + "]}").error_text(),
              HasSubstr("invalid_record: A record has at most 1000 headers"));
}

TEST(V3Record, EveryCutAndEveryFlipEndsInOneRecord) {
  const std::string good = R"({"partition_id":1,"headers":[{"name":"h","value":"SGVh"}],"key":)"
                           R"({"type":"BINARY","data":"Zm9v"},"value":{"type":"JSON","data":{"a":)"
                           R"("\u00e9"}},"timestamp":"2021-02-05T19:14:42Z"})";
  for (std::size_t i = 0; i < good.size(); ++i) {
    const auto cut = good.substr(0, i);
    EXPECT_TRUE(parse(cut).record().rejected) << cut;
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = good;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto found = parse(flipped);
      EXPECT_EQ(found.all.records.size(), 1u);
      EXPECT_EQ(found.all.types.size(), 1u);
    }
  }
}

// -- batches ------------------------------------------------------------------

std::string batch_error(std::string_view body) {
  const auto found = parse_v3_batch(body);
  return found ? "accepted" : to_string(found.error());
}

TEST(V3Batch, EntriesKeepTheirIds) {
  const std::string body = R"({"entries":[{"id":"1","value":{"type":"STRING","data":"a"}},
      {"value":{"type":"BINARY","data":"?"},"id":"b-_9"}]})";
  const auto found = parse_v3_batch(body);
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_THAT(found->ids, ElementsAre("1", "b-_9"));
  EXPECT_EQ(found->records.records[0].data.value, "a");
  ASSERT_TRUE(found->records.records[1].rejected);
  EXPECT_EQ(found->records.records[1].rejected->code, errc::invalid_record);
}

TEST(V3Batch, WhatIsWrongWithTheWholeIsSaid) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "empty_body"},
      {" \n", "empty_body"},
      {"{}", "batch_entries: The batch has no entries"},
      {R"({"entries":[]})", "batch_entries: The batch has no entries"},
      {R"({"entries":null})", "invalid_payload: entries must be an array"},
      {R"({"entries":[1]})", "invalid_payload: entries[0] must be an object"},
      {R"({"entries":[{}]})", "batch_entries: entries[0].id must be"},
      {R"({"entries":[{"id":1}]})", "batch_entries: entries[0].id must be"},
      {R"({"entries":[{"id":"a b"}]})", "batch_entries: entries[0].id must be"},
      {R"({"entries":[{"id":"1"},{"id":"1"}]})", "batch_entries: entries[1].id: '1' is used twice"},
      {R"({"entires":[]})", "unknown field 'entires'"},
      {R"({"entries":[{"id":"1"}])", "invalid_json"},
      {R"([{"id":"1"}])", "invalid_payload: The body must be an object"},
      {R"({"entries":[{"id":"1",]})", "invalid_json"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_THAT(batch_error(text), HasSubstr(expected)) << text;
}

TEST(V3Batch, TheNumberOfEntriesIsLimited) {
  std::string entries;
  for (std::size_t i = 0; i < limits::batch_entries_max; ++i)
    entries += fmt::format("{}{{\"id\":\"{}\"}}", i == 0 ? "" : ",", i);
  EXPECT_EQ(batch_error("{\"entries\":[" + entries + "]}"), "accepted");
  EXPECT_THAT(batch_error("{\"entries\":[" + entries + ",{\"id\":\"x\"}]}"),
              HasSubstr("batch_entries: A batch has at most 1000 entries"));
}

// -- administration -----------------------------------------------------------

TEST(V3AdminBody, ATopicIsRead) {
  const auto found = parse_v3_create_topic(
      R"({"topic_name":"t","partitions_count":6,"replication_factor":1,"validate_only":true,
          "configs":[{"name":"retention.ms","value":"1000"},{"name":"flush","value":"os"},
                     {"name":"max.message.bytes","value":2000}]})");
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(found->request.name, "t");
  EXPECT_EQ(found->request.partitions, 6);
  EXPECT_EQ(found->request.replication_factor, 1);
  EXPECT_TRUE(found->request.validate_only);
  EXPECT_EQ(found->request.configs.at("max.message.bytes"), "2000");
  const auto plain = parse_v3_create_topic(R"({"topic_name":"t","partitions_count":null})");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->request.partitions, -1);
}

TEST(V3AdminBody, AssignmentsAreRead) {
  const auto found = parse_v3_create_topic(
      R"({"topic_name":"t","replicas_assignments":[{"partition_id":0,"broker_ids":[1]},
          {"partition_id":1,"broker_ids":[1,2]}]})");
  ASSERT_TRUE(found) << to_string(found.error());
  ASSERT_EQ(found->assignments.size(), 2u);
  EXPECT_THAT(found->assignments[1].brokers, ElementsAre(1, 2));
}

template <class T>
std::string error_of(const result<T>& from) {
  return from ? "accepted" : to_string(from.error());
}

TEST(V3AdminBody, WhatIsWrongIsSaid) {
  EXPECT_THAT(error_of(parse_v3_create_topic("")), HasSubstr("empty_body"));
  EXPECT_THAT(error_of(parse_v3_create_topic("{}")), HasSubstr("needs a topic_name"));
  EXPECT_THAT(error_of(parse_v3_create_topic(R"({"topic_nam":"t"})")),
              HasSubstr("unknown field 'topic_nam'"));
  EXPECT_THAT(error_of(parse_v3_create_topic(R"({"topic_name":"t","partitions_count":0})")),
              HasSubstr("partitions_count must be an integer between 1"));
  EXPECT_THAT(error_of(parse_v3_create_topic(R"({"topic_name":"t","configs":[{"value":"x"}]})")),
              HasSubstr("configs[0] needs a name"));
  EXPECT_THAT(error_of(parse_v3_create_topic(R"({"topic_name":"t","configs":[{"name":"x"}]})")),
              HasSubstr("configs[0] needs a value"));
  EXPECT_THAT(error_of(parse_v3_create_topic(
                  R"({"topic_name":"t","partitions_count":1,"replicas_assignments":
                      [{"partition_id":0,"broker_ids":[1]}]})")),
              HasSubstr("leave partitions_count and replication_factor out"));
  EXPECT_THAT(error_of(parse_v3_create_topic("{\n\"topic_name\": oops}")),
              HasSubstr("invalid_json: Line 2, column 15"));
}

TEST(V3AdminBody, SettingsAreSetAndReset) {
  const auto found = parse_v3_alter_configs(
      R"({"data":[{"name":"a","value":"1"},{"name":"b","operation":"DELETE"},
                  {"name":"c","value":true,"operation":"SET"}]})");
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(found->configs.at("a"), "1");
  EXPECT_EQ(found->configs.at("b"), std::nullopt);
  EXPECT_EQ(found->configs.at("c"), "true");
  EXPECT_THAT(error_of(parse_v3_alter_configs(R"({"data":[]})")), HasSubstr("needs settings"));
  EXPECT_THAT(error_of(parse_v3_alter_configs(R"({"data":[{"name":"a","operation":"ADD"}]})")),
              HasSubstr("known are SET and DELETE"));
  EXPECT_THAT(error_of(parse_v3_alter_configs(
                  R"({"data":[{"name":"a","value":"1","operation":"DELETE"}]})")),
              HasSubstr("must have no value"));
  EXPECT_THAT(error_of(parse_v3_alter_configs(
                  R"({"data":[{"name":"a","value":"1"},{"name":"a","value":"2"}]})")),
              HasSubstr("'a' a second time"));
}

TEST(V3AdminBody, SmallBodiesAreRead) {
  EXPECT_EQ(*parse_v3_config_value(R"({"value":"x"})"), "x");
  EXPECT_EQ(*parse_v3_config_value(R"({"value":17})"), "17");
  EXPECT_THAT(error_of(parse_v3_config_value(R"({"value":null})")), HasSubstr("needs a value"));
  EXPECT_EQ(parse_v3_partitions_count(R"({"partitions_count":12})")->total, 12);
  EXPECT_THAT(error_of(parse_v3_partitions_count("{}")), HasSubstr("needs a partitions_count"));
}

}  // namespace
}  // namespace troupe::http
