#include "tests/support/http/websocket_fixture.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace troupe::testing {

namespace {

void add_offsets(received_offsets& to, const boost::json::object& frame) {
  for (const auto& record : frame.at("records").as_array())
    to[record.at("partition").as_int64()].push_back(record.at("offset").as_int64());
}

}  // namespace

http_client& websocket_fixture::http() {
  if (!http_)
    http_ = std::make_unique<http_client>(port());
  return *http_;
}

void websocket_fixture::create_topic(const std::string& name, int partitions) {
  auto answer =
      http().send("POST", fmt::format("/v3/clusters/{}/topics", gateway_->cluster_id()),
                  fmt::format(R"({{"topic_name":"{}","partitions_count":{}}})", name, partitions));
  if (answer.status != 201)
    throw std::runtime_error("no topic: " + answer.body);
}

void websocket_fixture::delete_topic(const std::string& name) {
  auto answer =
      http().send("DELETE", fmt::format("/v3/clusters/{}/topics/{}", gateway_->cluster_id(), name));
  if (answer.status != 204)
    throw std::runtime_error("not deleted: " + answer.body);
}

void websocket_fixture::produce(const std::string& topic, int partition, int first, int count) {
  std::string body = R"({"records":[)";
  for (int i = 0; i < count; ++i) {
    if (i != 0)
      body += ',';
    body += fmt::format(R"({{"value":{}}})", first + i);
  }
  auto answer = http().send("POST", fmt::format("/topics/{}/partitions/{}", topic, partition),
                            body + "]}", "application/vnd.kafka.json.v2+json");
  if (answer.status != 200 || answer.body.find("\"error_code\":null") == std::string::npos)
    throw std::runtime_error("not produced: " + answer.body);
}

void websocket_fixture::produce_raw(const std::string& topic, int partition,
                                    std::string_view record, std::string_view format) {
  auto answer = http().send("POST", fmt::format("/topics/{}/partitions/{}", topic, partition),
                            fmt::format(R"({{"records":[{}]}})", record),
                            fmt::format("application/vnd.kafka.{}.v2+json", format));
  if (answer.status != 200)
    throw std::runtime_error("not produced: " + answer.body);
}

boost::json::object websocket_fixture::receive(websocket_client& from) {
  return boost::json::parse(from.receive()).as_object();
}

received_offsets websocket_fixture::receive_until_caught_up(websocket_client& from,
                                                            int partitions) {
  received_offsets all;
  while (partitions > 0) {
    auto frame = receive(from);
    if (frame.at("type") == "caught_up") {
      auto& mine = all[frame.at("partition").as_int64()];
      if (!mine.empty()) {
        EXPECT_EQ(frame.at("next_offset").as_int64(), mine.back() + 1);
      }
      --partitions;
    } else if (frame.at("type") == "records") {
      add_offsets(all, frame);
    } else {
      throw std::runtime_error("unexpected: " + boost::json::serialize(frame));
    }
  }
  return all;
}

received_offsets websocket_fixture::receive_records(websocket_client& from, std::size_t count) {
  received_offsets all;
  std::size_t seen = 0;
  while (seen < count) {
    auto frame = receive(from);
    if (frame.at("type") == "caught_up")
      continue;
    if (frame.at("type") != "records")
      throw std::runtime_error("unexpected: " + boost::json::serialize(frame));
    seen += frame.at("records").as_array().size();
    add_offsets(all, frame);
  }
  EXPECT_EQ(seen, count);
  return all;
}

std::string websocket_fixture::receive_error(websocket_client& from, int error_code) {
  auto frame = receive(from);
  EXPECT_EQ(frame.at("type"), "error") << boost::json::serialize(frame);
  if (frame.at("type") != "error")
    return {};
  EXPECT_EQ(frame.at("error_code").as_int64(), error_code) << boost::json::serialize(frame);
  return std::string{frame.at("message").as_string()};
}

void websocket_fixture::expect_silence(websocket_client& from) {
  auto message = from.receive_within(std::chrono::milliseconds{150});
  EXPECT_FALSE(message) << *message;
}

std::vector<std::int64_t> websocket_fixture::range(std::int64_t first, std::int64_t end) {
  std::vector<std::int64_t> all;
  for (; first < end; ++first)
    all.push_back(first);
  return all;
}

}  // namespace troupe::testing
