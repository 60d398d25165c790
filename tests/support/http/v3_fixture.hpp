// The words the tests of API v3 are written in.
#pragma once

#include "tests/support/http/http_client.hpp"
#include "tests/support/http/live_gateway.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::testing {

/// One broker for all tests of the program; each test makes topics of its own.
class v3_fixture : public ::testing::Test {
 protected:
  static live_gateway& server();

  v3_fixture() : client(server().port()) {}

  /// "/v3/clusters/{id}" and what follows.
  static std::string path(std::string_view rest = {});
  /// A topic nobody else has.
  std::string create_topic(int partitions = 1, std::string_view configs = "[]");
  boost::json::value get(std::string_view rest, unsigned status = 200);
  boost::json::value send(std::string_view method, std::string_view rest, std::string_view body,
                          unsigned status);
  /// "40401: Topic 'x' does not exist."
  std::string error_of(std::string_view method, std::string_view rest, std::string_view body = {});
  /// Sends `body` to the streaming route in one chunk; one report per line of the answer.
  std::vector<boost::json::value> produce(const std::string& topic, std::string_view body,
                                          std::string_view query = {});
  /// All records of a partition, read until the high watermark.
  boost::json::array records(const std::string& topic, int partition, std::string_view query = {});

  http_client client;
};

/// What a field is expected to be, so that a failure prints JSON.
boost::json::value is(std::string_view text);
boost::json::value is(const char* text);
boost::json::value is(int number);
boost::json::value is(bool x);

std::vector<boost::json::value> parse_lines(std::string_view text);

}  // namespace troupe::testing
