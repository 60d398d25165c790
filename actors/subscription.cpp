#include "actors/subscription.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::int32_t chunk_bytes_max = 256 * 1024;
constexpr std::int32_t poll_ms = 10'000;

}  // namespace

subscription::subscription(caf::actor_config& config, topic_partition id, partition_actor source,
                           std::function<void(caf::actor_id)> on_end)
    : subscription_actor::base(config),
      id_(std::move(id)),
      source_(std::move(source)),
      on_end_(std::move(on_end)) {}

subscription::behavior_type subscription::make_behavior() {
  return {
      [this](const tail_attach& what) { return on_attach(what); },
      [this](tail_ack) { on_ack(); },
      [this](tail_detach) { on_detach(); },
  };
}

tail_attached subscription::on_attach(const tail_attach& what) {
  if (position_ == no_offset)
    position_ = what.from;
  auto known = sender();
  if (known == listeners_.end())
    listeners_.push_back({current_sender(), false});
  else
    known->busy = false;
  fetch();
  return {{}, position_};
}

void subscription::on_ack() {
  if (auto from = sender(); from != listeners_.end())
    from->busy = false;
  fetch();
}

void subscription::on_detach() {
  if (auto from = sender(); from != listeners_.end())
    listeners_.erase(from);
  if (listeners_.empty())
    return end({});
  fetch();
}

std::vector<subscription::listener>::iterator subscription::sender() {
  return std::find_if(listeners_.begin(), listeners_.end(),
                      [this](const listener& x) { return x.port == current_sender(); });
}

void subscription::fetch() {
  auto busy = [](const listener& x) { return x.busy; };
  if (fetching_ || std::any_of(listeners_.begin(), listeners_.end(), busy))
    return;
  fetching_ = true;
  fetch_request what{id_, position_, chunk_bytes_max, 1, poll_ms, isolation::read_uncommitted};
  request(source_, caf::infinite, std::move(what))
      .then([this](fetch_response& found) { on_fetched(found); },
            [this](const caf::error&) {
              end({errc::leader_not_available, "the partition has ended"});
            });
}

void subscription::on_fetched(fetch_response& found) {
  fetching_ = false;
  if (!found.result.ok())
    return end(found.result);
  std::shared_ptr<const tail_chunk> chunk;
  if (!found.batches.empty() && found.next_offset > position_) {
    chunk = std::make_shared<const tail_chunk>(id_, std::move(found.batches), position_,
                                               found.next_offset);
    position_ = found.next_offset;
  }
  tail_event what{id_, std::move(chunk), {}};
  for (auto& each : listeners_) {
    each.busy = true;
    send_event(each, what);
  }
  fetch();
}

void subscription::send_event(const listener& to, const tail_event& what) {
  to.port->enqueue(
      caf::make_mailbox_element(caf::strong_actor_ptr{ctrl()}, caf::make_message_id(), {}, what),
      context());
}

void subscription::end(const outcome& why) {
  on_end_(id());
  if (!why.ok())
    for (auto& each : listeners_)
      send_event(each, {id_, nullptr, why});
  listeners_.clear();
  quit(caf::exit_reason::normal);
}

}  // namespace troupe
