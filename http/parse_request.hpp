// From bytes to a request: head, body framing, target. Knows nothing of sockets or actors, so that
// a fuzzer can drive it.
#pragma once

#include "http/parse_chunked.hpp"
#include "runtime/base/errors.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::http {

/// What of a head matters. Views point into the bytes that were parsed.
struct request_head {
  boost::beast::http::verb method = boost::beast::http::verb::unknown;
  std::string_view target;
  std::string_view host;
  std::string_view content_type;
  std::string_view accept;
  std::string_view request_id;
  std::string_view origin;            ///< of the web page that sends it, if one does
  std::string_view content_encoding;  ///< empty: none
  std::string_view wanted_headers;    ///< Access-Control-Request-Headers
  bool preflight = false;             ///< asks what the page may send
  bool http11 = false;
  bool keep_alive = false;
  bool chunked = false;
  bool websocket = false;         ///< Upgrade: websocket, and Connection says so
  bool expects_continue = false;  ///< the client waits for 100 before it sends the body
  std::optional<std::uint64_t> content_length;
};

/// Length of the head at the start of `input`, its final empty line included; 0 when it is not
/// complete yet. `seen` is how much of the input an earlier call has looked at.
std::size_t find_head_end(std::string_view input, std::size_t seen);

/// What is wrong with an incomplete head that can never become a good one, so that nobody waits
/// for a deadline: not HTTP at all, or longer than a limit.
result<void> check_incomplete_head(std::string_view input);

/// Reads one request. Strict where leniency lets two readers see different requests: one length,
/// one Transfer-Encoding and that "chunked", one Host, no folded lines.
class request_parser final : private boost::beast::http::basic_parser<true> {
 public:
  request_parser();

  /// `head` as found by find_head_end; it must outlive the parser. Errors: bad_request,
  /// http_version, uri_too_long, headers_too_large.
  result<void> parse_head(std::string_view head);
  const request_head& head() const { return head_; }

  /// The body must not be larger than this; without a call it may be endless. Error:
  /// payload_too_large when its length says so already. REQUIRES parse_head before.
  result<void> limit_body(std::size_t bytes_max);

  /// The next piece of the body. Errors: bad_request, payload_too_large. REQUIRES parse_head
  /// before.
  result<body_piece> next_piece(std::string_view input);
  /// The whole body has been handed out (or there is none).
  bool body_done() const { return head_.chunked ? chunks_.done() : body_left_ == 0; }
  /// What is missing of a body of known length.
  std::size_t body_left() const { return body_left_; }

 private:
  using error_code = boost::beast::error_code;
  using field = boost::beast::http::field;
  using string_view = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb method, string_view method_text, string_view target,
                       int version, error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(field name, string_view text, string_view value, error_code& ec) override;
  void on_header_impl(error_code&) override { in_head_ = false; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  void take_field(field name, std::string_view text, std::string_view value, error_code& ec);
  void refuse(errc code, std::string message, error_code& ec);
  error explain(const error_code& ec) const;

  request_head head_;
  std::string_view input_;
  chunked_reader chunks_;
  std::size_t body_left_ = 0;
  std::size_t fields_ = 0;
  bool in_head_ = true;
  bool connection_upgrade_ = false;
  bool upgrade_websocket_ = false;
  std::optional<error> refused_;
};

/// Undoes percent-encoding (and '+' for a space, in queries). Errors: bad_request naming what is
/// wrong: a broken escape or text that is not UTF-8.
result<std::string> percent_decode(std::string_view text, bool plus_is_space);
using query_list = std::vector<std::pair<std::string, std::string>>;
/// Appends the parameters of "a=1&b=2". Errors as percent_decode.
result<void> parse_query(std::string_view query, query_list& into);

}  // namespace troupe::http
