// The small vocabulary of the record tests.
#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/record/batch_builder.hpp"

#include <string>
#include <vector>

namespace troupe::testing {

/// A record that owns what it holds, for comparing what came out with what went in.
struct owned_header {
  std::string key;
  std::optional<std::string> value;
  bool operator==(const owned_header&) const = default;
};

struct owned_record {
  offset_t offset = 0;
  timestamp_ms timestamp = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<owned_header> headers;
  bool operator==(const owned_record&) const = default;
};

/// "00 ff" -> two bytes; anything but hexadecimal digits is skipped.
bytes from_hex(std::string_view text);

/// A record with a value only.
owned_record plain(std::string value, timestamp_ms timestamp = 1'000);
/// Records with arbitrary keys, values, headers, nulls and timestamps; offsets 0..count-1.
std::vector<owned_record> random_records(rng& source, std::size_t count, std::size_t value_max);

bytes batch_of(const std::vector<owned_record>& records, codec how = codec::none);
/// Everything a reader finds, or its error.
result<std::vector<owned_record>> read_all(byte_view batch);

/// Overwrites bytes from `at` and makes the CRC right again: a batch that lies but is whole.
bytes forged(bytes batch, std::size_t at, std::string_view content);
/// A batch with the header of `like` around other record bytes, with length and CRC right.
bytes with_records(byte_view like, byte_view records);

}  // namespace troupe::testing
