#include "app/record_client.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::app {

namespace json = boost::json;

namespace {

void append_text(std::string& out, std::string_view text, http::embedded_format format) {
  if (format == http::embedded_format::binary)
    http::append_json_base64(out, text);
  else
    http::append_json_string(out, text);
}

record_ack read_ack(const json::object& from) {
  record_ack ack;
  if (auto* partition = from.if_contains("partition"); partition && partition->is_int64())
    ack.partition = static_cast<std::int32_t>(partition->as_int64());
  if (auto* offset = from.if_contains("offset"); offset && offset->is_int64())
    ack.offset = offset->as_int64();
  if (auto* code = from.if_contains("error_code"); code && code->is_int64())
    ack.error_code = static_cast<int>(code->as_int64());
  for (auto name : {"error", "message"})
    if (auto* text = from.if_contains(name); text && text->is_string())
      ack.error = text->as_string();
  return ack;
}

failure not_understood(std::string_view body) {
  return {exit_failed,
          fmt::format("the broker's answer is not understood: {}", body.substr(0, 200))};
}

}  // namespace

void produce_body::add(std::optional<std::string_view> key, std::optional<std::string_view> value) {
  text_ += count_++ == 0 ? R"({"records":[{)" : ",{";
  if (key) {
    text_ += R"("key":)";
    append_text(text_, *key, format_);
    text_ += ',';
  }
  text_ += R"("value":)";
  if (!value)
    text_ += "null";
  else if (format_ == http::embedded_format::json)
    text_ += *value;
  else
    append_text(text_, *value, format_);
  text_ += '}';
}

std::string produce_body::take() {
  count_ = 0;
  return std::exchange(text_, {}) + "]}";
}

attempt<std::vector<record_ack>> send_records(http_client& http, const std::string& topic,
                                              http::embedded_format format, const std::string& acks,
                                              std::string_view body) {
  http_request request;
  request.method = "POST";
  request.target = fmt::format("/topics/{}?acks={}", encode_component(topic), acks);
  request.body = body;
  request.content_type = http::media_type(format);
  auto answer = http.send(request);
  if (!answer)
    return answer.error();
  if (!answer->ok())
    return failure_of(*answer, fmt::format("produce to '{}'", topic));
  json::error_code ec;
  auto value = json::parse(answer->body, ec);
  auto* offsets = ec || !value.is_object() ? nullptr : value.as_object().if_contains("offsets");
  if (!offsets || !offsets->is_array())
    return not_understood(answer->body);
  std::vector<record_ack> acks_out;
  for (const auto& row : offsets->as_array()) {
    if (!row.is_object())
      return not_understood(answer->body);
    acks_out.push_back(read_ack(row.as_object()));
  }
  return acks_out;
}

attempt<offset_t> fetch_records(http_client& http, const std::string& topic,
                                const fetch_options& options,
                                const std::function<void(const json::object&)>& each) {
  http_request request;
  request.target = fmt::format("/topics/{}/partitions/{}/records?offset={}&timeout={}&max_bytes={}",
                               encode_component(topic), options.partition, options.offset,
                               options.wait_ms, options.max_bytes);
  request.accept = http::media_type(options.format);
  auto answer = http.send(request);
  if (!answer)
    return answer.error();
  if (!answer->ok())
    return failure_of(
        *answer, fmt::format("read {}-{} at offset {}", topic, options.partition, options.offset));
  json::error_code ec;
  json::monotonic_resource memory;
  auto value = json::parse(answer->body, ec, &memory);
  if (ec || !value.is_array())
    return not_understood(answer->body);
  auto next = options.offset;
  for (const auto& row : value.as_array()) {
    auto* record = row.if_object();
    auto* offset = record ? record->if_contains("offset") : nullptr;
    if (!offset || !offset->is_int64())
      return not_understood(answer->body);
    each(*record);
    next = offset->as_int64() + 1;
  }
  return next;
}

}  // namespace troupe::app
