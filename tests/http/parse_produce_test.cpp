#include "http/parse_produce.hpp"

#include "runtime/base/limits.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::http {
namespace {

using ::testing::HasSubstr;
using enum embedded_format;

/// Parses and keeps the text alive.
struct parsed {
  explicit parsed(std::string text, embedded_format format = json, bool allow_partition = true)
      : body(std::make_unique<std::string>(std::move(text))),
        got(parse_produce_body(*body, format, allow_partition)) {}

  const incoming_record& record(std::size_t i) const { return got->records.at(i); }

  std::unique_ptr<std::string> body;
  result<produce_body> got;
};

std::string one(std::string_view record) { return fmt::format(R"({{"records":[{}]}})", record); }

TEST(ParseProduce, JsonValuesAreKeptByteForByte) {
  for (std::string_view value :
       {R"({"a" : [1,  2.50, 1e400],"é":"\u00e9"})", R"("text")", "123456789012345678901234567890",
        "true", "[]", R"("\ud800")", "-0.0"}) {
    parsed in{one(fmt::format(R"({{ "value" :  {} }})", value))};
    ASSERT_TRUE(in.got) << in.got.error().message;
    EXPECT_EQ(in.record(0).data.value, value);
  }
}

TEST(ParseProduce, JsonKeysHaveOneSpelling) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"("alice")", R"("alice")"},
      {R"("\u0061lice")", R"("alice")"},
      {R"("a b")", R"("a b")"},
      {R"("\/\"\\\b\f\n\r\t")", R"("/\"\\\b\f\n\r\t")"},
      {R"("\u0022\u005C\u000a\u001f\u007f")", "\"\\\"\\\\\\n\\u001F\x7f\""},
      {R"("\u00e9\ud83d\ude00")", "\"\xc3\xa9\xf0\x9f\x98\x80\""},
      {R"("\ud800x\udc00")", R"("\ud800x\udc00")"},
      {"{ \"b\" : [ 1 ,\t2.50,1e400 ] ,\r\n\"a b\":\" x\" }", R"({"b":[1,2.50,1e400],"a b":" x"})"},
      {"-0.0", "-0.0"},
      {"true", "true"},
  };
  for (const auto& [sent, kept] : cases) {
    parsed in{one(fmt::format(R"({{"key": {} , "value":{}}})", sent, sent))};
    ASSERT_TRUE(in.got) << in.got.error().message;
    EXPECT_EQ(in.record(0).data.key, kept) << sent;
    EXPECT_EQ(in.record(0).data.value, sent);
  }
  parsed text{one(R"({"key":"\u0061 b","value":""})"), embedded_format::text};
  EXPECT_EQ(text.record(0).data.key, "a b") << "text keys are their characters";
}

TEST(ParseProduce, TextIsUnescapedAndBinaryDecoded) {
  parsed text{one(R"({"key":"k","value":"a\n\ud83d\ude00b"})"), embedded_format::text};
  ASSERT_TRUE(text.got);
  EXPECT_EQ(text.record(0).data.key, "k");
  EXPECT_EQ(text.record(0).data.value,
            "a\n\xf0\x9f\x98\x80"
            "b");
  parsed base64{one(R"({"key":"","value":"\/\/8="})"), binary};
  ASSERT_TRUE(base64.got);
  EXPECT_EQ(base64.record(0).data.key, "");
  EXPECT_EQ(base64.record(0).data.value, "\xff\xff");
}

TEST(ParseProduce, NullIsATombstoneInEveryFormat) {
  for (auto format : {binary, json, embedded_format::text}) {
    parsed in{one(R"({"key":null,"value":null,"partition":null,"timestamp":null,"headers":null})"),
              format};
    ASSERT_TRUE(in.got) << in.got.error().message;
    EXPECT_EQ(in.record(0).data.key, std::nullopt);
    EXPECT_EQ(in.record(0).data.value, std::nullopt);
    EXPECT_EQ(in.record(0).partition, std::nullopt);
    EXPECT_FALSE(in.record(0).has_timestamp);
    EXPECT_TRUE(in.record(0).data.headers.empty());
  }
}

TEST(ParseProduce, EveryFieldArrives) {
  parsed in{one(R"({"headers":[{"key":"h\n1","value":"dmFsdWUx"},{"value":null,"key":"h"}],)"
                R"("timestamp":1591897790000,"partition":2147483647,"value":1})")};
  ASSERT_TRUE(in.got) << in.got.error().message;
  const auto& record = in.record(0);
  EXPECT_EQ(record.partition, partition_id{2147483647});
  EXPECT_TRUE(record.has_timestamp);
  EXPECT_EQ(record.data.timestamp, 1591897790000);
  ASSERT_EQ(record.data.headers.size(), 2u);
  EXPECT_EQ(record.data.headers[0], (record_header{"h\n1", "value1"}));
  EXPECT_EQ(record.data.headers[1], (record_header{"h", std::nullopt}));
}

