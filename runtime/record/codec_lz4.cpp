#include "runtime/base/assert.hpp"
#include "runtime/record/codecs.hpp"

#include <lz4frame.h>

#include <memory>

namespace troupe::codecs {

namespace {

struct free_context {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};

}  // namespace

void lz4_compress(byte_view data, bytes& into) {
  LZ4F_preferences_t preferences{};
  // Java's reader refuses blocks that refer to earlier ones.
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  const auto start = into.size();
  into.resize(start + LZ4F_compressFrameBound(data.size(), &preferences));
  const auto written = LZ4F_compressFrame(into.data() + start, into.size() - start, data.data(),
                                          data.size(), &preferences);
  troupe_assert(!LZ4F_isError(written), "{}", LZ4F_getErrorName(written));
  into.resize(start + written);
}

result<bytes> lz4_decompress(byte_view data, std::size_t bytes_max) {
  LZ4F_dctx* raw = nullptr;
  const auto made = LZ4F_createDecompressionContext(&raw, LZ4F_VERSION);
  troupe_assert(!LZ4F_isError(made), "{}", LZ4F_getErrorName(made));
  const std::unique_ptr<LZ4F_dctx, free_context> context{raw};

  bounded_output out{data.size(), bytes_max};
  for (;;) {
    const auto room = out.room();
    if (room.empty())
      return too_large("lz4", bytes_max);
    auto written = room.size();
    auto taken = data.size();
    const auto hint =
        LZ4F_decompress(context.get(), room.data(), &written, data.data(), &taken, nullptr);
    if (LZ4F_isError(hint))
      return damaged("lz4", LZ4F_getErrorName(hint));
    out.advance(written);
    data = data.subspan(taken);
    if (hint == 0)
      break;
    if (written == 0 && taken == 0)
      return damaged("lz4", "the frame is cut short");
  }
  if (!data.empty())
    return damaged("lz4", "bytes follow the frame");
  if (out.exceeded())
    return too_large("lz4", bytes_max);
  return out.take();
}

}  // namespace troupe::codecs
