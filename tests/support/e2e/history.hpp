// Producers that remember what they were told, and the check that the log agrees.
#pragma once

#include "app/record_client.hpp"

#include <atomic>
#include <map>
#include <string>
#include <vector>

namespace troupe::test {

/// One producer: one key, records numbered from 0, sent batch by batch, never a second time.
class numbering_producer {
 public:
  numbering_producer(std::string key, std::string topic, std::int64_t batch,
                     std::size_t value_bytes)
      : key_(std::move(key)), topic_(std::move(topic)), batch_(batch), value_bytes_(value_bytes) {}

  /// Sends until `stop` is set or the broker is gone. Records whose answer did not come before that
  /// are remembered as sent with unknown outcome.
  void run(const app::server_url& server, const std::atomic<bool>& stop);

  const std::string& key() const { return key_; }
  struct ack {
    std::int32_t partition;
    offset_t offset;
  };
  const std::map<std::int64_t, ack>& acknowledged() const { return acknowledged_; }
  std::int64_t sent() const { return next_; }  ///< numbers below it were sent
  /// What the record with this number holds; long enough to see any mixture.
  std::string value_of(std::int64_t number) const;

 private:
  std::string key_;
  std::string topic_;
  std::int64_t batch_;
  std::size_t value_bytes_;
  std::int64_t next_ = 0;
  std::map<std::int64_t, ack> acknowledged_;
};

struct stored_record {
  std::int32_t partition;
  offset_t offset;
  std::string key;
  std::string value;
};

/// Everything in a topic, by partition and offset.
std::vector<stored_record> read_topic(const app::server_url& server, const std::string& topic);

/// What is wrong with the log, as sentences: an acknowledged record that is not at its place, a
/// record twice, out of order, never sent or with other content.
std::vector<std::string> check_history(const std::vector<stored_record>& log,
                                       const std::vector<numbering_producer>& producers);

}  // namespace troupe::test
