// Records over HTTP: what produce, consume and the sample are made of.
#pragma once

#include "app/http_client.hpp"
#include "http/record_format.hpp"
#include "runtime/base/types.hpp"

#include <boost/json/fwd.hpp>

#include <functional>
#include <vector>

namespace troupe::app {

/// Builds the body of a produce request.
class produce_body {
 public:
  explicit produce_body(http::embedded_format format) : format_(format) {}

  /// An absent value is a tombstone. With format json `value` must be a JSON text and the key
  /// becomes a JSON string; with text both must be UTF-8.
  void add(std::optional<std::string_view> key, std::optional<std::string_view> value);
  std::size_t count() const { return count_; }
  std::size_t size() const { return text_.size(); }
  /// The finished body; the builder is empty afterwards.
  std::string take();

 private:
  http::embedded_format format_;
  std::string text_;
  std::size_t count_ = 0;
};

/// What became of one record.
struct record_ack {
  std::int32_t partition = -1;
  offset_t offset = no_offset;  ///< no_offset with acks=0 and on failure
  int error_code = 0;           ///< 0: stored
  std::string error;

  bool ok() const { return error_code == 0; }
};

/// Sends one batch and returns the fate of every record of it, in order.
attempt<std::vector<record_ack>> send_records(http_client& http, const std::string& topic,
                                              http::embedded_format format, const std::string& acks,
                                              std::string_view body);

struct fetch_options {
  std::int32_t partition = 0;
  offset_t offset = 0;
  std::int64_t wait_ms = 0;
  std::int64_t max_bytes = 4 << 20;
  http::embedded_format format = http::embedded_format::text;
};

/// Calls `each` for every record from the offset on that one request returns; returns the offset
/// to go on at (the same when there was none).
attempt<offset_t> fetch_records(http_client& http, const std::string& topic,
                                const fetch_options& options,
                                const std::function<void(const boost::json::object&)>& each);

}  // namespace troupe::app
