// How keys and values look in JSON: the three embedded formats of the REST proxies, and records
// on their way out.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/record/batch.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::http {

/// What keys and values are in a JSON body.
enum class embedded_format : std::uint8_t {
  binary,  ///< base64 of the bytes
  json,    ///< the bytes are JSON text, embedded as it is
  text,    ///< the bytes are UTF-8, as a JSON string
};

std::string_view to_string(embedded_format x);
std::optional<embedded_format> parse_embedded_format(std::string_view name);
/// "application/vnd.kafka.json.v2+json" and so on.
std::string_view media_type(embedded_format x);

/// How records are shown. Nothing: what fits each key and value, JSON before text before binary;
/// what is not JSON then says so, by "key_format":"text" or "binary" and "value_format".
using shown_format = std::optional<embedded_format>;

/// Which fields a record gets on its way out; what the API in question has always given.
struct record_shape {
  shown_format format = embedded_format::binary;
  bool topic = true;
  /// Timestamp, and headers where there are any (Strimzi's and v3's answer, not Confluent v2's
  /// original one; additional fields do not disturb its clients).
  bool timestamp_and_headers = true;
};

/// Appends the records of `batches` from `from` on as JSON objects separated by commas:
/// {"topic":"t","key":..,"value":..,"partition":0,"offset":17,"timestamp":1,"headers":[..]}.
/// Control batches are skipped. Headers' values are base64; a header's name that is not UTF-8 gets
/// U+FFFD in the places that are not. Returns how many were appended.
/// Errors: not_representable naming partition and offset (a value that is not JSON or not UTF-8;
/// `out` then holds what came before it), corrupt_batch. `next`, where given, becomes the offset to
/// go on from: after the last batch, or that of the record which stopped the run.
result<std::size_t> append_records(std::string& out, const topic_partition& source,
                                   byte_view batches, offset_t from, const record_shape& shape,
                                   offset_t* next = nullptr);

/// Writes records of one partition one by one, for whoever cuts a run into pieces: what is the same
/// in all of them is made once.
class record_writer {
 public:
  record_writer(const topic_partition& source, const record_shape& shape);

  /// Appends one object, as append_records does; commas are the caller's business. Error:
  /// not_representable; `out` is then as it was.
  result<void> append(std::string& out, const record_view& record) const;

 private:
  error refusal(const record_view& record, std::string_view part) const;

  topic_partition source_;
  record_shape shape_;
  std::string before_key_;
  std::string before_offset_;
};

// -- pieces of JSON, used by every writer of the gateway --------------------------

/// Appends a JSON string, quoted and escaped. REQUIRES valid UTF-8.
void append_json_string(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::int64_t value);
/// Appends the message of an error as a JSON string. What came up from below as a clause becomes a
/// sentence; what is not UTF-8 (a client may be quoted) is replaced by the meaning of the code.
void append_error_message(std::string& out, errc code, std::string_view message);
/// Appends base64 (RFC 4648 section 4, padded), quoted.
void append_json_base64(std::string& out, std::string_view data);
/// Decodes base64; padded or not, no other character allowed. Nothing when malformed.
std::optional<std::string> decode_base64(std::string_view text);
bool is_valid_utf8(std::string_view text);
/// One complete JSON text (RFC 8259) in UTF-8, of any depth up to limits::json_depth_max and
/// numbers of any size.
bool is_valid_json(std::string_view text);

}  // namespace troupe::http
