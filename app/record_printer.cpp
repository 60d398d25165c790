#include "app/record_printer.hpp"

#include "app/output.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::app {

namespace json = boost::json;

namespace {

/// A key or value as its bytes, as far as the format gives them; "null" for none.
std::string text_of(const json::value& x, http::embedded_format format) {
  if (x.is_null())
    return "null";
  if (!x.is_string() || format == http::embedded_format::json) {
    std::string text;
    append_json(text, x);
    return text;
  }
  std::string_view text = x.as_string();
  if (format == http::embedded_format::text)
    return std::string(text);
  return http::decode_base64(text).value_or(std::string(text));
}

std::string headers_text(const json::value& headers) {
  std::string out;
  for (const auto& header : headers.as_array()) {
    if (!out.empty())
      out += ',';
    out += std::string_view(header.at("key").as_string());
    out += '=';
    out += text_of(header.at("value"), http::embedded_format::binary);
  }
  return out;
}

}  // namespace

std::string record_text(const json::object& record, const print_options& options) {
  std::string line;
  if (options.json) {
    append_json(line, record);
    return line;
  }
  auto add = [&](bool wanted, std::string_view name, auto text) {
    auto* field = wanted ? record.if_contains(name) : nullptr;
    if (!wanted)
      return;
    if (field)
      line += text(*field);
    line += options.separator;
  };
  auto number = [](const json::value& x) { return json::serialize(x); };
  auto bytes = [&](const json::value& x) { return text_of(x, options.format); };
  add(options.partition, "partition", number);
  add(options.offset, "offset", number);
  add(options.timestamp, "timestamp", number);
  add(options.headers, "headers", headers_text);
  add(options.key, "key", bytes);
  if (auto* value = record.if_contains("value"))
    line += bytes(*value);
  return line;
}

void record_printer::print(const json::object& record) {
  line_ = record_text(record, options_);
  line_ += '\n';
  write_out(line_);
  ++count_;
}

bool record_printer::flush() { return flush_out(); }

}  // namespace troupe::app
