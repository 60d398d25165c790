#include "tests/support/http/v3_fixture.hpp"

#include <fmt/format.h>

namespace troupe::testing {

namespace json = boost::json;

live_gateway& v3_fixture::server() { return shared_gateway(); }

std::string v3_fixture::path(std::string_view rest) {
  return fmt::format("/v3/clusters/{}{}", server().cluster_id(), rest);
}

std::string v3_fixture::create_topic(int partitions, std::string_view configs) {
  static int count = 0;
  const auto name = fmt::format("topic-{}", ++count);
  send("POST", "/topics",
       fmt::format(R"({{"topic_name":"{}","partitions_count":{},"configs":{}}})", name, partitions,
                   configs),
       201);
  return name;
}

json::value v3_fixture::get(std::string_view rest, unsigned status) {
  const auto answer = client.get(path(rest));
  EXPECT_EQ(answer.status, status) << rest << ": " << answer.body;
  return json::parse(answer.body);
}

json::value v3_fixture::send(std::string_view method, std::string_view rest, std::string_view body,
                             unsigned status) {
  const auto answer = client.send(method, path(rest), body);
  EXPECT_EQ(answer.status, status) << method << ' ' << rest << ": " << answer.body;
  return answer.body.empty() ? json::value{} : json::parse(answer.body);
}

std::string v3_fixture::error_of(std::string_view method, std::string_view rest,
                                 std::string_view body) {
  const auto answer = client.send(method, path(rest), body);
  if (answer.status < 400)
    return fmt::format("{}", answer.status);
  const auto what = json::parse(answer.body);
  const auto code = what.at("error_code").as_int64();
  // The status follows from the code, or is it.
  EXPECT_EQ(answer.status, code < 600 ? code : answer.status);
  return fmt::format("{} {}: {}", answer.status, code, what.at("message").as_string().c_str());
}

json::value is(std::string_view text) { return json::value(text); }
json::value is(const char* text) { return json::value(text); }
json::value is(int number) { return json::value(number); }
json::value is(bool x) { return json::value(x); }

std::vector<json::value> parse_lines(std::string_view text) {
  std::vector<json::value> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.push_back(json::parse(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::vector<json::value> v3_fixture::produce(const std::string& topic, std::string_view body,
                                             std::string_view query) {
  client.begin("POST", path(fmt::format("/topics/{}/records{}", topic, query)));
  if (!body.empty())
    client.send_chunk(body);
  client.end_chunks();
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 200u) << answer.body;
  return parse_lines(answer.body);
}

json::array v3_fixture::records(const std::string& topic, int partition, std::string_view query) {
  json::array out;
  http_client reader{server().port()};
  auto next =
      fmt::format("{}?offset=earliest&timeout=0{}",
                  path(fmt::format("/topics/{}/partitions/{}/records", topic, partition)), query);
  for (int i = 0; i < 1000; ++i) {
    const auto answer = reader.get(next);
    EXPECT_EQ(answer.status, 200u) << answer.body;
    if (answer.status != 200)
      break;
    const auto list = json::parse(answer.body).as_object();
    for (const auto& record : list.at("data").as_array())
      out.push_back(record);
    if (list.at("next_offset") == list.at("high_watermark"))
      break;
    next = list.at("metadata").at("next").as_string().c_str();
    next = next.substr(next.find("/v3"));
  }
  return out;
}

}  // namespace troupe::testing