TEST(ParseProduce, ABadRecordIsRejectedAlone) {
  parsed in{R"({"records":[{"value":"AAAA"},{"value":"A"},{"key":"*","value":"AAAA"},)"
            R"({"value":"AAAA","headers":[{"key":"h","value":"!"}]},{"value":"AAAA"}]})",
            binary};
  ASSERT_TRUE(in.got) << in.got.error().message;
  EXPECT_FALSE(in.record(0).rejected);
  EXPECT_EQ(in.record(1).rejected,
            (error{errc::invalid_record, "records[1].value is not base64."}));
  EXPECT_EQ(in.record(2).rejected->message, "records[2].key is not base64.");
  EXPECT_EQ(in.record(3).rejected->message, "records[3].headers[0].value is not base64.");
  EXPECT_FALSE(in.record(4).rejected);
  parsed text{one(R"({"value":"\ud800"})"), embedded_format::text};
  ASSERT_TRUE(text.got);
  EXPECT_THAT(text.record(0).rejected->message, HasSubstr("records[0].value holds half"));
}

struct bad_body {
  std::string text;
  errc code;
  std::string_view message;
  embedded_format format = json;
  bool allow_partition = true;
};

void expect_refused(const bad_body& each) {
  parsed in{each.text, each.format, each.allow_partition};
  ASSERT_FALSE(in.got) << each.text.substr(0, 200);
  EXPECT_EQ(in.got.error().code, each.code) << each.text.substr(0, 200) << in.got.error().message;
  EXPECT_THAT(in.got.error().message, HasSubstr(each.message)) << each.text.substr(0, 200);
}

