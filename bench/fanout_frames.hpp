// What the fan-out benches agree on: the payload of a record and the frames around it.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace troupe::bench {

/// "#0000000042@0000123456789012345......": number and time of sending, in ns of the steady clock,
/// in fixed places, so that they are found whatever a server wraps around them.
struct record_mark {
  static constexpr std::size_t size = 31;

  std::uint64_t number = 0;
  std::int64_t sent_ns = 0;
};

inline std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

inline void write_digits(char* at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i-- > 0; value /= 10)
    at[i] = static_cast<char>('0' + value % 10);
}

/// Writes the mark over the first record_mark::size characters at `at`.
inline void write_mark(char* at, const record_mark& mark) {
  at[0] = '#';
  write_digits(at + 1, 10, mark.number);
  at[11] = '@';
  write_digits(at + 12, 19, static_cast<std::uint64_t>(mark.sent_ns));
}

inline std::string make_payload(std::size_t size, const record_mark& mark) {
  std::string payload(std::max(size, record_mark::size), '.');
  write_mark(payload.data(), mark);
  return payload;
}

/// The unmasked frames of a server, in pieces of any length. Calls on_record(record_mark) for
/// every mark in them and on_control(opcode, payload) for ping, pong and close.
class frame_scanner {
 public:
  std::uint64_t frames() const { return frames_; }

  template <class Record, class Control>
  void feed(std::string_view data, Record&& on_record, Control&& on_control) {
    while (!data.empty()) {
      if (left_ == 0 && !take_header(data))
        return;
      auto part =
          data.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size())));
      data.remove_prefix(part.size());
      left_ -= part.size();
      if (opcode_ < 8)
        scan(part, on_record);
      else
        control_.append(part);
      if (left_ == 0)
        end_frame(on_control);
    }
  }

 private:
  /// True when a frame with a payload has begun.
  bool take_header(std::string_view& data) {
    while (!data.empty()) {
      header_[header_size_++] = static_cast<unsigned char>(data.front());
      data.remove_prefix(1);
      if (header_size_ < 2)
        continue;
      unsigned code = header_[1] & 0x7Fu;
      std::size_t wanted = code < 126 ? 2 : code == 126 ? 4 : 10;
      if (header_size_ < wanted)
        continue;
      left_ = code;
      if (wanted > 2)
        left_ = 0;
      for (std::size_t i = 2; i < wanted; ++i)
        left_ = left_ << 8 | header_[i];
      if ((header_[0] & 0x0Fu) != 0)
        opcode_ = header_[0] & 0x0Fu;
      header_size_ = 0;
      ++frames_;
      if (left_ > 0)
        return true;
    }
    return false;
  }

  template <class Record>
  void scan(std::string_view part, Record& on_record) {
    if (!cut_.empty()) {
      auto missing = std::min(record_mark::size - cut_.size(), part.size());
      cut_.append(part.substr(0, missing));
      part.remove_prefix(missing);
      if (cut_.size() < record_mark::size)
        return;
      read_mark(cut_.data(), on_record);
      cut_.clear();
    }
    while (const void* found = std::memchr(part.data(), '#', part.size())) {
      part.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - part.data()));
      if (part.size() < record_mark::size) {
        cut_.assign(part);
        return;
      }
      read_mark(part.data(), on_record);
      part.remove_prefix(record_mark::size);
    }
  }

  template <class Record>
  void read_mark(const char* at, Record& on_record) {
    record_mark mark;
    if (at[11] != '@')
      return;
    std::from_chars(at + 1, at + 11, mark.number);
    std::from_chars(at + 12, at + record_mark::size, mark.sent_ns);
    on_record(mark);
  }

  template <class Control>
  void end_frame(Control& on_control) {
    if (opcode_ < 8)
      return;
    on_control(opcode_, std::string_view{control_});
    control_.clear();
  }

  std::array<unsigned char, 10> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t left_ = 0;  // of the payload
  unsigned opcode_ = 0;
  std::string cut_;  // a mark that is not complete
  std::string control_;
  std::uint64_t frames_ = 0;
};

/// A frame as a client must send it; the mask is zero, which the protocol allows.
inline std::string client_frame(unsigned opcode, std::string_view payload) {
  std::string frame{static_cast<char>(0x80u | opcode), static_cast<char>(0x80u | payload.size())};
  frame.append(4, '\0');
  return frame.append(payload);
}

}  // namespace troupe::bench
