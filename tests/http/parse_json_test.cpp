#include "http/json_reader.hpp"
#include "http/json_scan.hpp"
#include "http/record_format.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/rng.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::http {
namespace {

using ::testing::HasSubstr;

std::string repeat(std::string_view what, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += what;
  return out;
}

TEST(Json, WhatTheGrammarAllowsIsAccepted) {
  for (std::string_view text : {"null",
                                "true",
                                "false",
                                "0",
                                "-0",
                                "12",
                                "-1.5",
                                "1e3",
                                "1E+3",
                                "0.0e-0",
                                "1.7976931348623157e309",
                                "123456789012345678901234567890",
                                R"("")",
                                R"("a")",
                                R"("\"\\\/\b\f\n\r\tA")",
                                R"("\ud800")",
                                R"("\udc00\ud800")",
                                "\"\x7f\"",
                                R"("0123456789abcdef0123456789abcdef\n")",
                                "[]",
                                "[ ]",
                                "[1]",
                                "[[],[]]",
                                "{}",
                                "{ }",
                                R"({"a":1})",
                                R"({"a":{"a":[]},"a":2})",
                                " \t\r\n{ \"a\" : [ 1 , 2 ] } \n",
                                "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""})
    EXPECT_TRUE(is_valid_json(text)) << text;
}

TEST(Json, WhatTheGrammarForbidsIsRefused) {
  for (std::string_view text : {"",
                                " ",
                                "nul",
                                "nulll",
                                "True",
                                "tru",
                                "NaN",
                                "Infinity",
                                "+1",
                                "01",
                                "-",
                                "1.",
                                ".5",
                                "1e",
                                "1e+",
                                "-a",
                                "0x1",
                                "1 2",
                                "\"",
                                "\"a",
                                R"("\")",
                                R"("\x")",
                                R"("\u12")",
                                R"("\u12g4")",
                                "\"\n\"",
                                "\"0123456789abcde\x01\"",
                                "'a'",
                                "[",
                                "]",
                                "[1",
                                "[1,",
                                "[1,]",
                                "[,1]",
                                "[1 2]",
                                "[1}",
                                "{",
                                "}",
                                "{1:2}",
                                "{a:1}",
                                R"({"a")",
                                R"({"a":)",
                                R"({"a":1)",
                                R"({"a":1,})",
                                R"({"a" 1})",
                                R"({"a":1]"})",
                                R"({"a":1 "b":2})",
                                "{}{}",
                                "[]]",
                                "// c\n1",
                                "\xef\xbb\xbf{}",
                                "\"\xc3\"",
                                "\"\xff\"",
                                "\"\xc0\x80\"",
                                "\"\xed\xa0\x80\"",
                                "\"\xf4\x90\x80\x80\""})
    EXPECT_FALSE(is_valid_json(text)) << text;
  EXPECT_FALSE(is_valid_json(std::string_view("\"a\0b\"", 5)));
  EXPECT_FALSE(is_valid_json(std::string_view("\"\\\0\"", 4)));
}

TEST(Json, NestingEndsAtTheLimit) {
  for (std::string_view open : {"[", "{\"a\":"}) {
    std::string_view close = open == "[" ? "]" : "}";
    auto nested = [&](std::size_t depth) {
      return repeat(open, depth) + "1" + repeat(close, depth);
    };
    EXPECT_TRUE(is_valid_json(nested(limits::json_depth_max)));
    EXPECT_FALSE(is_valid_json(nested(limits::json_depth_max + 1)));
    EXPECT_FALSE(is_valid_json(repeat(open, 1'000'000)));
  }
}

TEST(Json, EveryCutOfADocumentIsRefused) {
  std::string text = R"({"a":[1.5e3,{"b":"xé\n"},true,false,null],"c":{"d":-0.1}})";
  ASSERT_TRUE(is_valid_json(text));
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(is_valid_json(text.substr(0, size))) << size;
}

TEST(Json, AgreesWithAnotherParserOnDamagedDocuments) {
  rng random{7};
  const std::string seed =
      R"({"records":[{"key":"k1","value":{"a":[1,-2.50e+3,"x\n\"y"],"b":null}},{"value":true}]} )";
  constexpr std::string_view letters = "{}[]:,\"\\ue01-.+tfn \n\x80\xc3\xa9";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seed;
    for (auto left = 1 + random.below(3); left > 0; --left) {
      auto at = random.below(text.size());
      char letter = letters[random.below(letters.size())];
      switch (random.below(3)) {
        case 0: text[at] = letter; break;
        case 1: text.erase(at, 1); break;
        default: text.insert(at, 1, letter); break;
      }
    }
    boost::json::error_code fault;
    boost::json::parse(text, fault);
    // Half a pair of surrogates is a matter of characters, not of grammar.
    bool good = !fault || fault == boost::json::error::illegal_leading_surrogate ||
                fault == boost::json::error::illegal_trailing_surrogate ||
                fault == boost::json::error::expected_utf16_escape;
    EXPECT_EQ(is_valid_json(text), good) << text << ": " << fault.message();
  }
}

TEST(Json, AFaultSaysItsPlace) {
  std::string text = "{\n  \"a\": [1,\n  \"\xc3\xa4\" x]\n}";
  json_scan fault = scan_json_value(text.data(), text.data() + text.size());
  EXPECT_EQ(describe(fault, text), "Line 3, column 7: expected ',' or ']' but found 'x'.");
  text = "{\"a\":1";
  fault = scan_json_value(text.data(), text.data() + text.size());
  EXPECT_EQ(describe(fault, text), "Line 1, column 7: expected ',' or '}' but found the end.");
}

