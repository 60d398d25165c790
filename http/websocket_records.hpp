// From record batches to `records` frames: cuts a run of batches into frames of a bounded size.
#pragma once

#include "actors/broker_client.hpp"
#include "http/websocket_frames.hpp"

#include <optional>

namespace troupe::http {

/// How much one frame may carry. A frame ends with the record that reaches either.
struct frame_budget {
  std::size_t payload_bytes;
  std::uint32_t records;

  /// What every frame is cut to, whatever a client allows.
  static frame_budget standard();
};

/// Reads a run of whole, checked batches once, from an offset on, and writes frames:
/// {"type":"records","records":[{"topic","partition","offset","timestamp","key","value",..},..]}.
/// A record that the format cannot show has an error frame in its place.
/// Owned by one thread; the batches must outlive it.
class frame_cutter {
 public:
  frame_cutter(const topic_partition& source, byte_view batches, offset_t from,
               shown_format format);

  /// Writes the next frame of at least one record into `to`; false at the end of the run. Error:
  /// corrupt_batch, when the frame would begin with it (what comes before it makes a frame of its
  /// own); the run is then at its end.
  result<bool> next(frame_encoder& to, frame_budget budget);
  /// The offset to go on from: behind the last record written; behind the run at its end.
  offset_t position() const { return position_; }

 private:
  result<bool> next_record();
  void write_error(frame_encoder& to, const error& why);

  topic_partition source_;
  record_writer writer_;
  batch_cursor batches_;
  std::optional<record_reader> reader_;
  record_view record_;
  bool holds_record_ = false;   // record_ has been read and not written
  std::optional<error> fault_;  // met behind records that were still to be written
  offset_t from_;
  offset_t position_;
};

/// The encoder of a format for tail_chunk::encoded, and its slot there. Null when the batches are
/// damaged, so that each subscriber meets the error at its own pace.
tail_encoder tail_encoder_of(shown_format format);
inline std::size_t tail_slot_of(shown_format format) {
  return format ? static_cast<std::size_t>(*format) : tail_encodings - 1;
}
static_assert(static_cast<std::size_t>(embedded_format::text) < tail_encodings - 1);

}  // namespace troupe::http
