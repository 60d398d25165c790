#include "http/parse_request.hpp"

#include "http/parse_token.hpp"
#include "http/record_format.hpp"
#include "runtime/base/limits.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace beast_http = boost::beast::http;
using boost::beast::iequals;

namespace {

constexpr std::size_t method_bytes_max = 32;
constexpr std::string_view head_end = "\r\n\r\n";

std::string_view first_line(std::string_view input) {
  return input.substr(0, input.find_first_of("\r\n"));
}

/// Whether the line ends in a well-formed version that is just not ours.
bool has_other_version(std::string_view line) {
  auto space = line.rfind(' ');
  if (space == std::string_view::npos)
    return false;
  auto version = line.substr(space + 1);
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && digit(version[5]) &&
         version[6] == '.' && digit(version[7]) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

/// What may be a method, or the beginning of one.
bool is_method(std::string_view text) { return text.size() <= method_bytes_max && is_token(text); }

error not_a_method() {
  return {errc::bad_request, "The request does not start with an HTTP method."};
}

/// Readers disagree on what a folded header says; besides, its value would not be a view of the
/// head.
bool has_folded_line(std::string_view head) {
  for (auto end = head.find('\n'); end != std::string_view::npos; end = head.find('\n', end + 1))
    if (end + 1 < head.size() && (head[end + 1] == ' ' || head[end + 1] == '\t'))
      return true;
  return false;
}

error target_too_long() {
  return {errc::uri_too_long,
          fmt::format("The request target is longer than the limit of {} bytes.",
                      limits::http_target_bytes_max)};
}

error head_too_large() {
  return {errc::headers_too_large,
          fmt::format("The request head is larger than the limit of {} bytes.",
                      limits::http_header_bytes_max)};
}

}  // namespace

std::size_t find_head_end(std::string_view input, std::size_t seen) {
  // From line end to line end: a search for all four bytes stops at every CR.
  auto from = seen < head_end.size() ? head_end.size() - 1 : seen;
  for (auto at = input.find('\n', from); at != std::string_view::npos;
       at = input.find('\n', at + 1))
    if (input.substr(at + 1 - head_end.size(), head_end.size()) == head_end)
      return at + 1;
  return 0;
}

result<void> check_incomplete_head(std::string_view input) {
  if (input.empty())
    return {};
  auto line = first_line(input);
  auto method = line.substr(0, line.find(' '));
  if (!is_method(method))
    return not_a_method();
  if (line.size() < input.size() && input[line.size()] == '\n')
    return error{errc::bad_request, "The request line does not end in CR LF."};
  if (line.size() > limits::http_target_bytes_max + 64)
    return target_too_long();
  if (input.size() >= limits::http_header_bytes_max)
    return head_too_large();
  return {};
}

// -- the head -----------------------------------------------------------------

request_parser::request_parser() {
  header_limit(limits::http_header_bytes_max);
  body_limit(boost::none);
}

result<void> request_parser::parse_head(std::string_view head) {
  input_ = head;
  if (head.size() > limits::http_header_bytes_max)
    return head_too_large();
  if (has_folded_line(head))
    return error{errc::bad_request, "A header is folded over several lines."};
  error_code ec;
  auto used = put(boost::asio::const_buffer(head.data(), head.size()), ec);
  if (ec)
    return explain(ec);
  if (used != head.size() || in_head_)
    return error{errc::bad_request, "The request head is malformed."};
  if (head_.http11 && head_.host.data() == nullptr)
    return error{errc::bad_request, "The request has no Host header."};
  if (!head_.http11 && head_.chunked)
    return error{errc::bad_request, "HTTP/1.0 does not have chunked bodies."};
  if (auto length = content_length())
    head_.content_length = body_left_ = *length;
  head_.keep_alive = keep_alive();
  head_.websocket = upgrade_websocket_ && connection_upgrade_ && head_.http11;
  return {};
}

void request_parser::on_request_impl(beast_http::verb method, string_view method_text,
                                     string_view target, int version, error_code& ec) {
  head_.method = method;
  head_.target = target;
  head_.http11 = version == 11;
  if (!is_method(method_text)) {
    refused_ = not_a_method();
    ec = beast_http::error::bad_method;
  }
  if (target.size() > limits::http_target_bytes_max) {
    refused_ = target_too_long();
    ec = beast_http::error::bad_target;
  }
}

void request_parser::on_field_impl(field name, string_view text, string_view value,
                                   error_code& ec) {
  if (++fields_ > limits::http_headers_max)
    return refuse(errc::headers_too_large,
                  fmt::format("The request has more than {} headers.", limits::http_headers_max),
                  ec);
  take_field(name, text, value, ec);
}

void request_parser::take_field(field name, std::string_view text, std::string_view value,
                                error_code& ec) {
  switch (name) {
    case field::host:
      if (head_.host.data() != nullptr)
        return refuse(errc::bad_request, "The request has two Host headers.", ec);
      head_.host = value.empty() ? std::string_view{""} : value;
      break;
    case field::content_length:
      if (head_.content_length)
        return refuse(errc::bad_request, "The request has two Content-Length headers.", ec);
      if (value.find(',') != std::string_view::npos)
        return refuse(errc::bad_request, "Content-Length is not one number.", ec);
      head_.content_length = 0;  // the value comes when the whole head has been read
      break;
    case field::transfer_encoding:
      if (head_.chunked || !iequals(value, "chunked"))
        return refuse(
            errc::bad_request,
            fmt::format("Transfer-Encoding '{}' is not supported, only 'chunked'.", value), ec);
      head_.chunked = true;
      break;
    case field::content_type: head_.content_type = value; break;
    case field::accept: head_.accept = value; break;
    case field::expect: head_.expects_continue = iequals(value, "100-continue"); break;
    case field::content_encoding: head_.content_encoding = value; break;
    case field::origin: head_.origin = value.empty() ? "null" : value; break;
    case field::access_control_request_method: head_.preflight = true; break;
    case field::access_control_request_headers: head_.wanted_headers = value; break;
    case field::upgrade: upgrade_websocket_ = iequals(value, "websocket"); break;
    case field::connection:
      connection_upgrade_ = connection_upgrade_ || beast_http::token_list{value}.exists("upgrade");
      break;
    case field::unknown:
      if (iequals(text, "X-Request-Id"))
        head_.request_id = value;
      break;
    default: break;
  }
}

void request_parser::refuse(errc code, std::string message, error_code& ec) {
  refused_ = error{code, std::move(message)};
  ec = beast_http::error::bad_field;
}

error request_parser::explain(const error_code& ec) const {
  using beast_http::error;
  if (refused_)
    return *refused_;
  if (ec == error::header_limit)
    return head_too_large();
  if (ec == error::bad_version && has_other_version(first_line(input_)))
    return troupe::error{errc::http_version};
  if (ec == error::bad_transfer_encoding || ec == error::bad_content_length)
    return {errc::bad_request, "Content-Length and Transfer-Encoding are malformed or conflict."};
  if (ec == error::multiple_content_length)
    return {errc::bad_request, "The request has two Content-Length headers."};
  return {errc::bad_request, fmt::format("The request is not valid HTTP: {}.", ec.message())};
}

// -- bodies -------------------------------------------------------------------

result<void> request_parser::limit_body(std::size_t bytes_max) {
  chunks_.limit(bytes_max);
  if (body_left_ <= bytes_max)
    return {};
  return error{errc::payload_too_large,
               fmt::format("The request body is larger than the limit of {} bytes.", bytes_max)};
}

result<body_piece> request_parser::next_piece(std::string_view input) {
  if (head_.chunked)
    return chunks_.next(input);
  body_piece piece;
  piece.data = input.substr(0, body_left_);
  piece.consumed = piece.data.size();
  body_left_ -= piece.consumed;
  piece.end = body_left_ == 0;
  return piece;
}

// -- the target ---------------------------------------------------------------

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  bool plain = true;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0)
        return error{errc::bad_request, "The request target has a broken percent escape."};
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    plain = plain && static_cast<unsigned char>(c) < 0x80;
    out.push_back(c);
  }
  if (!plain && !is_valid_utf8(out))
    return error{errc::bad_request, "The request target is not valid UTF-8."};
  return out;
}

result<void> parse_query(std::string_view query, query_list& into) {
  while (!query.empty()) {
    auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty())
      continue;
    auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    if (!name)
      return name.error();
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!value)
      return value.error();
    into.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

}  // namespace troupe::http
