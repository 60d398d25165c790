// What WebSocket clients may say, and what they are told when it is something else.
#include "http/parse_websocket.hpp"
#include "runtime/base/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::http {

namespace {

template <class Frame>
Frame parsed(std::string_view text) {
  auto frame = parse_client_frame(text);
  EXPECT_TRUE(frame) << text << ": " << (frame ? "" : frame.error().message);
  auto* wanted = frame ? std::get_if<Frame>(&*frame) : nullptr;
  EXPECT_NE(wanted, nullptr) << text;
  return wanted != nullptr ? *wanted : Frame{};
}

std::string refused(std::string_view text, errc code = errc::invalid_payload) {
  auto frame = parse_client_frame(text);
  EXPECT_FALSE(frame) << text;
  if (frame)
    return {};
  EXPECT_EQ(to_string(frame.error().code), to_string(code)) << frame.error().message;
  return frame.error().message;
}

subscribe_query asked(query_parameters query) {
  auto parsed_query = parse_subscribe_query(query);
  EXPECT_TRUE(parsed_query) << (parsed_query ? "" : parsed_query.error().message);
  return parsed_query ? *parsed_query : subscribe_query{};
}

std::string refused_query(query_parameters query) {
  auto parsed_query = parse_subscribe_query(query);
  EXPECT_FALSE(parsed_query);
  return parsed_query ? std::string{} : parsed_query.error().message;
}

using kind = start_position::kind;

}  // namespace

TEST(WebsocketFrame, CreditWithAndWithoutBytes) {
  EXPECT_EQ(parsed<credit_frame>(R"({"type":"credit","records":500})").records, 500);
  auto both = parsed<credit_frame>(R"( { "bytes" : 1048576, "records":0,"type":"credit" } )");
  EXPECT_EQ(both.records, 0);
  EXPECT_EQ(both.bytes, 1048576);
}

TEST(WebsocketFrame, SeekByOffsetTimeAndPosition) {
  auto one = parsed<seek_frame>(R"({"type":"seek","partition":3,"offset":42})");
  EXPECT_EQ(one.partition, partition_id{3});
  EXPECT_EQ(one.to, (start_position{kind::offset, 42}));
  auto all = parsed<seek_frame>(R"({"type":"seek","timestamp":1700000000000})");
  EXPECT_FALSE(all.partition);
  EXPECT_EQ(all.to, (start_position{kind::timestamp, 1'700'000'000'000}));
  EXPECT_EQ(parsed<seek_frame>(R"({"type":"seek","position":"earliest"})").to.at, kind::earliest);
  EXPECT_EQ(parsed<seek_frame>(R"({"type":"seek","position":"latest"})").to.at, kind::latest);
}

TEST(WebsocketFrame, PauseAndResumeOfSomeOrAll) {
  EXPECT_TRUE(parsed<pause_frame>(R"({"type":"pause"})").partitions.empty());
  auto some = parsed<resume_frame>(R"({"type":"resume","partitions":[ 0 , 7 ]})").partitions;
  EXPECT_EQ(some, (std::vector{partition_id{0}, partition_id{7}}));
}

TEST(WebsocketFrame, ProduceKeepsTheRecordsAsTheyStand) {
  auto frame = parsed<produce_frame>(R"({"type":"produce","records":[ {"value":1e400} ],"id":9})");
  EXPECT_EQ(frame.id, "9");
  EXPECT_EQ(frame.records, R"([ {"value":1e400} ])");
}

TEST(WebsocketFrame, AnIdIsAnIntegerOrAShortString) {
  auto id_of = [](const std::string& id) {
    const auto text = R"({"type":"produce","records":[],"id":)" + id + "}";
    auto frame = parse_client_frame(text);
    return frame ? std::string{std::get<produce_frame>(*frame).id} : "refused";
  };
  const std::string longest(limits::websocket_id_bytes_max - 2, 'i');
  for (const std::string& good :
       {std::string{"-1"}, std::string{R"("a\u0062")"}, '"' + longest + '"'})
    EXPECT_EQ(id_of(good), good);
  for (const std::string& bad : {std::string{"1.5"}, std::string{"null"}, std::string{"{}"},
                                 std::string{"99999999999999999999"}, "\"i" + longest + '"'})
    EXPECT_EQ(id_of(bad), "refused") << bad;
}

