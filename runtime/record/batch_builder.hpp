// Builds one record batch from records.
#pragma once

#include "runtime/record/batch.hpp"

namespace troupe {

/// A record to be written: views that need to live only during add(). The caller has checked that
/// the timestamp is in -1..limits::timestamp_max.
struct record_data {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const record_header> headers;
  timestamp_ms timestamp = 0;
};

/// Appends records into one buffer that becomes the batch: header first, nothing is copied
/// twice unless it is compressed. Owned by one thread; reusable after finish().
class batch_builder {
 public:
  explicit batch_builder(codec compression = codec::none) : codec_(compression) {}

  void reserve(std::size_t records_bytes);
  void add(const record_data& record);
  /// Size of the batch as built so far, before compression.
  std::size_t size() const;
  std::int32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

  /// Marks the batch as written by an idempotent or transactional producer (KIP-98).
  void set_producer(std::int64_t id, std::int16_t epoch, std::int32_t base_sequence,
                    bool transactional);
  /// The batch, with base offset 0 and no leader epoch, both for the leader to assign.
  /// REQUIRES !empty(). Leaves the builder empty.
  bytes finish();

 private:
  codec codec_;
  bytes buffer_;
  std::int32_t count_ = 0;
  timestamp_ms first_timestamp_ = 0;
  timestamp_ms max_timestamp_ = 0;
  std::int64_t producer_id_ = -1;
  std::int16_t producer_epoch_ = -1;
  std::int32_t base_sequence_ = -1;
  bool transactional_ = false;
};

/// Size a record will take in a batch, for deciding where to cut.
std::size_t encoded_size_bound(const record_data& record);

/// A control batch that ends a transaction: one record, key (0, 0 abort | 1 commit).
bytes make_end_transaction_marker(std::int64_t producer_id, std::int16_t producer_epoch,
                                  std::int32_t coordinator_epoch, bool commit, timestamp_ms now);

}  // namespace troupe
