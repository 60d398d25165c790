#include "runtime/record/batch.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/record/big_endian.hpp"
#include "runtime/record/crc32c.hpp"
#include "runtime/record/layout.hpp"

#include <array>

namespace troupe {

namespace {

constexpr std::array<std::string_view, 5> codec_names = {"none", "gzip", "snappy", "lz4", "zstd"};

template <class... Args>
error corrupt(fmt::format_string<Args...> format, Args&&... args) {
  return error{errc::corrupt_batch, fmt::format(format, std::forward<Args>(args)...)};
}

std::uint32_t computed_crc(byte_view batch) { return crc32c(batch.subspan(layout::attributes)); }

}  // namespace

std::string_view to_string(codec x) {
  const auto i = static_cast<std::size_t>(x);
  return i < codec_names.size() ? codec_names[i] : "unknown";
}

std::optional<codec> parse_codec(std::string_view name) {
  for (std::size_t i = 0; i < codec_names.size(); ++i)
    if (codec_names[i] == name)
      return static_cast<codec>(i);
  return std::nullopt;
}

batch_header decode_batch_header(byte_view data) {
  troupe_assert(data.size() >= batch_header_size, "{} bytes", data.size());
  const auto* at = data.data();
  batch_header header;
  header.base_offset = load_be<std::int64_t>(at + layout::base_offset);
  header.batch_length = load_be<std::int32_t>(at + layout::batch_length);
  header.epoch = leader_epoch{load_be<std::int32_t>(at + layout::epoch)};
  header.magic = load_be<std::int8_t>(at + layout::magic);
  header.crc = load_be<std::uint32_t>(at + layout::crc);
  header.attributes = load_be<std::int16_t>(at + layout::attributes);
  header.last_offset_delta = load_be<std::int32_t>(at + layout::last_offset_delta);
  header.base_timestamp = load_be<std::int64_t>(at + layout::base_timestamp);
  header.max_timestamp = load_be<std::int64_t>(at + layout::max_timestamp);
  header.producer_id = load_be<std::int64_t>(at + layout::producer_id);
  header.producer_epoch = load_be<std::int16_t>(at + layout::producer_epoch);
  header.base_sequence = load_be<std::int32_t>(at + layout::base_sequence);
  header.record_count = load_be<std::int32_t>(at + layout::record_count);
  return header;
}

void assign_base_offset(std::span<char> batch, offset_t base, leader_epoch epoch) {
  troupe_assert(batch.size() >= batch_header_size, "{} bytes", batch.size());
  store_be(batch.data() + layout::base_offset, base);
  store_be(batch.data() + layout::epoch, value_of(epoch));
}

void stamp_append_time(std::span<char> batch, timestamp_ms now) {
  troupe_assert(batch.size() >= batch_header_size, "{} bytes", batch.size());
  auto* at = batch.data();
  const auto attributes = load_be<std::int16_t>(at + layout::attributes);
  store_be(at + layout::attributes,
           static_cast<std::int16_t>(attributes | layout::append_time_bit));
  store_be(at + layout::max_timestamp, now);
  store_be(at + layout::crc, computed_crc(batch));
}

result<batch_header> check_batch(byte_view data) {
  if (data.size() < batch_header_size)
    return corrupt("a batch header takes {} bytes, there are {}", batch_header_size, data.size());
  const auto header = decode_batch_header(data);
  // The magic first: other formats have it in the same place and other things in the length.
  if (header.magic != 2)
    return corrupt("magic is {}, only 2 is supported", int{header.magic});
  if (header.batch_length < layout::length_min ||
      header.size() > limits::batch_bytes_max + batch_prefix_size)
    return corrupt("the batch length {} is out of bounds", header.batch_length);
  if (header.size() > data.size())
    return corrupt("the batch takes {} bytes, there are {}", header.size(), data.size());
  if (const auto crc = computed_crc(data.first(header.size())); crc != header.crc)
    return corrupt("the CRC is {:08x}, the batch says {:08x}", crc, header.crc);
  if (header.last_offset_delta < 0 || header.record_count < 0 ||
      header.record_count - 1 > header.last_offset_delta)
    return corrupt("{} records do not fit a last offset delta of {}", header.record_count,
                   header.last_offset_delta);
  if (header.base_offset > layout::base_offset_max)
    return corrupt("the base offset {} is out of bounds", header.base_offset);
  return header;
}

bool batch_cursor::next(byte_view& batch) {
  if (rest_.size() < batch_header_size)
    return false;
  const auto length = load_be<std::int32_t>(rest_.data() + layout::batch_length);
  if (length < layout::length_min)
    return false;
  const auto size = static_cast<std::size_t>(length) + batch_prefix_size;
  if (size > rest_.size())
    return false;
  batch = rest_.first(size);
  rest_ = rest_.subspan(size);
  return true;
}

}  // namespace troupe
