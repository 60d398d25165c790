#include "actors/request_port.hpp"

#include "actors/outcomes.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/make_actor.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/type_erased_tuple.hpp>

#include <mutex>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto tick_length = 16ms;
constexpr unsigned index_bits = 24;
constexpr std::uint32_t index_mask = (1u << index_bits) - 1;

template <class Response>
Response failed(errc code) {
  Response answer;
  answer.result = as_outcome(code);
  return answer;
}

template <class Response>
constexpr errc timeout_of() {
  constexpr bool changes = std::is_same_v<Response, produce_response> ||
                           std::is_same_v<Response, topic_response> ||
                           std::is_same_v<Response, delete_records_response>;
  return changes ? errc::produce_timeout : errc::leader_not_available;
}

struct fail_with {
  errc code;  // none: the timeout that fits the request

  void operator()(std::monostate&) const {}
  template <class Response>
  void operator()(callback<void(Response)>& then) const {
    then(failed<Response>(code == errc::none ? timeout_of<Response>() : code));
  }
};

struct answer_with {
  caf::type_erased_tuple& content;

  void operator()(std::monostate&) const {}
  template <class Response>
  void operator()(callback<void(Response)>& then) const {
    if (content.match_elements<Response>())
      then(std::move(content.get_mutable_as<Response>(0)));
    else
      then(failed<Response>(errc::leader_not_available));
  }
};

}  // namespace

/// The part other threads may touch: an inbox that one posted handler empties.
class port_actor final : public caf::monitorable_actor {
 public:
  port_actor(caf::actor_config& config, request_port& owner)
      : monitorable_actor(config), context_(owner.loop_.context()), owner_(&owner) {}

  using monitorable_actor::enqueue;

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    {
      std::lock_guard guard{inbox_mutex_};
      if (closed_)
        return;
      inbox_.push_back(std::move(what));
      if (posted_)
        return;
      posted_ = true;
    }
    caf::strong_actor_ptr self{ctrl()};
    boost::asio::post(context_, [this, self = std::move(self)] { drain(); });
  }

  const char* name() const override { return "request_port"; }

  void close() {
    cleanup(caf::exit_reason::user_shutdown, nullptr);
    std::lock_guard guard{inbox_mutex_};
    closed_ = true;
    owner_ = nullptr;
    inbox_.clear();
  }

 private:
  void drain() {
    {
      std::lock_guard guard{inbox_mutex_};
      posted_ = false;
      taken_.swap(inbox_);
    }
    for (auto& each : taken_)
      if (owner_ != nullptr)
        owner_->receive(*each);
    taken_.clear();
  }

  boost::asio::io_context& context_;
  request_port* owner_;                          // of the loop
  std::vector<caf::mailbox_element_ptr> taken_;  // of the loop
  std::mutex inbox_mutex_;
  std::vector<caf::mailbox_element_ptr> inbox_;
  bool posted_ = false;
  bool closed_ = false;
};

request_port::request_port(caf::actor_system& system, loop& on, const clock& time)
    : loop_(on), time_(time), timer_(on.context()), alive_(std::make_shared<request_port*>(this)) {
  caf::actor_config config;
  self_ = caf::make_actor<port_actor, caf::strong_actor_ptr>(system.next_actor_id(), system.node(),
                                                             &system, config, *this);
}

request_port::~request_port() {
  *alive_ = nullptr;
  if (!closed_)
    static_cast<port_actor*>(self_->get())->close();
}

void request_port::refuse(answer_callback then) {
  later([then = std::move(then)]() mutable { std::visit(fail_with{errc::shutting_down}, then); });
}

caf::message_id request_port::open_slot(answer_callback then, std::chrono::milliseconds timeout) {
  if (free_.empty()) {
    troupe_assert(slots_.size() < index_mask);
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  auto index = free_.back();
  free_.pop_back();
  auto& opened = slots_[index];
  opened.then = std::move(then);
  if (deadlines_.size() == 0 && !timer_armed_)
    deadlines_.reset(current_tick());
  // One tick more: the present one has begun already.
  deadlines_.insert(
      index, deadlines_.now() + 2 + static_cast<deadline_wheel::tick>(timeout / tick_length));
  arm_timer();
  // Generations begin at 1, so an id is never 0, which would be no request.
  opened.generation = (opened.generation + 1) | 1u;
  auto id = (std::uint64_t{opened.generation} << index_bits) | index;
  return caf::make_message_id(id | caf::message_id::default_async_value);
}

void request_port::deliver(caf::abstract_actor* to, caf::mailbox_element_ptr what) {
  to->enqueue(std::move(what), loop::current() == &loop_ ? &loop_ : nullptr);
}

request_port::answer_callback request_port::take(std::uint32_t index) {
  auto then = std::move(slots_[index].then);
  slots_[index].then = std::monostate{};
  free_.push_back(index);
  return then;
}

void request_port::receive(caf::mailbox_element& what) {
  if (!what.mid.is_response()) {
    if (on_event_ && what.content().match_elements<tail_event>())
      on_event_(what.content().get_mutable_as<tail_event>(0));
    return;
  }
  auto id = what.mid.request_id().integer_value();
  auto index = static_cast<std::uint32_t>(id) & index_mask;
  // An answer that comes after its deadline finds the slot empty or used by another request.
  if (index >= slots_.size() || slots_[index].generation != id >> index_bits ||
      std::holds_alternative<std::monostate>(slots_[index].then))
    return;
  deadlines_.erase(index);
  auto then = take(index);
  std::visit(answer_with{what.content()}, then);
}

void request_port::later(callback<void()> what) {
  later_.push_back(std::move(what));
  if (later_posted_)
    return;
  later_posted_ = true;
  boost::asio::post(loop_.context(), [alive = alive_] {
    if (*alive != nullptr)
      (*alive)->run_later();
  });
}

void request_port::run_later() {
  later_posted_ = false;
  std::vector<callback<void()>> now;
  now.swap(later_);
  for (auto& each : now)
    each();
}

deadline_wheel::tick request_port::current_tick() const {
  return static_cast<deadline_wheel::tick>(time_.now().time_since_epoch() / tick_length);
}

void request_port::arm_timer() {
  if (timer_armed_)
    return;
  timer_armed_ = true;
  timer_.expires_after(tick_length);
  timer_.async_wait([alive = alive_](const boost::system::error_code& e) {
    if (!e && *alive != nullptr)
      (*alive)->expire();
  });
}

void request_port::expire() {
  timer_armed_ = false;
  std::vector<deadline_wheel::index> expired;
  deadlines_.advance(current_tick(), expired);
  if (deadlines_.size() > 0)
    arm_timer();
  for (auto index : expired) {
    auto then = take(index);
    std::visit(fail_with{errc::none}, then);
  }
}

void request_port::close() {
  if (closed_)
    return;
  closed_ = true;
  static_cast<port_actor*>(self_->get())->close();
  self_.reset();
  timer_.cancel();
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    if (std::holds_alternative<std::monostate>(slots_[index].then))
      continue;
    deadlines_.erase(index);
    auto then = take(index);
    std::visit(fail_with{errc::shutting_down}, then);
  }
}

}  // namespace troupe
