// Frames on their way to a WebSocket client. What a server sends is not masked (RFC 6455, section
// 5.1), so one encoded frame serves every subscriber: header and payload lie in one buffer that is
// shared until the last of them has sent it.
//
//   encoded frames := (gap frame)* entry* count:u32       entry := frame_entry, as in memory
//
// Only the frames are sent. The entries behind them say where each begins and which records are in
// it, so that a subscriber can stop between any two of them.
#pragma once

#include "http/record_format.hpp"
#include "runtime/base/assert.hpp"

#include <cstring>
#include <memory>
#include <string>

namespace troupe::http {

/// Bytes of a server's frame header at most.
inline constexpr std::size_t frame_header_size_max = 10;

/// One frame of an encoding.
struct frame_entry {
  std::uint32_t begin = 0;  ///< [begin, end) in the buffer: header and payload
  std::uint32_t end = 0;
  std::uint32_t records = 0;
  std::uint32_t reserved = 0;
  offset_t next = no_offset;  ///< where a subscriber that sent it goes on

  std::size_t size() const { return end - begin; }
};

/// Builds an encoding. Owned by one thread; reusable after finish().
class frame_encoder {
 public:
  /// Begins a frame; what is appended to text() from now on is its payload.
  void begin_frame();
  std::string& text() { return text_; }
  /// Bytes of the payload so far.
  std::size_t payload_size() const { return text_.size() - payload_; }
  void end_frame(std::uint32_t records, offset_t next);
  /// Takes the frame that was begun back.
  void abandon_frame();

  bool empty() const { return entries_.empty(); }
  std::shared_ptr<const bytes> finish();

 private:
  std::string text_;
  std::size_t payload_ = 0;
  std::vector<frame_entry> entries_;
};

/// The entries of an encoding.
class frame_list {
 public:
  explicit frame_list(const bytes& encoding) : end_(encoding.data() + encoding.size()) {
    std::memcpy(&count_, end_ - sizeof count_, sizeof count_);
  }
  std::size_t size() const { return count_; }
  frame_entry operator[](std::size_t i) const {
    frame_entry entry;
    std::memcpy(&entry, end_ - sizeof count_ - (count_ - i) * sizeof entry, sizeof entry);
    return entry;
  }

 private:
  const char* end_;
  std::uint32_t count_ = 0;
};

/// One complete text frame around `payload`, as an encoding without records.
std::shared_ptr<const bytes> encode_text(std::string_view payload);

// -- what the server says besides records ------------------------------------------

std::string caught_up_text(const topic_partition& which, offset_t next);
/// A partition that the topic got while all of it is read.
std::string partition_added_text(const topic_partition& which, offset_t next);
/// `id` is that of the produce frame the error answers, as JSON; empty: none.
std::string error_text(const error& what, std::string_view id = {});
/// Of a record that is left out.
std::string record_error_text(const error& what, const topic_partition& which, offset_t offset);

}  // namespace troupe::http