TEST(WebsocketFrame, TheIdOfABadFrameIsFoundWhereverItStands) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"type":"produce","id":2})", "2"},
      {R"({"type":"produce","records":{},"id":"x"})", R"("x")"},
      {R"({"colour":1,"type":"produce","id":3,"records":[]})", "3"},
      {R"({"type":"pause","id":4})", "4"},
      {R"({"type":"produce","id":{},"records":[]})", ""},
      {R"({"type":"produce"})", ""},
      {R"([])", ""},
      {R"({"id":5,)", ""},
  };
  for (const auto& [text, expected] : cases) {
    std::string_view id;
    EXPECT_FALSE(parse_client_frame(text, &id)) << text;
    EXPECT_EQ(id, expected) << text;
  }
}

TEST(WebsocketFrame, AckIsUnderstood) {
  parsed<ack_frame>(R"({"type":"ack","topic":"t","partition":0,"offset":4})");
}

TEST(WebsocketFrame, NotJsonSaysWhere) {
  EXPECT_THAT(refused("{\"type\":\"pause\",}", errc::invalid_json),
              testing::HasSubstr("ine 1, column 17"));
  refused("", errc::invalid_json);
  refused("{", errc::invalid_json);
  refused(R"({"type":"pause"} x)", errc::invalid_json);
  refused(R"({"type":"pause"}{})", errc::invalid_json);
  refused(std::string(100'000, '['), errc::invalid_json);
}

TEST(WebsocketFrame, WrongShapesNameTheField) {
  using testing::HasSubstr;
  EXPECT_THAT(refused("[]"), HasSubstr("JSON object"));
  EXPECT_THAT(refused("17"), HasSubstr("JSON object"));
  EXPECT_THAT(refused("{}"), HasSubstr("'type' is missing"));
  EXPECT_THAT(refused(R"({"type":"dance"})"), HasSubstr("\"dance\""));
  EXPECT_THAT(refused(R"({"type":5})"), HasSubstr("Unknown frame type 5"));
  EXPECT_THAT(refused(R"({"type":"pause","colour":1})"), HasSubstr("Unknown field 'colour'"));
  EXPECT_THAT(refused(R"({"type":"pause","id":1})"), HasSubstr("has no field 'id'"));
  EXPECT_THAT(refused(R"({"type":"pause","type":"pause"})"), HasSubstr("'type' comes twice"));
  EXPECT_THAT(refused(R"({"type":"credit"})"), HasSubstr("'records' is missing"));
  EXPECT_THAT(refused(R"({"type":"credit","records":-1})"), HasSubstr("'records'"));
  EXPECT_THAT(refused(R"({"type":"credit","records":1.5})"), HasSubstr("'records'"));
  EXPECT_THAT(refused(R"({"type":"credit","records":99999999999999999999})"),
              HasSubstr("'records'"));
  EXPECT_THAT(refused(R"({"type":"seek","partition":0})"), HasSubstr("exactly one"));
  EXPECT_THAT(refused(R"({"type":"seek","offset":1,"timestamp":1})"), HasSubstr("exactly one"));
  EXPECT_THAT(refused(R"({"type":"seek","position":"middle"})"), HasSubstr("'position'"));
  EXPECT_THAT(refused(R"({"type":"seek","partition":4294967296,"offset":1})"),
              HasSubstr("'partition'"));
  EXPECT_THAT(refused(R"({"type":"pause","partitions":3})"), HasSubstr("'partitions'"));
  EXPECT_THAT(refused(R"({"type":"pause","partitions":[]})"), HasSubstr("must not be empty"));
  EXPECT_THAT(refused(R"({"type":"pause","partitions":["0"]})"), HasSubstr("'partitions'"));
  EXPECT_THAT(refused(R"({"type":"produce","records":[]})"), HasSubstr("'id' is missing"));
  EXPECT_THAT(refused(R"({"type":"produce","id":1,"records":{}})"), HasSubstr("must be an array"));
}

TEST(WebsocketFrame, MessagesQuoteOnlyTheBeginningOfWhatWasSent) {
  std::string name;
  for (int i = 0; i < 100'000; ++i)
    name += "\xc3\xa4";
  std::string message = refused("{\"" + name + "\":1}");
  EXPECT_LT(message.size(), 120u);
  EXPECT_TRUE(is_valid_utf8(message));
}

TEST(WebsocketQuery, DefaultsAreAllPartitionsLatestAndWhatFits) {
  auto query = asked({});
  EXPECT_TRUE(query.partitions.empty());
  EXPECT_EQ(query.from.at, kind::latest);
  EXPECT_EQ(query.format, std::nullopt);
  EXPECT_FALSE(query.manual_credit);
}

TEST(WebsocketQuery, EveryParameter) {
  auto query =
      asked({{"partitions", "5,0,3"}, {"from", "17"}, {"format", "binary"}, {"credit", "manual"}});
  EXPECT_EQ(query.partitions, (std::vector{partition_id{0}, partition_id{3}, partition_id{5}}));
  EXPECT_EQ(query.from, (start_position{kind::offset, 17}));
  EXPECT_EQ(query.format, embedded_format::binary);
  EXPECT_TRUE(query.manual_credit);
  EXPECT_EQ(asked({{"format", "auto"}}).format, std::nullopt);
  EXPECT_EQ(asked({{"format", "json"}}).format, embedded_format::json);
  EXPECT_EQ(asked({{"from", "earliest"}}).from.at, kind::earliest);
  EXPECT_EQ(asked({{"from", "timestamp:99"}}).from, (start_position{kind::timestamp, 99}));
}

TEST(WebsocketQuery, WhatIsWrongIsNamed) {
  using testing::HasSubstr;
  EXPECT_THAT(refused_query({{"form", "json"}}), HasSubstr("Unknown parameter 'form'"));
  EXPECT_THAT(refused_query({{"from", "1"}, {"from", "2"}}), HasSubstr("twice"));
  for (const char* bad : {"", ",", "0,", "-1", "a", "0,0", "4294967296", "0 1"})
    EXPECT_THAT(refused_query({{"partitions", bad}}), HasSubstr("'partitions'")) << bad;
  for (const char* bad : {"", "-1", "now", "timestamp:", "timestamp:x", "timestamp:-5", "1x"})
    EXPECT_THAT(refused_query({{"from", bad}}), HasSubstr("'from'")) << bad;
  EXPECT_THAT(refused_query({{"format", "xml"}}), HasSubstr("'format'"));
  EXPECT_THAT(refused_query({{"credit", "auto"}}), HasSubstr("'credit'"));
  std::string many = "0";
  for (std::size_t i = 1; i <= limits::websocket_subscriptions_max; ++i)
    many += "," + std::to_string(i);
  EXPECT_THAT(refused_query({{"partitions", many}}), HasSubstr("at most 1000"));
}

TEST(WebsocketQuery, OfProduction) {
  EXPECT_EQ(*parse_produce_query({}), embedded_format::json);
  EXPECT_EQ(*parse_produce_query({{"format", "text"}, {"acks", "1"}, {"timeout", "5"}}),
            embedded_format::text);
  EXPECT_FALSE(parse_produce_query({{"from", "1"}}));
  EXPECT_FALSE(parse_produce_query({{"format", "auto"}}));
  EXPECT_FALSE(parse_produce_query({{"acks", "1"}, {"acks", "0"}}));
}

}  // namespace troupe::http