TEST(ParseProduce, MalformedJsonSaysLineAndColumn) {
  for (const auto& each : std::initializer_list<bad_body>{
           {"", errc::empty_body, "needs a body"},
           {" ", errc::invalid_json, "Line 1, column 2: expected a value but found the end."},
           {"{", errc::invalid_json, "Line 1, column 2"},
           {"{\"records\"", errc::invalid_json, "expected ':'"},
           {"{\"records\":", errc::invalid_json, "expected a value"},
           {"{\"records\":[", errc::invalid_json, "expected a value"},
           {"{\"records\":[{\"value\":1}", errc::invalid_json, "expected ',' or ']'"},
           {"{\"records\":[{\"value\":1}]", errc::invalid_json, "expected ',' or '}'"},
           {"{\"records\":[{\"value\":1},]}", errc::invalid_json,
            "Line 1, column 25: expected a value"},
           {"{\"records\":[{\"value\":1,}]}", errc::invalid_json, "expected a field name"},
           {"{\"records\":[{\"value\":1}]} 1", errc::invalid_json, "expected the end of the text"},
           {"{\"records\":[{\"value\":nul}]}", errc::invalid_json, "Line 1, column 22"},
           {"{\"records\":[{\"value\":01}]}", errc::invalid_json,
            "expected ',' or '}' but found '1'"},
           {"{\n\"records\":[\n{\"value\":\"a\nb\"}]}", errc::invalid_json, "Line 3, column 12"},
           {"{\"records\":[{\"value\":\"\\q\"}]}", errc::invalid_json, "after a backslash"},
           {"{\"records\":[{\"value\":\"\xc3(\"}]}", errc::invalid_json, "not valid UTF-8"},
           {"{\"records\":[{\"value\":" + std::string(65, '[') + std::string(65, ']') + "}]}",
            errc::invalid_json, "no deeper nesting"},
           {"{\"records\":[{\"value\":" + std::string(100'000, '['), errc::invalid_json, "nesting"},
       })
    expect_refused(each);
}

TEST(ParseProduce, AWrongShapeSaysThePath) {
  for (const auto& each : std::initializer_list<bad_body>{
           {"[]", errc::invalid_payload, "The body must be an object, not an array."},
           {"\"x\"", errc::invalid_payload, "not a string"},
           {"null", errc::invalid_payload, "not null"},
           {"{}", errc::invalid_payload, "The body has no field 'records'."},
           {"{\"record\":[]}", errc::invalid_payload, "unknown field 'record'; known are records."},
           {"{\"records\":{}}", errc::invalid_payload, "records must be an array, not an object."},
           {"{\"records\":null}", errc::invalid_payload, "records must be an array, not null."},
           {"{\"records\":[]}", errc::invalid_payload, "records must hold at least one record."},
           {"{\"records\":[1]}", errc::invalid_payload,
            "records[0] must be an object, not a number."},
           {"{\"records\":[{\"value\":1},null]}", errc::invalid_payload, "records[1] must be"},
           {"{\"records\":[{\"value\":1}],\"records\":[]}", errc::invalid_payload,
            "'records' twice"},
           {one("{}"), errc::invalid_payload, "records[0] has no field 'value'; a tombstone"},
           {one(R"({"key":"k"})"), errc::invalid_payload, "records[0] has no field 'value'"},
           {one(R"({"value":1,"parition":0})"), errc::invalid_payload, "unknown field 'parition'"},
           {one(R"({"value":1,"value":2})"), errc::invalid_payload,
            "records[0] has the field 'value' twice."},
           {one(R"({"value":1,"valu\u0065":2})"), errc::invalid_payload, "'value' twice."},
           {one(R"({"value":1,"partition":-1})"), errc::invalid_payload,
            "between 0 and 2147483647"},
           {one(R"({"value":1,"partition":2147483648})"), errc::invalid_payload,
            "records[0].partition"},
           {one(R"({"value":1,"partition":1.5})"), errc::invalid_payload, "must be an integer."},
           {one(R"({"value":1,"partition":"0"})"), errc::invalid_payload,
            "records[0].partition must be an integer, not a string."},
           {one(R"({"value":1,"partition":0})"), errc::invalid_payload,
            "records[0].partition is not allowed here", json, false},
           {one(R"({"value":1,"timestamp":-1})"), errc::invalid_payload,
            "records[0].timestamp must"},
           {one(R"({"value":1,"timestamp":9223372036854775808})"), errc::invalid_payload,
            "timestamp"},
           {one(R"({"value":1,"timestamp":"now"})"), errc::invalid_payload, "not a string"},
           {one(R"({"value":1,"headers":{}})"), errc::invalid_payload,
            "records[0].headers must be an array"},
           {one(R"({"value":1,"headers":[1]})"), errc::invalid_payload,
            "records[0].headers[0] must be"},
           {one(R"({"value":1,"headers":[{"key":"k"}]})"), errc::invalid_payload,
            "headers[0] has no field 'value'"},
           {one(R"({"value":1,"headers":[{"value":"AAAA"}]})"), errc::invalid_payload,
            "has no field 'key'"},
           {one(R"({"value":1,"headers":[{"key":null,"value":""}]})"), errc::invalid_payload,
            "headers[0].key must"},
           {one(R"({"value":1,"headers":[{"key":"k","value":1}]})"), errc::invalid_payload,
            "headers[0].value must"},
           {one(R"({"value":1,"headers":[{"key":"k","value":"","x":1}]})"), errc::invalid_payload,
            "unknown field 'x'"},
           {one(R"({"value":1})"), errc::invalid_payload,
            "records[0].value must be a string, not a number.", binary},
           {one(R"({"value":{}})"), errc::invalid_payload,
            "records[0].value must be a string, not an object.", embedded_format::text},
           {one(R"({"key":true,"value":"a"})"), errc::invalid_payload,
            "records[0].key must be a string", embedded_format::text},
       })
    expect_refused(each);
}

TEST(ParseProduce, TooManyRecordsOrHeadersAreRefused) {
  auto list = [](std::string_view item, std::size_t count) {
    std::string out{item};
    for (std::size_t i = 1; i < count; ++i)
      out.append(",").append(item);
    return out;
  };
  std::string_view record = R"({"value":1})";
  EXPECT_TRUE(parsed{one(list(record, limits::produce_records_max))}.got);
  expect_refused({one(list(record, limits::produce_records_max + 1)), errc::invalid_payload,
                  "records[100000] is one too many"});
  auto headers = [&](std::size_t count) {
    return one(
        fmt::format(R"({{"value":1,"headers":[{}]}})", list(R"({"key":"k","value":""})", count)));
  };
  EXPECT_TRUE(parsed{headers(limits::record_headers_max)}.got);
  expect_refused({headers(limits::record_headers_max + 1), errc::invalid_payload,
                  "records[0].headers[1000] is one too many"});
}

TEST(ParseProduce, EveryCutOfABodyIsRefused) {
  std::string text = one(R"({"key":"a\n","value":"AAAA","timestamp":12,"partition":0,)"
                         R"("headers":[{"key":"h","value":"AAAA"}]})");
  for (auto format : {binary, json, embedded_format::text}) {
    ASSERT_TRUE(parsed(text, format).got);
    for (std::size_t size = 0; size < text.size(); ++size)
      EXPECT_FALSE(parsed(text.substr(0, size), format).got) << size;
  }
}

TEST(ParseProduce, ABareArrayIsReadTheSame) {
  auto got = parse_produce_records(R"([{"value":1},{"value":2}])", json, true);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->records.size(), 2u);
  auto bad = parse_produce_records(R"([{"value":1},{"valu":2}])", json, true);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("records[1] has an unknown field 'valu'"));
}

}  // namespace
}  // namespace troupe::http
