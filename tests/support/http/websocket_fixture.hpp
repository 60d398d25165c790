// A live gateway, a topic and WebSockets on it: the vocabulary of the WebSocket tests.
#pragma once

#include "tests/support/http/http_client.hpp"
#include "tests/support/http/live_gateway.hpp"
#include "tests/support/http/websocket_client.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

namespace troupe::testing {

/// Offsets received, by partition, in the order of arrival.
using received_offsets = std::map<std::int64_t, std::vector<std::int64_t>>;

class websocket_fixture : public ::testing::Test {
 protected:
  explicit websocket_fixture(http::gateway_config config = {})
      : gateway_(std::make_unique<live_gateway>(config)) {}

  std::uint16_t port() const { return gateway_->port(); }
  http_client& http();

  void create_topic(const std::string& name, int partitions);
  void delete_topic(const std::string& name);
  /// Produces `count` records whose values are the numbers from `first` on.
  void produce(const std::string& topic, int partition, int first, int count);
  /// One record, given as the v2 API takes it.
  void produce_raw(const std::string& topic, int partition, std::string_view record,
                   std::string_view format = "json");

  websocket_client open(const std::string& target) { return {port(), target}; }

  static boost::json::object receive(websocket_client& from);
  /// Reads until `caught_up` has come for so many partitions; fails on anything but records.
  static received_offsets receive_until_caught_up(websocket_client& from, int partitions = 1);
  /// Reads `count` records.
  static received_offsets receive_records(websocket_client& from, std::size_t count);
  /// The next frame is an error with this code; returns its message.
  static std::string receive_error(websocket_client& from, int error_code);
  static void expect_silence(websocket_client& from);

  static std::vector<std::int64_t> range(std::int64_t first, std::int64_t end);

  std::unique_ptr<live_gateway> gateway_;
  std::unique_ptr<http_client> http_;
};

}  // namespace troupe::testing
