// The loop's end of a conversation with actors: sends requests, matches the answers to callbacks.
#pragma once

#include "actors/deadline_wheel.hpp"
#include "actors/loop_pool.hpp"
#include "actors/messages.hpp"
#include "runtime/base/callback.hpp"
#include "runtime/base/clock.hpp"

#include <boost/asio/steady_timer.hpp>
#include <caf/actor_cast.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/response_type.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <variant>
#include <vector>

namespace troupe {

class port_actor;

/// Speaks the language of actors without being scheduled: what it is sent goes straight to its
/// loop, so a request costs one actor hop. The receiver sees an ordinary sender and may be on
/// another node. Used only on its loop's thread, or before the loop runs.
///
/// Every callback is called exactly once, in a handler of its own on the loop: with the answer,
/// with leader_not_available when the receiver has ended, with produce_timeout (changes) or
/// leader_not_available (reads) once the deadline has passed, or with shutting_down by close().
class request_port {
 public:
  /// Called on the loop for messages that are no answers, in the order they were sent.
  using event_handler = std::function<void(tail_event&)>;

  request_port(caf::actor_system& system, loop& on, const clock& time);
  /// REQUIRES close() or a loop that has ended.
  ~request_port();

  template <class Handle, class Request, class Response>
  void request(const Handle& to, Request what, std::chrono::milliseconds timeout,
               callback<void(Response)> then) {
    using reply = caf::response_type_t<typename Handle::signatures, Request>;
    static_assert(std::is_same_v<reply, caf::detail::type_list<Response>>);
    if (closed_)
      return refuse(std::move(then));
    auto id = open_slot(std::move(then), timeout);
    deliver(caf::actor_cast<caf::abstract_actor*>(to),
            caf::make_mailbox_element(self_, id, {}, std::move(what)));
  }

  template <class Handle, class Message>
  void send(const Handle& to, Message what) {
    deliver(caf::actor_cast<caf::abstract_actor*>(to),
            caf::make_mailbox_element(self_, caf::make_message_id(), {}, std::move(what)));
  }

  /// Calls `then(answer)` in a handler of its own.
  template <class Response>
  void complete_later(callback<void(Response)> then, Response answer) {
    later([then = std::move(then), answer = std::move(answer)]() mutable {
      then(std::move(answer));
    });
  }
  void later(callback<void()> what);

  void on_event(event_handler handler) { on_event_ = std::move(handler); }
  std::size_t outstanding() const { return deadlines_.size(); }

  /// Fails everything outstanding with shutting_down, and what is asked afterwards; later
  /// answers are dropped. Lets go of the actor system.
  void close();

 private:
  friend class port_actor;

  using answer_callback =
      std::variant<std::monostate, callback<void(produce_response)>, callback<void(fetch_response)>,
                   callback<void(list_offsets_response)>, callback<void(delete_records_response)>,
                   callback<void(topic_response)>, callback<void(tail_attached)>>;

  struct slot {
    answer_callback then;
    std::uint32_t generation = 0;
  };

  void refuse(answer_callback then);
  caf::message_id open_slot(answer_callback then, std::chrono::milliseconds timeout);
  void deliver(caf::abstract_actor* to, caf::mailbox_element_ptr what);
  answer_callback take(std::uint32_t index);
  void receive(caf::mailbox_element& what);
  void run_later();
  void arm_timer();
  void expire();
  deadline_wheel::tick current_tick() const;

  loop& loop_;
  const clock& time_;
  boost::asio::steady_timer timer_;
  bool timer_armed_ = false;
  bool closed_ = false;
  caf::strong_actor_ptr self_;
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
  deadline_wheel deadlines_;
  std::vector<callback<void()>> later_;
  bool later_posted_ = false;
  event_handler on_event_;
  std::shared_ptr<request_port*> alive_;  // for handlers that may outlive the port
};

}  // namespace troupe