TEST(Json, WrittenStringsAreReadBackByAnotherParser) {
  rng random{3};
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (auto left = random.below(60); left > 0; --left) {
      constexpr std::string_view pieces[] = {"a",
                                             "\"",
                                             "\\",
                                             "\n",
                                             "\x01",
                                             "\x1f",
                                             "\x7f",
                                             "\xc3\xa9",
                                             "\xf0\x9f\x98\x80",
                                             "/",
                                             "0123456789abcdef"};
      text += pieces[random.below(std::size(pieces))];
    }
    std::string written;
    append_json_string(written, text);
    EXPECT_EQ(boost::json::value_to<std::string>(boost::json::parse(written)), text);
  }
}

std::optional<std::string> unescape(std::string_view raw) {
  std::string out(raw.size(), '?');
  auto size = unescape_json(out.data(), raw);
  if (!size)
    return std::nullopt;
  out.resize(*size);
  return out;
}

TEST(Json, EscapesBecomeCharacters) {
  EXPECT_EQ(unescape(R"(a\"b\\c\/d\be\ff\ng\rh\ti)"), "a\"b\\c/d\be\ff\ng\rh\ti");
  EXPECT_EQ(unescape(R"(\u0041\u00e9\u20ac\uD83D\ude00)"), "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(unescape("0123456789abcdef0123456789abcdef"), "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(unescape(""), "");
}

TEST(Json, HalfASurrogatePairIsNoCharacter) {
  for (std::string_view raw : {R"(\ud83d)", R"(\ude00)", R"(\ud83dx)", R"(\ud83d\n)",
                               R"(\ud83d\u0041)", R"(\ude00\ud83d)", R"(\ud83d\ud83d\ude00)"})
    EXPECT_EQ(unescape(raw), std::nullopt) << raw;
}

constexpr auto shape = std::to_array<std::string_view>({"name", "count", "on"});

error read_shape(std::string_view text) {
  json_reader in{text};
  std::string name;
  std::int64_t count = 0;
  bool on = false;
  if (in.enter_object())
    for (int field; (field = in.next_field(shape)) >= 0;) {
      if (field == 0)
        in.read_string(name);
      if (field == 1)
        in.read_integer(count, -5, 100);
      if (field == 2)
        in.read_boolean(on);
    }
  return in.finish() ? error{errc::none, {}} : in.failure();
}

struct bad_shape {
  std::string_view text;
  errc code;
  std::string_view message;
};

TEST(JsonReader, ReadsAShape) {
  EXPECT_EQ(read_shape(R"( {"name":"x","count":-5,"on":true} )").code, errc::none);
  EXPECT_EQ(read_shape("{}").code, errc::none);
  EXPECT_EQ(read_shape(R"({"n\u0061me":"x"})").code, errc::none);
}

TEST(JsonReader, SaysWhatIsWrongAndWhere) {
  for (const auto& each : std::initializer_list<bad_shape>{
           {"", errc::invalid_json, "Line 1, column 1: expected a value but found the end."},
           {"[]", errc::invalid_payload, "The body must be an object, not an array."},
           {"{\"name\":1}", errc::invalid_payload, "name must be a string, not a number."},
           {"{\"count\":\"1\"}", errc::invalid_payload, "count must be an integer, not a string."},
           {"{\"count\":1.0}", errc::invalid_payload, "count must be an integer."},
           {"{\"count\":1e2}", errc::invalid_payload, "count must be an integer."},
           {"{\"count\":101}", errc::invalid_payload,
            "count must be an integer between -5 and 100."},
           {"{\"count\":-6}", errc::invalid_payload,
            "count must be an integer between -5 and 100."},
           {"{\"count\":99999999999999999999}", errc::invalid_payload, "between -5 and 100."},
           {"{\"on\":null}", errc::invalid_payload, "on must be a boolean, not null."},
           {"{\"on\":tru}", errc::invalid_json, "Line 1, column 7"},
           {"{\"nmae\":1}", errc::invalid_payload,
            "unknown field 'nmae'; known are name, count, on."},
           {"{\"on\":true,\"o\\u006e\":true}", errc::invalid_payload, "has the field 'on' twice."},
           {"{\"\\ud800\":1}", errc::invalid_payload, "half a surrogate pair"},
           {"{\"name\":\"\\ud800\"}", errc::invalid_payload, "name holds half a surrogate pair"},
           {"{\"on\":true,}", errc::invalid_json, "Line 1, column 12: expected a field name"},
           {"{\"on\":true}x", errc::invalid_json, "expected the end of the text but found 'x'"},
           {"{\"name\":\"a\xff\"}", errc::invalid_json,
            "Line 1, column 11: the text is not valid UTF-8."},
       }) {
    error found = read_shape(each.text);
    EXPECT_EQ(found.code, each.code) << each.text << ": " << found.message;
    EXPECT_THAT(found.message, HasSubstr(each.message)) << each.text;
  }
}

TEST(JsonReader, FindsInvalidUtf8AnywhereInALongText) {
  for (std::size_t at : {0u, 63u, 64u, 4095u, 4096u, 10'000u}) {
    std::string text = "\"" + std::string(12'000, 'a') + "\"";
    text[1 + at] = '\xff';
    json_reader in{text};
    EXPECT_THAT(in.failure().message, HasSubstr(fmt::format("column {}:", at + 2)));
  }
}

TEST(JsonReader, AnUnknownFieldOfAnySizeMakesAShortMessage) {
  std::string text = "{\"" + repeat("\xe2\x82\xac", 100'000) + "\":1}";
  error found = read_shape(text);
  EXPECT_LT(found.message.size(), 200u);
  EXPECT_TRUE(is_valid_utf8(found.message));
}

}  // namespace
}  // namespace troupe::http
