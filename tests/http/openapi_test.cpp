// The OpenAPI document against the routing tables, the error table, and a live gateway: every
// operation is called with the parameters and bodies of its examples, and every answer must have a
// status and a shape that the document has for it.
#include "http/documents.hpp"
#include "http/exchange.hpp"
#include "tests/support/http/json_schema.hpp"
#include "tests/support/http/v3_fixture.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace troupe::testing {
namespace {

namespace json = boost::json;
using ::testing::IsEmpty;

const json::value& document() {
  static const json::value parsed = json::parse(*http::find_document("openapi.json"));
  return parsed;
}

struct operation {
  std::string method;  ///< "get"
  std::string path;
  const json::object* item = nullptr;
  const json::object* body = nullptr;

  /// Of a known API, and answered with 501.
  bool is_missing() const {
    return body->at("tags").as_array().front() == json::value("Not in this version");
  }
  std::string id() const { return std::string{body->at("operationId").as_string()}; }
};

std::vector<operation> operations() {
  std::vector<operation> out;
  for (const auto& [path, item] : document().at("paths").as_object())
    for (const auto& [method, what] : item.as_object())
      if (method != "parameters")
        out.push_back(
            {std::string{method}, std::string{path}, &item.as_object(), &what.as_object()});
  return out;
}

const json::value& followed(const json::value& x) {
  const auto* reference = x.as_object().if_contains("$ref");
  return reference == nullptr ? x : *json_schema{document()}.resolve(reference->as_string());
}

template <class F>
void for_each_object(const json::value& x, F each) {
  if (x.is_array())
    for (const auto& item : x.as_array())
      for_each_object(item, each);
  if (!x.is_object())
    return;
  each(x.as_object());
  for (const auto& [name, field] : x.as_object())
    for_each_object(field, each);
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// -- the document -------------------------------------------------------------

TEST(OpenApi, RoutesAndDocumentAreTheSame) {
  std::set<std::string> routed;
  for (auto table :
       {http::v2_routes(), http::v3_routes(), http::service_routes(), http::unsupported_routes()})
    for (const auto& route : table)
      routed.insert(
          fmt::format("{} {}", lower(std::string_view{boost::beast::http::to_string(route.method)}),
                      route.pattern));
  std::set<std::string> documented;
  for (const auto& each : operations())
    documented.insert(each.method + " " + each.path);
  EXPECT_EQ(routed, documented);
}

/// What a web page of another origin, or a body of the wrong type, is told.
TEST(OpenApi, RefusalsThatManyRoutesShareAreDocumented) {
  for (const auto& each : operations()) {
    const auto& responses = each.body->at("responses").as_object();
    EXPECT_EQ(responses.contains("403"), each.method != "get") << each.id();
    EXPECT_TRUE(responses.contains("415") || !each.body->contains("requestBody")) << each.id();
    EXPECT_EQ(responses.contains("501") && !responses.contains("200"), each.is_missing())
        << each.id();
  }
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const json_schema schemas{document()};
  for_each_object(document(), [&](const json::object& x) {
    if (const auto* reference = x.if_contains("$ref");
        reference != nullptr && reference->is_string()) {
      EXPECT_NE(schemas.resolve(reference->as_string()), nullptr) << *reference;
    }
  });
}

TEST(OpenApi, EveryComponentIsUsed) {
  const auto text = json::serialize(document());
  for (const auto& [kind, components] : document().at("components").as_object())
    for (const auto& [name, what] : components.as_object())
      EXPECT_NE(text.find(fmt::format("#/components/{}/{}\"", std::string_view{kind},
                                      std::string_view{name})),
                std::string::npos)
          << name;
}

TEST(OpenApi, OperationIdsAreUnique) {
  std::set<std::string> seen;
  for (const auto& each : operations())
    EXPECT_TRUE(seen.insert(each.id()).second) << each.id();
}

TEST(OpenApi, PathParametersAreDeclared) {
  for (const auto& each : operations()) {
    std::set<std::string> declared;
    if (const auto* list = each.item->if_contains("parameters"))
      for (const auto& x : list->as_array())
        declared.insert(followed(x).at("name").as_string().c_str());
    std::set<std::string> named;
    for (auto at = each.path.find('{'); at != std::string::npos; at = each.path.find('{', at + 1))
      named.insert(each.path.substr(at + 1, each.path.find('}', at) - at - 1));
    EXPECT_EQ(named, declared) << each.path;
  }
}

/// The examples of an error response are called as the rows of the error table.
TEST(OpenApi, ErrorsAreThoseOfTheTable) {
  std::map<std::string_view, const error_info*> table;
#define TROUPE_ROW(name, http, code, kafka, retriable, meaning) table[#name] = &info_of(errc::name);
  TROUPE_ERRORS(TROUPE_ROW)
#undef TROUPE_ROW
  for (const auto& each : operations()) {
    for (const auto& [status, response] : each.body->at("responses").as_object()) {
      if (std::string_view{status} < "400" || each.path == "/healthz" || each.path == "/readyz")
        continue;
      const auto& examples =
          followed(response).at("content").at("application/json").at("examples").as_object();
      for (const auto& [name, example] : examples) {
        ASSERT_TRUE(table.count(name)) << name;
        EXPECT_EQ(std::to_string(table[name]->http_status), std::string_view{status}) << name;
        EXPECT_EQ(example.at("value").at("error_code"), is(table[name]->code)) << name;
        const bool retry = table[name]->retriable && (status == "429" || status == "503");
        EXPECT_EQ(followed(response).as_object().contains("headers"), retry) << name;
      }
    }
  }
}

/// The page for people has one row per row of the error table.
TEST(OpenApi, ThePageForPeopleListsEveryError) {
  const auto page = std::filesystem::path{__FILE__}.parent_path() / "../../docs/http.md";
  std::ifstream file{page};
  ASSERT_TRUE(file) << page;
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
#define TROUPE_ROW(name, http, code, kafka, retriable, meaning) \
  rows[#name] = fmt::format("| {} | {} | `{}` | {} |", code, http, #name, retriable ? "yes" : "no");
  std::map<std::string, std::string> rows;
  TROUPE_ERRORS(TROUPE_ROW)
#undef TROUPE_ROW
  rows.erase("none");
  for (const auto& [name, row] : rows)
    EXPECT_NE(text.find(row), std::string::npos) << row;
}

/// And it names every route: a prefix of paths may stand as an ellipsis.
TEST(OpenApi, ThePageForPeopleNamesEveryRouteOfTheClusters) {
  const auto page = std::filesystem::path{__FILE__}.parent_path() / "../../docs/http.md";
  std::ifstream file{page};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  for (std::string_view last : {"broker-configs", "partition-replicas", "records:batch",
                                "configs:alter", "/offset", "/replicas", "/reassignment"})
    EXPECT_NE(text.find(last), std::string::npos) << last;
}

TEST(OpenApi, ExamplesFitTheirSchemas) {
  const json_schema schemas{document()};
  for_each_object(document(), [&](const json::object& x) {
    const auto* schema = x.if_contains("schema");
    if (schema == nullptr || !schema->is_object())
      return;
    if (const auto* one = x.if_contains("example")) {
      EXPECT_THAT(schemas.check(*schema, *one), IsEmpty()) << *one;
    }
    if (const auto* many = x.if_contains("examples"); many != nullptr && many->is_object()) {
      for (const auto& [name, example] : many->as_object())
        EXPECT_THAT(schemas.check(*schema, example.at("value")), IsEmpty()) << name;
    }
  });
}

// -- the document and the gateway ---------------------------------------------

class OpenApiLive : public v3_fixture {
 protected:
  /// The URL of an operation with the examples of its parameters; `with` goes before those.
  std::string url_of(const operation& what, const std::map<std::string, std::string>& with = {}) {
    auto out = what.path;
    std::string query;
    for (const auto* list :
         {what.item->if_contains("parameters"), what.body->if_contains("parameters")}) {
      if (list == nullptr)
        continue;
      for (const auto& reference : list->as_array()) {
        const auto& parameter = followed(reference);
        const std::string name{parameter.at("name").as_string()};
        const auto given = with.find(name);
        const auto value = name == "cluster_id"  ? server().cluster_id()
                           : given != with.end() ? given->second
                                                 : text_of(parameter.at("example"));
        if (parameter.at("in") == json::value("path"))
          out.replace(out.find("{" + name + "}"), name.size() + 2, value);
        else
          query += (query.empty() ? "?" : "&") + name + "=" + value;
      }
    }
    return out + query;
  }

  static std::string text_of(const json::value& x) {
    return x.is_string() ? std::string{x.as_string()} : json::serialize(x);
  }

  void expect_documented(const operation& what, const http_answer& answer) {
    SCOPED_TRACE(fmt::format("{}: {} {}", what.id(), answer.status, answer.body.substr(0, 500)));
    const auto& responses = what.body->at("responses").as_object();
    const auto* found = responses.if_contains(std::to_string(answer.status));
    ASSERT_NE(found, nullptr) << "the status is not documented";
    const auto* content = followed(*found).as_object().if_contains("content");
    if (content == nullptr) {
      EXPECT_EQ(answer.body, "");
      return;
    }
    auto type = answer.headers.at("content-type");
    type = type.substr(0, type.find(';'));
    const auto* media = content->as_object().if_contains(type);
    ASSERT_NE(media, nullptr) << type << " is not documented";
    if (!type.ends_with("json"))
      return;
    const json_schema schemas{document()};
    const bool many = media->as_object().contains("x-concatenated");
    for (const auto& value :
         many ? parse_lines(answer.body) : std::vector{json::parse(answer.body)})
      EXPECT_THAT(schemas.check(media->at("schema"), value), IsEmpty());
  }

  void call(const operation& what) {
    const auto* body = what.body->if_contains("requestBody");
    if (body == nullptr)
      return finish(what, client.send(upper(what.method), url_of(what), "", ""));
    for (const auto& [type, media] : body->at("content").as_object())
      for (const auto& [name, example] : media.at("examples").as_object())
        finish(what, client.send(upper(what.method), url_of(what),
                                 json::serialize(example.at("value")), type));
  }

  void finish(const operation& what, const http_answer& answer) {
    expect_documented(what, answer);
    // What an example shows must work; a partition that stays where it is has nothing to tell.
    if (what.is_missing()) {
      EXPECT_EQ(answer.status, 501u) << what.id();
      return;
    }
    EXPECT_TRUE(answer.status < 300 || (what.id() == "getReassignment" && answer.status == 404))
        << what.id() << ": " << answer.status << ' ' << answer.body;
  }

  static std::string upper(std::string text) {
    for (auto& c : text)
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  }

  static operation find(std::string_view id) {
    for (auto& each : operations())
      if (each.id() == id)
        return each;
    throw std::out_of_range{std::string{id}};
  }
};

TEST_F(OpenApiLive, EveryExampleWorksAsDocumented) {
  // The topic of the examples first, then records to read; its end comes last.
  call(find("createTopic"));
  call(find("produceToTopic"));
  for (const auto& each : operations())
    if (each.id() != "createTopic" && each.id() != "deleteTopic")
      call(each);
  call(find("deleteTopic"));
}

TEST_F(OpenApiLive, WhatIsNotThereIsDocumented) {
  const std::map<std::string, std::string> nothing{
      {"topic", "nobody"}, {"topic_name", "nobody"}, {"broker_id", "99"}};
  for (const auto& each : operations())
    if (each.path.find('{') != std::string::npos)
      expect_documented(each, client.send(upper(each.method), url_of(each, nothing), "{}"));
}

TEST_F(OpenApiLive, NonsenseIsAnsweredAsDocumented) {
  const auto topic = create_topic(2);
  const std::map<std::string, std::string> there{{"topic", topic}, {"topic_name", topic}};
  for (const auto& each : operations()) {
    if (each.id() == "deleteTopic" || each.is_missing())
      continue;
    for (auto body :
         {"", "{}", "[]", "null", "{\"a\":", "\"\xff\"", "{\"records\":7}", "{\"entries\":[{}]}"}) {
      if (!each.body->contains("requestBody"))
        continue;
      const auto type = each.path.starts_with("/topics") ? "application/vnd.kafka.json.v2+json"
                                                         : "application/json";
      http_client other{server().port()};
      expect_documented(each, other.send(upper(each.method), url_of(each, there), body, type));
    }
    http_client other{server().port()};
    const auto url = url_of(each, there);
    const auto more = url + (url.find('?') == std::string::npos ? "?" : "&") + "colour=red";
    if (each.path.starts_with("/topics") || each.path.starts_with("/v3")) {
      EXPECT_EQ(other.send(upper(each.method), more, "{}").status, 400u) << more;
    }
  }
}

}  // namespace
}  // namespace troupe::testing
