#include "http/loop.hpp"

#include "http/session.hpp"
#include "http/websocket.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <iterator>

#include <unistd.h>

namespace troupe::http {

namespace {

constexpr std::size_t refused_max = 256;

/// How long before the end of a stop's grace requests that are not complete are refused.
constexpr std::chrono::milliseconds last_call_max{500};

/// Every row of every table. A row without a handler is a WebSocket.
std::vector<route> all_routes() {
  std::vector<route> rows;
  for (auto table : {v2_routes(), v3_routes(), service_routes(), unsupported_routes()})
    rows.insert(rows.end(), table.begin(), table.end());
  rows.push_back({verb::get, websocket_subscribe_path, nullptr});
  rows.push_back({verb::get, websocket_produce_path, nullptr});
  return rows;
}

}  // namespace

gateway_shared::gateway_shared(gateway_config settings, metric_sources sources)
    : config(std::move(settings)),
      routes(all_routes()),
      metrics(std::move(sources)),
      inflight(config.inflight_bytes_max, config.connections_max, config.body_bytes_max) {}

loop::loop(std::shared_ptr<gateway_shared> gateway, const loop_executor& executor,
           broker_client& broker, const clock& time)
    : gateway_(std::move(gateway)),
      random_(rng::from_system()),
      metrics_(gateway_->metrics, gateway_->routes.routes(), gateway_->inflight),
      services_{broker, gateway_->config, metrics_, time, gateway_->inflight, random_, executor},
      events_(poller::create(executor)),
      tick_(executor),
      last_call_(executor),
      grace_(executor),
      id_prefix_(fmt::format("{:08x}-", static_cast<std::uint32_t>(random_.next()))) {
  on_tick();
}

void loop::start() { wait_tick(); }

void loop::wait_tick() {
  tick_.expires_after(connection_set::tick);
  tick_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (failed || self->stopped_)
      return;
    self->on_tick();
    self->look_at_metadata();
    self->wait_tick();
  });
}

void loop::on_tick() {
  connections_.check_deadlines(services_.time.now());
  metrics_.flush();
  auto second = services_.time.wall_ms() / 1000;
  if (second == date_second_)
    return;
  date_second_ = second;
  if (failure_lines_ > limits::http_failure_lines_max)
    spdlog::warn("{} more failed requests were not logged",
                 failure_lines_ - limits::http_failure_lines_max);
  failure_lines_ = 0;
  date_header_ = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n",
                             fmt::gmtime(static_cast<std::time_t>(second)));
}

void loop::look_at_metadata() {
  auto image = services_.broker.metadata();
  if (image == image_)
    return;
  image_ = std::move(image);
  connections_.metadata_changed();
}

bool loop::may_log_failure() { return ++failure_lines_ <= limits::http_failure_lines_max; }

void loop::make_request_id(std::string& into) {
  // By hand, because every request gets one: the prefix of the loop, then a count.
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 16> text;
  auto* first = text.end();
  auto rest = next_id_++;
  do {
    *--first = digits[rest & 0xf];
  } while ((rest >>= 4) != 0);
  into.assign(id_prefix_).append(first, text.end());
}

void loop::serve(int fd, connection_permit permit) {
  if (stopped_ || connections_.stopping() || (!permit && refused >= refused_max)) {
    ::close(fd);
    return;
  }
  session::start(shared_from_this(), fd, std::move(permit));
}

void loop::stop(std::chrono::milliseconds grace, std::function<void()> done) {
  auto once = std::make_shared<std::function<void()>>(std::move(done));
  auto finish_once = [self = shared_from_this(), once] {
    if (*once)
      self->finish(std::exchange(*once, nullptr));
  };
  last_call_.expires_after(grace - std::min(grace / 4, last_call_max));
  last_call_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed)
      self->connections_.last_call();
  });
  grace_.expires_after(grace);
  grace_.async_wait(
      [self = shared_from_this(), finish_once](const boost::system::error_code& failed) {
        if (failed)
          return;
        self->connections_.cut();
        finish_once();
      });
  connections_.stop(finish_once);
}

void loop::finish(std::function<void()> done) {
  last_call_.cancel();
  grace_.cancel();
  tick_.cancel();
  // Posted: the last connection may still be on the stack.
  asio::post(services_.executor, [self = shared_from_this(), done = std::move(done)] {
    self->stopped_ = true;
    self->events_->close();
    self->metrics_.flush();
    done();
  });
}

}  // namespace troupe::http
