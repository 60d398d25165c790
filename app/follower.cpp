#include "app/follower.hpp"

#include "app/output.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <random>
#include <thread>

namespace troupe::app {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds pause_min{200};
constexpr milliseconds pause_max{5'000};

/// Up to half as long again, so that many readers do not come back at the same moment.
milliseconds with_jitter(milliseconds pause) {
  static std::minstd_rand random{std::random_device{}()};
  return pause + milliseconds(std::uniform_int_distribution<int>(
                     0, static_cast<int>(pause.count() / 2))(random));
}

}  // namespace

attempt<void> follower::open() {
  auto opened = subscription::open(options_.server, options_.what);
  if (!opened)
    return opened.error();
  current_.emplace(std::move(*opened));
  return {};
}

attempt<void> follower::poll(milliseconds wait, const subscription_events& events) {
  if (!current_)
    return connect_again({exit_unreachable, "there is no connection"});
  subscription_events tracked;
  tracked.on_record = [&](const boost::json::object& record) {
    auto& next = next_[static_cast<std::int32_t>(record.at("partition").as_int64())];
    auto offset = record.at("offset").as_int64();
    if (offset < next)
      return;  // handed on before the connection was lost
    next = offset + 1;
    events.on_record(record);
  };
  tracked.on_caught_up = [&](std::int32_t partition, offset_t end) {
    auto& next = next_[partition];
    next = std::max(next, end);
    if (events.on_caught_up)
      events.on_caught_up(partition, end);
  };
  auto polled = current_->poll(wait, tracked);
  if (polled || !options_.reconnect || polled.error().code != exit_unreachable)
    return polled;
  current_.reset();
  return connect_again(polled.error());
}

attempt<void> follower::connect_again(const failure& why) {
  if (options_.enough())
    return {};
  print_error("troupe: {}. Connecting again and going on where it stopped; Ctrl-C ends.\n",
              why.message);
  for (auto pause = pause_min;; pause = std::min(pause * 2, pause_max)) {
    auto end = std::chrono::steady_clock::now() + with_jitter(pause);
    while (std::chrono::steady_clock::now() < end) {
      if (options_.enough())
        return {};
      std::this_thread::sleep_for(milliseconds(50));
    }
    auto resumed = resume();
    if (resumed) {
      print_error("troupe: connected again.\n");
      return {};
    }
    if (resumed.error().code != exit_unreachable && !resumed.error().retriable)
      return resumed.error();
  }
}

attempt<void> follower::resume() {
  auto what = options_.what;
  // What comes before the seeks are obeyed must not lie behind what was handed on.
  if (what.from == "latest")
    what.from = "earliest";
  auto opened = subscription::open(options_.server, what);
  if (!opened)
    return opened.error();
  for (auto [partition, next] : next_)
    if (auto sent = opened->seek(partition, next); !sent)
      return sent;
  current_.emplace(std::move(*opened));
  return {};
}

void follower::close() {
  if (current_)
    current_->close();
}

}  // namespace troupe::app
