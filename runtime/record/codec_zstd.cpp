#include "runtime/base/assert.hpp"
#include "runtime/record/codecs.hpp"

#include <zstd.h>

#include <memory>

namespace troupe::codecs {

namespace {

struct free_context {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

void zstd_compress(byte_view data, bytes& into) {
  // Making a context costs more than compressing a small batch.
  static thread_local const std::unique_ptr<ZSTD_CCtx, free_context> context{ZSTD_createCCtx()};
  const auto start = into.size();
  into.resize(start + ZSTD_compressBound(data.size()));
  const auto written = ZSTD_compressCCtx(context.get(), into.data() + start, into.size() - start,
                                         data.data(), data.size(), ZSTD_CLEVEL_DEFAULT);
  troupe_assert(!ZSTD_isError(written), "{}", ZSTD_getErrorName(written));
  into.resize(start + written);
}

result<bytes> zstd_decompress(byte_view data, std::size_t bytes_max) {
  // Not kept: a hostile frame may ask for a window of 128 MiB.
  const std::unique_ptr<ZSTD_DCtx, free_context> context{ZSTD_createDCtx()};
  troupe_assert(context != nullptr, "ZSTD_createDCtx");
  bounded_output out{data.size(), bytes_max};
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  std::size_t hint = 1;
  while (hint != 0 || in.pos < in.size) {
    const auto room = out.room();
    if (room.empty())
      return too_large("zstd", bytes_max);
    ZSTD_outBuffer target{room.data(), room.size(), 0};
    const auto before = in.pos;
    hint = ZSTD_decompressStream(context.get(), &target, &in);
    if (ZSTD_isError(hint))
      return damaged("zstd", ZSTD_getErrorName(hint));
    out.advance(target.pos);
    if (hint != 0 && target.pos == 0 && in.pos == before)
      return damaged("zstd", "the frame is cut short");
  }
  if (out.exceeded())
    return too_large("zstd", bytes_max);
  return out.take();
}

}  // namespace troupe::codecs
