// The AsyncAPI document against the parser of frames and against itself.
#include "http/documents.hpp"
#include "http/parse_produce.hpp"
#include "http/parse_websocket.hpp"
#include "http/websocket.hpp"
#include "http/websocket_frames.hpp"
#include "tests/support/http/json_schema.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::testing {
namespace {

namespace json = boost::json;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const json::value& document() {
  static const json::value parsed = json::parse(*http::find_document("asyncapi.json"));
  return parsed;
}

const json::object& messages() { return document().at("components").at("messages").as_object(); }

TEST(AsyncApi, ChannelsAreThoseOfTheGateway) {
  std::vector<std::string> names;
  for (const auto& [name, channel] : document().at("channels").as_object())
    names.emplace_back(name);
  EXPECT_THAT(names,
              UnorderedElementsAre(http::websocket_subscribe_path, http::websocket_produce_path));
}

TEST(AsyncApi, ReferencesLeadSomewhereAndNothingIsLeftOver) {
  const json_schema schemas{document()};
  const auto text = json::serialize(document());
  constexpr std::string_view begin = "\"$ref\":\"";
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    const auto reference =
        text.substr(at + begin.size(), text.find('"', at + begin.size()) - at - begin.size());
    EXPECT_NE(schemas.resolve(reference), nullptr) << reference;
  }
  for (const auto& [kind, components] : document().at("components").as_object())
    for (const auto& [name, what] : components.as_object())
      EXPECT_NE(text.find(fmt::format("#/components/{}/{}\"", std::string_view{kind},
                                      std::string_view{name})),
                std::string::npos)
          << name;
}

TEST(AsyncApi, ExamplesFitTheirSchemas) {
  const json_schema schemas{document()};
  for (const auto& [name, message] : messages())
    for (const auto& example : message.at("examples").as_array())
      EXPECT_THAT(schemas.check(message.at("payload"), example.at("payload")), IsEmpty()) << name;
}

TEST(AsyncApi, WhatTheClientMaySendIsUnderstood) {
  for (auto name : {"credit", "seek", "pause", "resume", "produce"}) {
    for (const auto& example : messages().at(name).at("examples").as_array()) {
      const auto text = json::serialize(example.at("payload"));
      const auto frame = http::parse_client_frame(text);
      ASSERT_TRUE(frame) << text << ": " << to_string(frame.error());
      if (const auto* produce = std::get_if<http::produce_frame>(&*frame)) {
        EXPECT_TRUE(
            http::parse_produce_records(produce->records, http::embedded_format::json, true));
      }
    }
  }
}

TEST(AsyncApi, WhatTheServerSaysIsDescribed) {
  const json_schema schemas{document()};
  const auto fits = [&](std::string_view name, const std::string& text) {
    EXPECT_THAT(schemas.check(messages().at(name).at("payload"), json::parse(text)), IsEmpty())
        << text;
  };
  fits("caught_up", http::caught_up_text({"t", partition_id{3}}, 42));
  fits("error", http::error_text(error{errc::overloaded}));
  fits("error", http::error_text(error{errc::unknown_topic}, "7"));
  fits("error", http::error_text(error{errc::unknown_topic}, "\"mine\""));
  fits("error", http::record_error_text(error{errc::not_representable}, {"t", partition_id{3}}, 7));
  fits("partition_added", http::partition_added_text({"t", partition_id{3}}, 0));
}

}  // namespace
}  // namespace troupe::testing
