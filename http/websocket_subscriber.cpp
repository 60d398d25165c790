#include "http/websocket_subscriber.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/limits.hpp"

#include <algorithm>

namespace troupe::http {

namespace {

/// Credit that no client will use up; also keeps sums far from overflow.
constexpr std::int64_t credit_max = std::int64_t{1} << 53;

std::int64_t grown(std::int64_t credit, std::int64_t by) {
  return std::min(credit + std::min(by, credit_max), credit_max);
}

}  // namespace

websocket_subscriber::websocket_subscriber(const std::vector<start>& partitions, bool manual_credit)
    : manual_credit_(manual_credit), fetch_bytes_(limits::websocket_fetch_bytes_min) {
  places_.reserve(partitions.size());
  for (const auto& one : partitions)
    add(one);
}

partition_slot websocket_subscriber::add(const start& one) {
  troupe_assert(places_.empty() || places_.back().partition < one.partition, "{}",
                value_of(one.partition));
  place x;
  x.partition = one.partition;
  x.next = one.offset;
  x.end = one.end;
  x.paused = !places_.empty() &&
             std::all_of(places_.begin(), places_.end(), [](const place& y) { return y.paused; });
  places_.push_back(x);
  return static_cast<partition_slot>(places_.size() - 1);
}

std::optional<partition_slot> websocket_subscriber::find(partition_id which) const {
  auto i = std::lower_bound(places_.begin(), places_.end(), which,
                            [](const place& x, partition_id id) { return x.partition < id; });
  if (i == places_.end() || i->partition != which)
    return std::nullopt;
  return static_cast<partition_slot>(i - places_.begin());
}

void websocket_subscriber::add_credit(std::int64_t records, std::optional<std::int64_t> bytes) {
  // What was heard of the end before the wait is too old to say "caught up" by.
  if (!has_credit())
    for (auto& x : places_)
      x.end = no_offset;
  records_credit_ = grown(records_credit_, records);
  if (bytes)
    bytes_credit_ = grown(bytes_credit_.value_or(0), *bytes);
  else
    bytes_credit_.reset();
}

bool websocket_subscriber::has_credit() const {
  if (!manual_credit_)
    return true;
  return records_credit_ > 0 && (!bytes_credit_ || *bytes_credit_ > 0);
}

frame_budget websocket_subscriber::budget() const {
  auto budget = frame_budget::standard();
  if (!manual_credit_)
    return budget;
  budget.records =
      static_cast<std::uint32_t>(std::min<std::int64_t>(budget.records, records_credit_));
  if (bytes_credit_)
    budget.payload_bytes = std::min(budget.payload_bytes, static_cast<std::size_t>(*bytes_credit_));
  return budget;
}

bool websocket_subscriber::may_take(const frame_entry& frame) const {
  if (!manual_credit_)
    return true;
  return frame.records <= records_credit_ &&
         (!bytes_credit_ || static_cast<std::int64_t>(frame.size()) <= *bytes_credit_);
}

websocket_subscriber::step websocket_subscriber::next_step() {
  if (busy_ || !has_credit())
    return {};
  for (std::size_t tried = 0; tried < places_.size(); ++tried) {
    partition_slot slot = turn_;
    turn_ = static_cast<partition_slot>((turn_ + 1) % places_.size());
    auto& x = places_[slot];
    if (x.at != stage::behind || x.paused)
      continue;
    busy_ = true;
    x.stale = false;
    bool at_end = x.end != no_offset && x.next >= x.end;
    x.at = at_end ? stage::joining : stage::reading;
    return {at_end ? step::kind::join : step::kind::read, slot, x.next, fetch_bytes_};
  }
  return {};
}

void websocket_subscriber::settle(place& x, stage at) {
  troupe_assert(busy_, "partition {} was not under way", value_of(x.partition));
  busy_ = false;
  x.stale = false;
  x.at = at;
}

bool websocket_subscriber::on_read(partition_slot slot, const fetch_response& answer) {
  auto& x = places_[slot];
  if (x.stale || x.paused) {
    settle(x, stage::behind);
    return false;
  }
  x.end = answer.high_watermark;
  if (!answer.batches.empty()) {
    x.at = stage::serving;
    return true;
  }
  bool nothing_new = answer.next_offset <= x.next && answer.high_watermark > x.next;
  x.next = std::max(x.next, answer.next_offset);
  // A read below the end that brings nothing is not repeated at once.
  settle(x, nothing_new ? stage::waiting : stage::behind);
  return false;
}

void websocket_subscriber::on_queued(partition_slot slot, const frame_entry& frame) {
  places_[slot].next = frame.next;
  if (!manual_credit_)
    return;
  records_credit_ -= frame.records;
  if (bytes_credit_)
    *bytes_credit_ -= static_cast<std::int64_t>(frame.size());
}

void websocket_subscriber::on_run_end(partition_slot slot, offset_t next) {
  places_[slot].next = next;
  fetch_bytes_ = std::min(fetch_bytes_ * 2, limits::websocket_fetch_bytes_max);
  settle(places_[slot], stage::behind);
}

void websocket_subscriber::on_run_dropped(partition_slot slot) {
  fetch_bytes_ = limits::websocket_fetch_bytes_min;
  settle(places_[slot], stage::behind);
}

void websocket_subscriber::on_forgotten(partition_slot slot, offset_t first, std::uint32_t records,
                                        std::size_t size) {
  auto& x = places_[slot];
  // What was forgotten lies before what would have come next, so the tail is ahead of it.
  x.end = std::max(x.end, x.next);
  x.next = std::min(x.next, first);
  if (!manual_credit_)
    return;
  records_credit_ = grown(records_credit_, records);
  if (bytes_credit_)
    bytes_credit_ = grown(*bytes_credit_, static_cast<std::int64_t>(size));
}

websocket_subscriber::joined websocket_subscriber::on_joined(partition_slot slot,
                                                             const tail_position& answer) {
  auto& x = places_[slot];
  if (x.stale || x.paused) {
    settle(x, stage::behind);
    return answer.attached ? joined::leave_again : joined::no;
  }
  if (!answer.attached) {
    x.end = answer.tail;
    settle(x, stage::behind);
    return joined::no;
  }
  settle(x, stage::tail);
  if (x.announced)
    return joined::yes;
  x.announced = true;
  return joined::caught_up;
}

void websocket_subscriber::leave_tail(partition_slot slot, offset_t end) {
  auto& x = places_[slot];
  x.end = std::max(x.end, end);
  x.at = stage::behind;
}

void websocket_subscriber::on_failed(partition_slot slot) { settle(places_[slot], stage::waiting); }

void websocket_subscriber::retry() {
  for (auto& x : places_)
    if (x.at == stage::waiting)
      x.at = stage::behind;
}

offset_t websocket_subscriber::on_out_of_range(partition_slot slot, offset_t log_start,
                                               offset_t end) {
  auto& x = places_[slot];
  // A newer seek is not this answer's business.
  if (!x.stale) {
    x.next = std::clamp(x.next, log_start, std::max(log_start, end));
    x.end = end;
  }
  settle(x, stage::behind);
  return x.next;
}

bool websocket_subscriber::step_aside(place& x) {
  switch (x.at) {
    case stage::reading:
    case stage::joining: x.stale = true; return false;
    case stage::serving: settle(x, stage::behind); return false;
    case stage::tail: x.at = stage::behind; return true;
    case stage::waiting: x.at = stage::behind; return false;
    case stage::behind:
    case stage::ended: break;
  }
  return false;
}

bool websocket_subscriber::seek(partition_slot slot, offset_t to) {
  auto& x = places_[slot];
  bool was_at_tail = step_aside(x);
  x.next = to;
  x.end = no_offset;
  x.announced = false;
  return was_at_tail;
}

void websocket_subscriber::resume(partition_slot slot) {
  auto& x = places_[slot];
  if (!x.paused)
    return;
  x.paused = false;
  x.end = no_offset;
}

bool websocket_subscriber::pause(partition_slot slot) {
  places_[slot].paused = true;
  return step_aside(places_[slot]);
}

}  // namespace troupe::http
