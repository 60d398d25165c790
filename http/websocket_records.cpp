#include "http/websocket_records.hpp"

#include "runtime/base/limits.hpp"

#include <algorithm>

namespace troupe::http {

namespace {

record_shape shape_of(shown_format format) {
  record_shape shape;
  shape.format = format;
  return shape;
}

}  // namespace

frame_budget frame_budget::standard() {
  return {limits::websocket_records_frame_bytes, limits::websocket_records_frame_records};
}

frame_cutter::frame_cutter(const topic_partition& source, byte_view batches, offset_t from,
                           shown_format format)
    : source_(source),
      writer_(source, shape_of(format)),
      batches_(batches),
      from_(from),
      position_(from) {}

/// Reads ahead to the next record that is wanted; false at the end of the run.
result<bool> frame_cutter::next_record() {
  while (true) {
    if (!reader_) {
      byte_view batch;
      if (!batches_.next(batch))
        return false;
      auto header = decode_batch_header(batch);
      if (header.is_control() || header.next_offset() <= from_) {
        position_ = std::max(position_, header.next_offset());
        continue;
      }
      auto opened = record_reader::open(batch);
      if (!opened)
        return opened.error();
      reader_.emplace(std::move(*opened));
    }
    auto more = reader_->next(record_);
    if (!more)
      return more.error();
    if (!*more) {
      position_ = std::max(position_, reader_->header().next_offset());
      reader_.reset();
    } else if (record_.offset >= from_) {
      return true;
    }
  }
}

/// In place of the record that is held, which goes as if it had been written.
void frame_cutter::write_error(frame_encoder& to, const error& why) {
  to.abandon_frame();
  to.begin_frame();
  to.text() += record_error_text(why, source_, record_.offset);
  holds_record_ = false;
  position_ = record_.offset + 1;
  to.end_frame(1, position_);
}

result<bool> frame_cutter::next(frame_encoder& to, frame_budget budget) {
  std::uint32_t written = 0;
  while (written < budget.records) {
    if (!holds_record_) {
      auto more = fault_ ? result<bool>{*fault_} : next_record();
      if (!more) {
        fault_ = more.error();
        // Good records before the damage make a frame of their own; the next call reports.
        if (written == 0)
          return *fault_;
        break;
      }
      if (!*more)
        break;
      holds_record_ = true;
    }
    if (written == 0) {
      to.begin_frame();
      to.text() += R"({"type":"records","records":[)";
    } else {
      to.text() += ',';
    }
    auto appended = writer_.append(to.text(), record_);
    if (!appended) {
      if (written == 0) {
        write_error(to, appended.error());
        return true;
      }
      to.text().pop_back();
      break;
    }
    holds_record_ = false;
    ++written;
    position_ = record_.offset + 1;
    if (to.payload_size() >= budget.payload_bytes)
      break;
  }
  if (written == 0)
    return false;
  to.text() += "]}";
  to.end_frame(written, position_);
  return true;
}

namespace {

std::shared_ptr<const bytes> encode_in(shown_format format, const topic_partition& source,
                                       byte_view batches, offset_t from) {
  static thread_local frame_encoder encoder;
  frame_cutter cutter{source, batches, from, format};
  while (true) {
    auto more = cutter.next(encoder, frame_budget::standard());
    if (more && *more)
      continue;
    auto encoding = encoder.finish();
    return more ? std::move(encoding) : nullptr;
  }
}

template <embedded_format Format>
std::shared_ptr<const bytes> encode_chunk(const topic_partition& source, byte_view batches,
                                          offset_t from) {
  return encode_in(Format, source, batches, from);
}

std::shared_ptr<const bytes> encode_fitting(const topic_partition& source, byte_view batches,
                                            offset_t from) {
  return encode_in(std::nullopt, source, batches, from);
}

}  // namespace

tail_encoder tail_encoder_of(shown_format format) {
  if (!format)
    return &encode_fitting;
  switch (*format) {
    case embedded_format::binary: return &encode_chunk<embedded_format::binary>;
    case embedded_format::json: return &encode_chunk<embedded_format::json>;
    case embedded_format::text: break;
  }
  return &encode_chunk<embedded_format::text>;
}

}  // namespace troupe::http
