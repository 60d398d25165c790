#include "http/v3_report.hpp"

#include "http/parse_v3_time.hpp"
#include "http/record_format.hpp"

namespace troupe::http {

namespace {

void append_size(std::string& out, std::string_view name, v3_type type,
                 const std::optional<std::string_view>& data) {
  if (type == v3_type::none)
    return;
  out.append(",\"").append(name).append("\":{\"type\":\"").append(to_string(type));
  out += "\",\"size\":";
  append_json_number(out, data ? static_cast<std::int64_t>(data->size()) : 0);
  out += '}';
}

void append_code_and_message(std::string& out, errc code, std::string_view message) {
  out += "\"error_code\":";
  append_json_number(out, info_of(code).code);
  out += ",\"message\":";
  append_error_message(out, code, message);
  out += '}';
}

}  // namespace

void append_report(std::string& out, const report_target& target, const incoming_record& record,
                   const v3_types& types, const record_result& result, std::string_view id) {
  out += '{';
  if (!id.empty())
    out.append("\"id\":\"").append(id).append("\",");
  if (result.code != errc::none)
    return append_code_and_message(out, result.code, result.message);
  out += "\"error_code\":200,\"cluster_id\":";
  append_json_string(out, target.cluster);
  out += ",\"topic_name\":";
  append_json_string(out, target.topic);
  out += ",\"partition_id\":";
  append_json_number(out, value_of(result.partition));
  out += ",\"offset\":";
  if (result.offset == no_offset)
    out += "null";
  else
    append_json_number(out, result.offset);
  out += ",\"timestamp\":";
  append_timestamp(out, result.timestamp);
  append_size(out, "key", types.key, record.data.key);
  append_size(out, "value", types.value, record.data.value);
  out += '}';
}

void append_failure_report(std::string& out, const error& why) {
  out += '{';
  append_code_and_message(out, why.code, why.message);
}

}  // namespace troupe::http
