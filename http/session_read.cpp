#include "http/cross_origin.hpp"
#include "http/session.hpp"
#include "http/websocket.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace {

constexpr std::size_t request_id_bytes_max = 128;

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= request_id_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

task<response> answer_options(exchange&) { co_return response::no_content(); }

const route options_route{verb::options, "", answer_options};

}  // namespace

io_status session::receive() {
  auto got = stream_.try_read(in_.room());
  in_.commit(got.bytes);
  return got.status;
}

/// True when there is a request to answer: a complete head, or a problem.
bool session::find_head() {
  if (discard_ > 0) {
    auto dropped = std::min(discard_, in_.size());
    in_.consume(dropped);
    discard_ -= dropped;
  }
  while (discard_ == 0 && in_.view().starts_with("\r\n")) {  // what some send behind a body
    in_.consume(2);
    seen_ = 0;
  }
  if (discard_ == 0) {
    auto end = find_head_end(in_.view(), seen_);
    if (end != 0) {
      head_bytes_.assign(in_.view().substr(0, end));
      in_.consume(end);
      seen_ = 0;
      return true;
    }
    seen_ = in_.size();
    auto possible = check_incomplete_head(in_.view());
    if (!possible)
      problem_ = possible.error();
  }
  if (last_call_ && !problem_)
    problem_ = error{errc::shutting_down};
  if (expired_)
    problem_ = error{errc::request_timeout, "The request head did not arrive in time."};
  return problem_.has_value();
}

void session::reset_request() {
  req.method = verb::unknown;
  req.target = req.path = req.content_type = req.accept = req.body = req.host = {};
  req.path_params.clear();
  req.query.clear();
  allow_.clear();
  cross_origin_.clear();
  route_ = nullptr;
  route_index_ = gateway_metrics::no_route;
  part_bytes_ = body_bytes_ = sent_bytes_ = 0;
  answer_status_ = 0;
  continue_due_ = woken_ = stream_begun_ = false;
}

/// Parses, routes and admits the request. An error is its answer.
result<void> session::accept_request() {
  phase_ = phase::handling;
  started_ = services_.time.now();
  services_.metrics.request_started();
  reset_request();
  if (problem_) {
    parser_.reset();
    take_request_id({});
    auto why = std::move(*std::exchange(problem_, std::nullopt));
    return give_up(why.code, std::move(why.message));
  }
  parser_.emplace();
  auto parsed = parser_->parse_head(head_bytes_);
  const auto& head = parser_->head();
  take_request_id(head.request_id);
  req.method = head.method;
  req.target = head.target;
  req.host = head.host;
  req.content_type = head.content_type;
  req.accept = head.accept;
  if (!parsed) {
    auto why = parsed.error();
    parser_.reset();
    return give_up(why.code, std::move(why.message));
  }
  closing_ = !head.keep_alive;
  if (refused_)
    return give_up(errc::overloaded, "The broker has as many connections as it may have.");
  if (auto done = take_target(head.target); !done)
    return done;
  auto found = find_route();
  cross_origin_ = cross_origin_headers(head, services_.config.allowed_origins, allow_);
  if (!found)
    return found;
  if (auto done = check_origin(head, services_.config.allowed_origins); !done)
    return done;
  return frame_body();
}

void session::take_request_id(std::string_view asked) {
  if (is_request_id(asked))
    req.id = asked;
  else
    home_->make_request_id(req.id);
}

result<void> session::take_target(std::string_view target) {
  if (target.starts_with("http://")) {  // what a proxy is sent; the host is ours
    auto path = target.find_first_of("/?", 7);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  auto question = std::min(target.find('?'), target.size());
  req.path = target.substr(0, question);
  if (!req.path.starts_with('/') && !(req.path == "*" && req.method == verb::options))
    return error{errc::bad_request, "The request target is not a path."};
  if (question == target.size())
    return {};
  return parse_query(target.substr(question + 1), req.query);
}

result<void> session::find_route() {
  auto found = home_->routes().find(req.method, req.path, req.path_params);
  if (!found)
    return found.error();
  route_ = found->found;
  if (route_ != nullptr) {
    route_index_ = found->index;
    return {};
  }
  allow_ = std::move(found->allow);
  if (req.method == verb::options && (!allow_.empty() || req.path == "*")) {
    route_ = &options_route;
    return {};
  }
  if (allow_.empty())
    return error{errc::not_found, fmt::format("There is no '{}'.", req.path)};
  return error{errc::method_not_allowed, fmt::format("'{}' does not have the method {}; it has {}.",
                                                     req.path, method_name(), allow_)};
}

result<void> session::frame_body() {
  const auto& head = parser_->head();
  if (route_->run == nullptr) {
    if (!head.websocket || req.method != verb::get || !parser_->body_done())
      return error{errc::bad_request, "This path is a WebSocket: it needs a WebSocket handshake."};
    return check_websocket(req, route_->pattern, services_);
  }
  if (route_->body == body_mode::none)
    return {};
  if (!head.content_encoding.empty() && !boost::beast::iequals(head.content_encoding, "identity"))
    return error{errc::unsupported_media_type,
                 fmt::format("Content-Encoding '{}' is not supported; send the body as it is.",
                             head.content_encoding)};
  if (!head.chunked && !head.content_length &&
      (req.method == verb::post || req.method == verb::put || req.method == verb::patch))
    return error{errc::length_required};
  continue_due_ = head.expects_continue && !parser_->body_done() && in_.size() == 0;
  if (route_->body == body_mode::stream)
    return {};
  return parser_->limit_body(services_.config.body_bytes_max);
}

void session::hand_over() {
  namespace beast_http = boost::beast::http;
  beast_http::request_parser<beast_http::empty_body> parser;
  parser.header_limit(limits::http_header_bytes_max);
  boost::beast::error_code failed;
  parser.put(asio::buffer(head_bytes_), failed);
  websocket_upgrade upgrade{parser.release(), std::move(req), route_->pattern,
                            std::string{in_.view()}};
  const auto& head = upgrade.head;
  auto& what = upgrade.req;
  what.target = head.target();
  what.path = what.target.substr(0, what.target.find('?'));
  what.host = head[beast_http::field::host];
  what.accept = head[beast_http::field::accept];
  what.content_type = what.body = {};
  services_.metrics.request_done(route_index_, what.method, 101, services_.time.now() - started_, 0,
                                 0);
  tcp_socket socket{services_.executor};
  socket.assign(stream_.is_ipv6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), stream_.release(),
                failed);
  if (!failed)
    start_websocket(std::move(socket), std::move(upgrade), std::move(slot_), services_);
}

}  // namespace troupe::http
