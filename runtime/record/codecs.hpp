// The four codecs behind compression.hpp. Each pair keeps the contract of compress() and
// decompress().
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/base/types.hpp"

namespace troupe::codecs {

void gzip_compress(byte_view data, bytes& into);
result<bytes> gzip_decompress(byte_view data, std::size_t bytes_max);

void snappy_compress(byte_view data, bytes& into);
result<bytes> snappy_decompress(byte_view data, std::size_t bytes_max);

void lz4_compress(byte_view data, bytes& into);
result<bytes> lz4_decompress(byte_view data, std::size_t bytes_max);

void zstd_compress(byte_view data, bytes& into);
result<bytes> zstd_decompress(byte_view data, std::size_t bytes_max);

/// corrupt_batch with the codec and what is wrong.
error damaged(std::string_view codec_name, std::string_view what);
error too_large(std::string_view codec_name, std::size_t bytes_max);

/// Output of a streaming decoder: grows by doubling while it is filled, up to a cap.
class bounded_output {
 public:
  bounded_output(std::size_t input_size, std::size_t bytes_max);

  /// Where to write next; grows when full. Empty when the cap is exceeded.
  std::span<char> room();
  void advance(std::size_t written) { used_ += written; }
  bool exceeded() const { return used_ > bytes_max_; }
  bytes take();

 private:
  bytes buffer_;
  std::size_t used_ = 0;
  std::size_t bytes_max_;
};

}  // namespace troupe::codecs
