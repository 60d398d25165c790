#include "tests/support/http/v2_fixture.hpp"

#include <fmt/format.h>

namespace troupe::testing {

namespace json = boost::json;

live_gateway& v2_fixture::server() { return shared_gateway(); }

std::string v2_fixture::create_topic(int partitions, std::string_view configs) {
  static int count = 0;
  auto name = fmt::format("v2-topic-{}", ++count);
  auto answer =
      client.send("POST", fmt::format("/v3/clusters/{}/topics", server().cluster_id()),
                  fmt::format(R"({{"topic_name":"{}","partitions_count":{},"configs":{}}})", name,
                              partitions, configs));
  EXPECT_EQ(answer.status, 201u) << answer.body;
  return name;
}

json::value v2_fixture::get(std::string_view target) {
  auto answer = client.get(target);
  EXPECT_EQ(answer.status, 200u) << target << ": " << answer.body;
  return json::parse(answer.body);
}

json::array v2_fixture::produce(std::string_view target, std::string_view records,
                                std::string_view type) {
  auto answer = client.send("POST", target, fmt::format(R"({{"records":[{}]}})", records), type);
  EXPECT_EQ(answer.status, 200u) << target << ": " << answer.body;
  if (answer.status != 200)
    return {};
  return json::parse(answer.body).at("offsets").as_array();
}

json::array v2_fixture::records(const std::string& topic, int partition, std::string_view format) {
  json::array out;
  std::string offset = "earliest";
  for (;;) {
    auto answer =
        client.get(fmt::format("/topics/{}/partitions/{}/records?offset={}&timeout=0&format={}",
                               topic, partition, offset, format));
    EXPECT_EQ(answer.status, 200u) << answer.body;
    if (answer.status != 200)
      return out;
    const json::value list = json::parse(answer.body);
    for (const auto& record : list.as_array())
      out.push_back(record);
    offset = answer.headers.at("x-next-offset");
    if (offset == answer.headers.at("x-high-watermark"))
      return out;
  }
}

std::string v2_fixture::error_of(const http_answer& answer) {
  if (answer.status < 400)
    return fmt::format("{}", answer.status);
  auto what = json::parse(answer.body);
  auto code = what.at("error_code").as_int64();
  EXPECT_EQ(answer.status, code < 600 ? code : answer.status);
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  return fmt::format("{} {}: {}", answer.status, code, what.at("message").as_string().c_str());
}

std::string v2_fixture::error_of_get(std::string_view target) {
  return error_of(client.get(target));
}

std::string v2_fixture::error_of_produce(std::string_view target, std::string_view body,
                                         std::string_view type) {
  return error_of(client.send("POST", target, body, type));
}

}  // namespace troupe::testing
