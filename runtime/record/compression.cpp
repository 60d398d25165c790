#include "runtime/record/compression.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/record/codecs.hpp"

#include <algorithm>

namespace troupe {

namespace codecs {

error damaged(std::string_view codec_name, std::string_view what) {
  return error{errc::corrupt_batch,
               fmt::format("the {} records are damaged: {}", codec_name, what)};
}

error too_large(std::string_view codec_name, std::size_t bytes_max) {
  return damaged(codec_name, fmt::format("they decompress to more than {} bytes", bytes_max));
}

bounded_output::bounded_output(std::size_t input_size, std::size_t bytes_max)
    : bytes_max_(bytes_max) {
  buffer_.resize(std::min(bytes_max + 1, input_size * 4 + 256));
}

std::span<char> bounded_output::room() {
  if (exceeded())
    return {};
  // One byte more than the cap, so that reaching the cap and exceeding it can be told apart.
  if (used_ == buffer_.size())
    buffer_.resize(std::min(bytes_max_ + 1, buffer_.size() * 2));
  return std::span{buffer_}.subspan(used_);
}

bytes bounded_output::take() {
  buffer_.resize(used_);
  return std::move(buffer_);
}

}  // namespace codecs

void compress(codec how, byte_view data, bytes& into) {
  switch (how) {
    case codec::gzip: return codecs::gzip_compress(data, into);
    case codec::snappy: return codecs::snappy_compress(data, into);
    case codec::lz4: return codecs::lz4_compress(data, into);
    case codec::zstd: return codecs::zstd_compress(data, into);
    case codec::none: break;
  }
  troupe_assert(false, "codec {}", static_cast<int>(how));
}

result<bytes> decompress(codec how, byte_view data, std::size_t bytes_max) {
  switch (how) {
    case codec::gzip: return codecs::gzip_decompress(data, bytes_max);
    case codec::snappy: return codecs::snappy_decompress(data, bytes_max);
    case codec::lz4: return codecs::lz4_decompress(data, bytes_max);
    case codec::zstd: return codecs::zstd_decompress(data, bytes_max);
    case codec::none: troupe_assert(false, "nothing to decompress");
  }
  return error{errc::unsupported_compression,
               fmt::format("compression codec {} is not known; 0 to 4 are", static_cast<int>(how))};
}

}  // namespace troupe
