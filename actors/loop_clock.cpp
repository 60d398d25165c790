#include "actors/loop_clock.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/detail/simple_actor_clock.hpp>
#include <caf/group.hpp>

#include <mutex>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// Timers end on multiples of this.
constexpr auto grid = 4ms;

caf::actor_clock::time_point round_up(caf::actor_clock::time_point t) {
  auto ticks = t.time_since_epoch() / grid;
  return caf::actor_clock::time_point{(ticks + 1) * grid};
}

}  // namespace

/// The schedule of one loop. The timer belongs to the loop's thread, the rest to the mutex.
class loop_clock::shard final : public caf::detail::simple_actor_clock,
                                public std::enable_shared_from_this<shard> {
 public:
  explicit shard(loop& on) : loop_(on), timer_(on.context()) {}

  /// Changes the schedule by `change(base)` and makes sure the timer is early enough.
  template <class F>
  void add(time_point due, F change) {
    {
      std::lock_guard guard{mutex_};
      if (stopped_)
        return;
      change(static_cast<simple_actor_clock&>(*this));
      if (due >= armed_)
        return;
      armed_ = round_up(due);
    }
    on_loop([self = shared_from_this()] { self->arm(); });
  }

  template <class F>
  void remove(F change) {
    std::lock_guard guard{mutex_};
    change(static_cast<simple_actor_clock&>(*this));
  }

  void stop() {
    {
      std::lock_guard guard{mutex_};
      stopped_ = true;
      simple_actor_clock::cancel_all();
    }
    on_loop([self = shared_from_this()] { self->timer_.cancel(); });
  }

 private:
  template <class F>
  void on_loop(F f) {
    if (loop::current() == &loop_)
      f();
    else
      boost::asio::post(loop_.context(), std::move(f));
  }

  void arm() {
    time_point at;
    {
      std::lock_guard guard{mutex_};
      if (stopped_ || armed_ == time_point::max())
        return;
      at = armed_;
    }
    timer_.expires_at(at);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& e) {
      if (!e)
        self->fire();
    });
  }

  void fire() {
    std::vector<unique_delayed_event_ptr> due;
    {
      std::lock_guard guard{mutex_};
      auto t = now();
      auto end = schedule_.upper_bound(t);
      for (auto i = schedule_.begin(); i != end; i = schedule_.erase(i)) {
        if (i->second->backlink != actor_lookup_.end())
          actor_lookup_.erase(i->second->backlink);
        due.push_back(std::move(i->second));
      }
      armed_ = schedule_.empty() ? time_point::max() : round_up(schedule_.begin()->first);
    }
    // Outside the lock: a receiver may ask for its next message at once.
    for (auto& each : due)
      ship(*each);
    arm();
  }

  loop& loop_;
  boost::asio::steady_timer timer_;
  std::mutex mutex_;
  time_point armed_ = time_point::max();
  bool stopped_ = false;
};

loop_clock::loop_clock(loop_pool& loops) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    shards_.push_back(std::make_shared<shard>(loops.at(i)));
}

loop_clock::~loop_clock() = default;

void loop_clock::stop() {
  for (auto& each : shards_)
    each->stop();
}

loop_clock::shard& loop_clock::here() {
  auto* on = loop::current();
  return *shards_[on == nullptr ? 0 : on->index() % shards_.size()];
}

void loop_clock::set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                      uint64_t id) {
  cancel_ordinary_timeout(self, type);
  here().add(t, [&](auto& schedule) { schedule.set_ordinary_timeout(t, self, type, id); });
}

void loop_clock::set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                   uint64_t id) {
  here().add(t, [&](auto& schedule) { schedule.set_multi_timeout(t, self, type, id); });
}

void loop_clock::set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) {
  here().add(t, [&](auto& schedule) { schedule.set_request_timeout(t, self, id); });
}

void loop_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) {
  // An actor may have moved to another loop since it asked.
  for (auto& each : shards_)
    each->remove([&](auto& schedule) { schedule.cancel_ordinary_timeout(self, type); });
}

void loop_clock::cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) {
  for (auto& each : shards_)
    each->remove([&](auto& schedule) { schedule.cancel_request_timeout(self, id); });
}

void loop_clock::cancel_timeouts(caf::abstract_actor* self) {
  for (auto& each : shards_)
    each->remove([&](auto& schedule) { schedule.cancel_timeouts(self); });
}

void loop_clock::schedule_message(time_point t, caf::strong_actor_ptr receiver,
                                  caf::mailbox_element_ptr content) {
  here().add(t, [&](auto& schedule) {
    schedule.schedule_message(t, std::move(receiver), std::move(content));
  });
}

void loop_clock::schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                                  caf::message content) {
  here().add(t, [&](auto& schedule) {
    schedule.schedule_message(t, std::move(target), std::move(sender), std::move(content));
  });
}

void loop_clock::cancel_all() {
  for (auto& each : shards_)
    each->remove([](auto& schedule) { schedule.cancel_all(); });
}

}  // namespace troupe
