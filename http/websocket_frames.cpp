#include "http/websocket_frames.hpp"

namespace troupe::http {

namespace {

constexpr char final_text_frame = static_cast<char>(0x81);

/// Writes the header so that it ends at `payload`; returns its size.
std::size_t write_header(char* payload, std::size_t length) {
  auto put = [&](std::size_t extra, char marker) {
    char* p = payload - extra - 2;
    *p++ = final_text_frame;
    *p++ = marker;
    for (std::size_t i = extra; i-- > 0;)
      *p++ = static_cast<char>(length >> (8 * i));
    return extra + 2;
  };
  if (length < 126)
    return put(0, static_cast<char>(length));
  if (length <= 0xffff)
    return put(2, 126);
  return put(8, 127);
}

}  // namespace

void frame_encoder::begin_frame() {
  text_.append(frame_header_size_max, '\0');
  payload_ = text_.size();
}

void frame_encoder::end_frame(std::uint32_t records, offset_t next) {
  troupe_assert(text_.size() <= UINT32_MAX, "an encoding of {} bytes", text_.size());
  std::size_t header = write_header(text_.data() + payload_, payload_size());
  entries_.push_back({static_cast<std::uint32_t>(payload_ - header),
                      static_cast<std::uint32_t>(text_.size()), records, 0, next});
}

void frame_encoder::abandon_frame() { text_.resize(payload_ - frame_header_size_max); }

std::shared_ptr<const bytes> frame_encoder::finish() {
  auto count = static_cast<std::uint32_t>(entries_.size());
  std::size_t index = count * sizeof(frame_entry);
  auto encoding = std::make_shared<bytes>(text_.size() + index + sizeof count);
  char* p = encoding->data();
  std::memcpy(p, text_.data(), text_.size());
  p += text_.size();
  if (count != 0)
    std::memcpy(p, entries_.data(), index);
  std::memcpy(p + index, &count, sizeof count);
  text_.clear();
  // A reused encoder must not keep the memory of the largest chunk it ever saw.
  constexpr std::size_t worth_keeping = 1 << 20;
  if (text_.capacity() > worth_keeping)
    text_.shrink_to_fit();
  entries_.clear();
  return encoding;
}

std::shared_ptr<const bytes> encode_text(std::string_view payload) {
  frame_encoder encoder;
  encoder.begin_frame();
  encoder.text().append(payload);
  encoder.end_frame(0, no_offset);
  return encoder.finish();
}

namespace {

std::string place_text(std::string_view type, const topic_partition& which, offset_t next) {
  std::string text = R"({"type":")";
  text.append(type) += R"(","topic":)";
  append_json_string(text, which.topic);
  text += R"(,"partition":)";
  append_json_number(text, value_of(which.partition));
  text += R"(,"next_offset":)";
  append_json_number(text, next);
  text += '}';
  return text;
}

void append_error(std::string& text, const error& what) {
  text += R"("error_code":)";
  append_json_number(text, info_of(what.code).code);
  text += R"(,"message":)";
  append_error_message(text, what.code, what.message);
  text += '}';
}

}  // namespace

std::string caught_up_text(const topic_partition& which, offset_t next) {
  return place_text("caught_up", which, next);
}

std::string partition_added_text(const topic_partition& which, offset_t next) {
  return place_text("partition_added", which, next);
}

std::string error_text(const error& what, std::string_view id) {
  std::string text = R"({"type":"error",)";
  if (!id.empty())
    text.append(R"("id":)").append(id) += ',';
  append_error(text, what);
  return text;
}

std::string record_error_text(const error& what, const topic_partition& which, offset_t offset) {
  std::string text = R"({"type":"error","partition":)";
  append_json_number(text, value_of(which.partition));
  text += R"(,"offset":)";
  append_json_number(text, offset);
  text += ',';
  append_error(text, what);
  return text;
}

}  // namespace troupe::http
