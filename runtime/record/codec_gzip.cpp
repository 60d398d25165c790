#include "runtime/base/assert.hpp"
#include "runtime/record/codecs.hpp"

#include <zlib.h>

namespace troupe::codecs {

namespace {

// zlib's flag for "with a gzip header", added to the window bits.
constexpr int gzip_window_bits = MAX_WBITS + 16;

Bytef* as_zlib(const char* data) { return reinterpret_cast<Bytef*>(const_cast<char*>(data)); }

struct inflater {
  z_stream stream{};
  inflater() {
    const auto code = inflateInit2(&stream, gzip_window_bits);
    troupe_assert(code == Z_OK, "inflateInit2 {}", code);
  }
  ~inflater() { inflateEnd(&stream); }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;
};

}  // namespace

void gzip_compress(byte_view data, bytes& into) {
  z_stream stream{};
  auto code = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window_bits, 8,
                           Z_DEFAULT_STRATEGY);
  troupe_assert(code == Z_OK, "deflateInit2 {}", code);
  const auto start = into.size();
  into.resize(start + deflateBound(&stream, data.size()));
  stream.next_in = as_zlib(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = as_zlib(into.data() + start);
  stream.avail_out = static_cast<uInt>(into.size() - start);
  code = deflate(&stream, Z_FINISH);
  troupe_assert(code == Z_STREAM_END, "deflate {}", code);
  into.resize(start + stream.total_out);
  deflateEnd(&stream);
}

result<bytes> gzip_decompress(byte_view data, std::size_t bytes_max) {
  inflater in;
  bounded_output out{data.size(), bytes_max};
  in.stream.next_in = as_zlib(data.data());
  in.stream.avail_in = static_cast<uInt>(data.size());
  for (;;) {
    const auto room = out.room();
    if (room.empty())
      return too_large("gzip", bytes_max);
    in.stream.next_out = as_zlib(room.data());
    in.stream.avail_out = static_cast<uInt>(room.size());
    const auto code = inflate(&in.stream, Z_NO_FLUSH);
    out.advance(room.size() - in.stream.avail_out);
    if (code == Z_STREAM_END) {
      if (in.stream.avail_in == 0)
        break;
      // A gzip file may have several members, one after the other.
      inflateReset(&in.stream);
    } else if (code == Z_BUF_ERROR ||
               (code == Z_OK && in.stream.avail_in == 0 && in.stream.avail_out != 0)) {
      return damaged("gzip", "the stream is cut short");
    } else if (code != Z_OK) {
      return damaged("gzip", in.stream.msg != nullptr ? in.stream.msg : "not a gzip stream");
    }
  }
  if (out.exceeded())
    return too_large("gzip", bytes_max);
  return out.take();
}

}  // namespace troupe::codecs
