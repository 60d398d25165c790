// The words the tests of API v2 are written in.
#pragma once

#include "tests/support/http/http_client.hpp"
#include "tests/support/http/live_gateway.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::testing {

inline constexpr std::string_view json_type = "application/vnd.kafka.json.v2+json";
inline constexpr std::string_view binary_type = "application/vnd.kafka.binary.v2+json";
inline constexpr std::string_view text_type = "application/vnd.kafka.text.v2+json";

/// One broker for all tests of the program; each test makes topics of its own.
class v2_fixture : public ::testing::Test {
 protected:
  static live_gateway& server();

  v2_fixture() : client(server().port()) {}

  /// A topic nobody else has. `configs` as in v3: [{"name":..,"value":..}].
  std::string create_topic(int partitions = 1, std::string_view configs = "[]");

  /// The body of the answer, which must be 200.
  boost::json::value get(std::string_view target);
  /// Sends {"records":[<records>]} to the topic or partition; the `offsets` of the answer.
  boost::json::array produce(std::string_view target, std::string_view records,
                             std::string_view type = json_type);
  /// The records of a partition from the beginning, as they are there now.
  boost::json::array records(const std::string& topic, int partition,
                             std::string_view format = "json");

  /// "404 40401: Topic 'x' does not exist.", or only the status where it is none of an error.
  std::string error_of(const http_answer& answer);
  std::string error_of_get(std::string_view target);
  std::string error_of_produce(std::string_view target, std::string_view body,
                               std::string_view type = json_type);

  http_client client;
};

}  // namespace troupe::testing
