#include "http/record_format.hpp"
#include "http/response_head.hpp"
#include "runtime/base/assert.hpp"

#include <boost/beast/http/status.hpp>

namespace troupe::http {

const std::string& request::param(std::string_view name) const {
  for (const auto& [key, value] : path_params)
    if (key == name)
      return value;
  troupe_assert(false, "the route has no parameter {}", name);
}

const std::string* request::find_query(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name)
      return &value;
  return nullptr;
}

response response::json(std::string body, unsigned status) {
  response out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

response response::failure(const error& what) {
  const auto& info = info_of(what.code);
  response out;
  out.status = static_cast<unsigned>(info.http_status);
  out.why = what.code;
  out.body = "{\"error_code\":";
  append_json_number(out.body, info.code);
  out.body += ",\"message\":";
  append_error_message(out.body, what.code, what.message);
  out.body += '}';
  if (info.retriable && (out.status == 429 || out.status == 503))
    out.headers.emplace_back("Retry-After", "1");
  return out;
}

namespace {

bool has_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

void append_status_line(std::string& out, unsigned status, bool http11) {
  out.append(http11 ? "HTTP/1.1 " : "HTTP/1.0 ");
  append_json_number(out, status);
  out.push_back(' ');
  out.append(boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status)));
  out.append("\r\n");
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void append_head(std::string& out, const response& what, const head_options& how) {
  if (how.http11 && what.status == 200)
    out.append("HTTP/1.1 200 OK\r\n");
  else
    append_status_line(out, what.status, how.http11);
  out.append(how.date_header);
  if (has_body(what.status)) {
    if (!what.content_type.empty())
      append_header(out, "Content-Type", what.content_type);
    if (!how.chunked) {
      out.append("Content-Length: ");
      append_json_number(out, static_cast<std::int64_t>(what.body.size()));
      out.append("\r\n");
    } else if (how.http11) {
      out.append("Transfer-Encoding: chunked\r\n");
    }
  }
  append_header(out, "X-Request-Id", how.request_id);
  if (how.close)
    out.append("Connection: close\r\n");
  else if (!how.http11)
    out.append("Connection: keep-alive\r\n");
  if (!how.allow.empty())
    append_header(out, "Allow", how.allow);
  out.append(how.cross_origin);
  for (const auto& [name, value] : what.headers)
    append_header(out, name, value);
  out.append("\r\n");
}

}  // namespace troupe::http
