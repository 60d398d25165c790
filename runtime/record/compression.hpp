// The codecs of the records of a batch, as Kafka's clients frame them: gzip (RFC 1952), snappy
// (xerial blocks; a bare raw block is read too), lz4 (frames of independent blocks), zstd.
#pragma once

#include "runtime/record/batch.hpp"

namespace troupe {

/// Appends `data`, compressed, to `into`. REQUIRES a codec other than none.
void compress(codec how, byte_view data, bytes& into);

/// The content of `data`. Memory grows with what is really decoded, never with what a length
/// field claims, and stops at `bytes_max`. REQUIRES a codec other than none.
/// Errors: corrupt_batch, unsupported_compression.
result<bytes> decompress(codec how, byte_view data, std::size_t bytes_max);

}  // namespace troupe
