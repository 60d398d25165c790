// Reads a stretch of a segment batch by batch, with large reads, checking each.
#pragma once

#include "runtime/env/env.hpp"
#include "runtime/log/epoch_cache.hpp"
#include "runtime/log/segment_index.hpp"
#include "runtime/record/batch.hpp"

namespace troupe {

/// Owned by one thread; the file must outlive it.
class batch_scanner {
 public:
  enum class step {
    batch,  ///< header(), batch() and place are of an intact batch
    end,    ///< the stretch ended between two batches
    bad,    ///< no intact batch begins at position()
  };

  batch_scanner(const file& from, std::uint64_t begin, std::uint64_t end)
      : file_(from), position_(begin), next_(begin), end_(end) {}

  /// Errors: io_error.
  result<step> next();

  const batch_header& header() const { return header_; }
  /// Valid until the next call of next().
  byte_view batch() const { return batch_; }
  std::uint64_t position() const { return position_; }
  /// Where the next batch must begin.
  std::uint64_t next_position() const { return next_; }

 private:
  /// Makes at least `size` bytes from position_ on available, fewer at the end of the stretch.
  result<byte_view> look(std::size_t size);

  const file& file_;
  std::uint64_t position_;
  std::uint64_t next_;
  std::uint64_t end_;
  bytes buffer_;
  std::uint64_t buffer_begin_ = 0;
  batch_header header_;
  byte_view batch_;
};

/// Size of the batch that claims to begin at `data`, or 0 when that cannot be one.
/// REQUIRES data.size() >= batch_header_size.
std::size_t claimed_batch_size(const batch_header& header);

/// Whether batches follow one another: contiguous offsets, and the leader epoch that the epoch
/// cache knows. Neither is covered by a batch's own checksum, so an intact batch in the wrong
/// place, or with one of these bits flipped, is found only here.
class batch_chain {
 public:
  batch_chain(const epoch_cache& epochs, offset_t expected)
      : epochs_(epochs), expected_(expected), known_(epochs.at(expected)) {}

  offset_t expected() const { return expected_; }
  /// True when a batch with this header may come next. REQUIRES that its size was checked.
  bool fits(const batch_header& header) {
    if (header.base_offset != expected_)
      return false;
    if (expected_ >= known_.end)
      known_ = epochs_.at(expected_);
    return header.epoch == known_.epoch && header.next_offset() > expected_ &&
           header.next_offset() <= known_.end;
  }
  void advance(const batch_header& header) { expected_ = header.next_offset(); }

 private:
  const epoch_cache& epochs_;
  offset_t expected_;
  epoch_cache::span_of known_;
};

}  // namespace troupe
