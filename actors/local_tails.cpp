#include "actors/local_tails.hpp"

#include "actors/outcomes.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto join_timeout = 10s;

}  // namespace

local_tails::local_tails(request_port& port, std::shared_ptr<tail_hub> hub)
    : port_(port), hub_(std::move(hub)) {
  port_.on_event([this](tail_event& what) { on_event(what); });
}

void local_tails::attach(const topic_partition& which, const partition_actor& source, offset_t from,
                         std::weak_ptr<tail_sink> sink, callback<void(tail_position)> then) {
  auto* key = sink.lock().get();
  waiting_sink joining{{std::move(sink), key}, from, std::move(then)};
  auto& known = tails_[which];
  bool first = known == nullptr;
  if (first) {
    known = std::make_shared<tail>();
    known->id = which;
    known->source = source;
  }
  auto x = known;
  x->waiting.push_back(std::move(joining));
  if (first)
    return join(x, from);
  // Not from inside the call: the answer comes in a handler of its own.
  port_.later([this, x] {
    if (x->running)
      settle(*x, false);
    leave_if_unused(x);
  });
}

void local_tails::join(const tail_ptr& x, offset_t from) {
  x->subscription = hub_->find_or_start(x->id, x->source);
  port_.request(x->subscription, tail_attach{from}, join_timeout,
                callback<void(tail_attached)>{
                    [this, x, from](const tail_attached& answer) { on_joined(x, from, answer); }});
}

void local_tails::on_joined(const tail_ptr& x, offset_t from, const tail_attached& answer) {
  if (!answer.result.ok()) {
    if (answer.result.code == errc::leader_not_available && !x->retried) {
      // It ended just when we found it.
      x->retried = true;
      return join(x, from);
    }
    return end(x, as_error(answer.result));
  }
  x->running = true;
  x->position = answer.position;
  settle(*x, false);
  leave_if_unused(x);
}

void local_tails::on_event(tail_event& what) {
  auto i = tails_.find(what.source);
  // A chunk sent before this loop left and came back is not part of the tail it has joined now.
  if (i == tails_.end() || !i->second->running)
    return;
  auto x = i->second;
  if (!what.end.ok())
    return end(x, as_error(what.end));
  if (what.chunk)
    deliver(*x, what.chunk);
  settle(*x, what.chunk == nullptr);
  port_.send(x->subscription, tail_ack{});
  leave_if_unused(x);
}

void local_tails::deliver(tail& x, const std::shared_ptr<const tail_chunk>& chunk) {
  x.position = chunk->next_offset();
  // Sinks may attach and detach meanwhile: new ones come behind `count`, old ones lose their key.
  auto count = x.sinks.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (x.sinks[i].key == nullptr)
      continue;
    if (auto sink = x.sinks[i].sink.lock())
      sink->on_tail(chunk);
    else
      x.sinks[i].key = nullptr;
  }
  std::erase_if(x.sinks, [](const attached_sink& each) { return each.key == nullptr; });
}

void local_tails::settle(tail& x, bool nothing_new) {
  std::vector<waiting_sink> waiting;
  waiting.swap(x.waiting);
  for (auto& each : waiting) {
    bool gone = each.who.key == nullptr || each.who.sink.expired();
    if (each.from > x.position && !nothing_new && !gone) {
      x.waiting.push_back(std::move(each));
      continue;
    }
    tail_position answer{{}, each.from == x.position && !gone, x.position};
    if (answer.attached)
      x.sinks.push_back(each.who);
    each.then(std::move(answer));
  }
}

void local_tails::detach(const topic_partition& which, const tail_sink* sink) {
  auto i = tails_.find(which);
  if (i == tails_.end())
    return;
  auto x = i->second;
  for (auto& each : x->sinks)
    if (each.key == sink)
      each.key = nullptr;
  for (auto& each : x->waiting)
    if (each.who.key == sink)
      each.who.key = nullptr;
  // Later, for the call may come from inside deliver().
  port_.later([this, x] { leave_if_unused(x); });
}

void local_tails::leave_if_unused(const tail_ptr& x) {
  auto i = tails_.find(x->id);
  if (i == tails_.end() || i->second != x || !x->running)
    return;
  std::erase_if(x->sinks, [](const attached_sink& each) {
    return each.key == nullptr || each.sink.expired();
  });
  if (!x->sinks.empty() || !x->waiting.empty())
    return;
  port_.send(x->subscription, tail_detach{});
  tails_.erase(i);
}

void local_tails::end(const tail_ptr& x, const error& why) {
  x->running = false;
  if (auto i = tails_.find(x->id); i != tails_.end() && i->second == x)
    tails_.erase(i);
  auto sinks = std::move(x->sinks);
  auto waiting = std::move(x->waiting);
  for (auto& each : sinks)
    if (auto sink = each.key == nullptr ? nullptr : each.sink.lock())
      sink->on_tail_end(why);
  for (auto& each : waiting)
    each.then(tail_position{as_outcome(why), false, no_offset});
}

void local_tails::close(const error& why) {
  auto tails = std::move(tails_);
  tails_.clear();
  for (auto& [which, x] : tails)
    end(x, why);
}

}  // namespace troupe
