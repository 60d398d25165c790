#include "http/session.hpp"

#include "http/websocket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

namespace troupe::http {

namespace {

/// Buffers of an idle connection are kept this long for the next request.
constexpr std::chrono::seconds idle_shrink_after{2};
/// A client that is still sending gets this long, and this much, to notice the answer.
constexpr std::chrono::milliseconds linger_time{2'000};
constexpr std::chrono::milliseconds linger_time_stopping{250};
constexpr std::size_t linger_bytes = 16 * limits::MiB;
/// Requests of one connection that are served before others get their turn.
constexpr int turns_max = 16;

}  // namespace

void session::start(std::shared_ptr<loop> home, int fd, connection_permit permit) {
  auto made = std::make_shared<session>(std::move(home), fd, std::move(permit));
  if (made->stream_.is_open())
    asio::co_spawn(
        made->services_.executor, [made] { return made->run(); }, asio::detached);
}

session::session(std::shared_ptr<loop> home, int fd, connection_permit permit)
    : home_(std::move(home)),
      services_(home_->services()),
      stream_(fd, home_->events()),
      in_(services_.inflight),
      held_(services_.inflight),
      refused_(!permit) {
  slot_ = connection_slot{home_->connections(), *this, std::move(permit)};
  services_.metrics.connection_opened();
  if (refused_) {
    services_.metrics.connection_refused();
    ++home_->refused;
  }
}

session::~session() {
  services_.metrics.connection_closed();
  if (refused_)
    --home_->refused;
}

task<void> session::run() {
  try {
    co_await serve();
  } catch (const std::exception& failed) {
    spdlog::error("a connection ended with an exception: {}", failed.what());
  }
  stream_.close();
}

task<void> session::serve() {
  enter_idle(services_.time.now());
  for (int turns = 1;; ++turns) {
    auto next = look_for_request();
    if (next == next_step::stop)
      co_return;
    if (next == next_step::wait) {
      turns = 0;
      co_await stream_.readable();
      continue;
    }
    auto ready = accept_request();
    if (ready && !body_is_here())
      ready = co_await read_whole_body();
    if (ready && route_->run == nullptr)
      co_return hand_over();
    response answer;
    try {
      if (ready)
        answer = co_await route_->run(*this);
      else
        answer = response::failure(ready.error());
    } catch (const std::exception& failed) {
      answer = crashed(failed);
    }
    if (answer.status >= 500)
      log_failure(answer);
    bool sent = try_send(answer);
    if (!sent)
      sent = co_await send_rest(answer);
    auto now = finish_request();
    if (!sent)
      co_return;
    if (closing_)
      break;
    enter_idle(now);
    if (turns == turns_max)
      co_await asio::post(services_.executor, asio::use_awaitable_t<loop_executor>{});
  }
  if (lingers_)
    co_await linger();
}

response session::crashed(const std::exception& why) const {
  spdlog::error("{} {} failed: {}, request {}", method_name(), req.target, why.what(), req.id);
  auto answer = response::failure(error{errc::unknown});
  answer.why = errc::none;  // has been logged
  return answer;
}

/// Works through what has arrived until a head is complete or something is wrong with it.
session::next_step session::look_for_request() {
  for (;;) {
    if (find_head())
      return next_step::serve;
    auto status = stream_.maybe_readable() ? receive() : io_status::again;
    if (status == io_status::ok)
      continue;
    if (status != io_status::again)
      return next_step::stop;
    if (phase_ == phase::idle && (in_.size() > 0 || discard_ > 0)) {
      phase_ = phase::reading;
      slot_.set_deadline(services_.time.now() + services_.config.header_timeout);
    }
    return next_step::wait;
  }
}

void session::enter_idle(mono_time now) {
  phase_ = phase::idle;
  expired_ = false;
  idle_shrunk_ = false;
  idle_since_ = now;
  slot_.set_deadline(idle_since_ +
                     std::min<mono_duration>(services_.config.idle_timeout, idle_shrink_after));
}

/// Counts the request and lets go of what only it needed. Returns when that was.
mono_time session::finish_request() {
  auto now = services_.time.now();
  auto took = now - started_;
  services_.metrics.request_done(route_index_, req.method, answer_status_, took, body_bytes_,
                                 sent_bytes_);
  if (services_.config.access_log)
    log_request(took);
  in_.consume(std::exchange(part_bytes_, 0));
  in_.trim();
  held_.release();
  if (chunked_body_.capacity() > input_buffer::small_bytes)
    chunked_body_ = {};
  if (out_.capacity() > input_buffer::kept_bytes)
    out_ = {};
  return now;
}

void session::log_request(mono_duration took) const {
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  spdlog::info("{} {} -> {} in {} us, {} B in, {} B out, request {}", method_name(), req.target,
               answer_status_, micros, body_bytes_, sent_bytes_, req.id);
}

/// What the operator should know of an answer that is our fault.
void session::log_failure(const response& what) const {
  if (what.status < 500 || what.why == errc::none || !home_->may_log_failure())
    return;
  auto where = route_ != nullptr ? route_->pattern : req.target.substr(0, req.target.find('?'));
  spdlog::warn("{} {} -> {} {}: {}, request {}", method_name(), where, what.status,
               to_string(what.why), what.body, req.id);
}

/// As it was sent, also where it is no method we know.
std::string_view session::method_name() const {
  if (!parser_)
    return "(no method)";
  return std::string_view{head_bytes_}.substr(0, head_bytes_.find(' '));
}

task<void> session::linger() {
  phase_ = phase::lingering;
  stream_.shutdown_write();
  slot_.set_deadline(services_.time.now() +
                     (slot_.stopping() ? linger_time_stopping : linger_time));
  in_.consume(in_.size());
  for (std::size_t left = linger_bytes; left > 0;) {
    auto got = stream_.try_read(in_.room());
    if (got.status == io_status::again)
      co_await stream_.readable();
    else if (got.status != io_status::ok)
      break;
    left -= std::min(left, got.bytes);
  }
}

// -- deadlines and the end ----------------------------------------------------

void session::on_deadline(mono_time) {
  auto self = shared_from_this();
  if (phase_ == phase::idle && !idle_shrunk_) {
    idle_shrunk_ = true;
    in_.shrink();
    out_ = {};
    head_bytes_ = {};
    slot_.set_deadline(idle_since_ + services_.config.idle_timeout);
  } else if (phase_ == phase::reading) {
    expired_ = true;
    stream_.interrupt();
  } else if (phase_ != phase::handling) {
    on_cut();
  }
}

void session::on_stop() {
  auto self = shared_from_this();
  if (phase_ == phase::idle && in_.size() == 0)
    on_cut();
  else if (phase_ == phase::reading)
    stream_.interrupt();  // a stream without an end notices
}

void session::on_last_call() {
  auto self = shared_from_this();
  last_call_ = true;
  if (phase_ == phase::reading)
    stream_.interrupt();
}

void session::on_cut() {
  auto self = shared_from_this();
  stream_.close();
  stream_.interrupt();
}

}  // namespace troupe::http
