// xerial framing, as Java's clients write it:
//   stream := magic(82 53 4E 41 50 50 59 00) version:i32(1) compatible:i32(1) block*
//   block  := length:i32 raw-snappy
// Others (librdkafka) send one raw block without any frame; the magic tells them apart, since a
// raw block with these first bytes would claim 10,626 bytes and then begin with a copy.
#include "runtime/base/assert.hpp"
#include "runtime/record/big_endian.hpp"
#include "runtime/record/codecs.hpp"

#include <snappy.h>

#include <algorithm>

namespace troupe::codecs {

namespace {

constexpr std::string_view magic{"\x82SNAPPY\0", 8};
constexpr std::size_t frame_header_size = 16;
constexpr std::size_t block_size = 32u << 10;
// The densest element of the format is a copy of 64 bytes in 3, so a claim above this is a lie.
constexpr std::size_t ratio_max = 22;

result<void> append_block(byte_view block, std::size_t bytes_max, bytes& into) {
  std::size_t claimed = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &claimed))
    return damaged("snappy", "a block has no length");
  if (claimed > block.size() * ratio_max)
    return damaged("snappy", "a block claims more than it can hold");
  if (claimed > bytes_max - into.size())
    return too_large("snappy", bytes_max);
  const auto start = into.size();
  into.resize(start + claimed);
  if (!snappy::RawUncompress(block.data(), block.size(), into.data() + start))
    return damaged("snappy", "a block cannot be decoded");
  return {};
}

}  // namespace

void snappy_compress(byte_view data, bytes& into) {
  const auto blocks = data.size() / block_size + 1;
  const auto start = into.size();
  into.resize(start + frame_header_size +
              blocks * (sizeof(std::int32_t) + snappy::MaxCompressedLength(block_size)));
  auto* to = std::copy(magic.begin(), magic.end(), into.data() + start);
  to = store_be<std::int32_t>(to, 1);
  to = store_be<std::int32_t>(to, 1);
  while (!data.empty()) {
    const auto block = data.first(std::min(data.size(), block_size));
    std::size_t written = 0;
    snappy::RawCompress(block.data(), block.size(), to + sizeof(std::int32_t), &written);
    to = store_be(to, static_cast<std::int32_t>(written)) + written;
    data = data.subspan(block.size());
  }
  into.resize(static_cast<std::size_t>(to - into.data()));
}

result<bytes> snappy_decompress(byte_view data, std::size_t bytes_max) {
  bytes out;
  if (!as_text(data).starts_with(magic)) {
    if (auto done = append_block(data, bytes_max, out); !done)
      return done.error();
    return out;
  }
  if (data.size() < frame_header_size)
    return damaged("snappy", "the frame header is cut short");
  data = data.subspan(frame_header_size);
  while (!data.empty()) {
    if (data.size() < sizeof(std::int32_t))
      return damaged("snappy", "a block length is cut short");
    const auto length = load_be<std::uint32_t>(data.data());
    data = data.subspan(sizeof length);
    if (length > data.size())
      return damaged("snappy", "a block is cut short");
    if (auto done = append_block(data.first(length), bytes_max, out); !done)
      return done.error();
    data = data.subspan(length);
  }
  return out;
}

}  // namespace troupe::codecs
