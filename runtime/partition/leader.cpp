#include "runtime/partition/leader.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace troupe {

partition_leader::partition_leader(flush_policy flush, leader_ends ends, leader_limits limits)
    : flush_(flush),
      limits_(limits),
      log_start_(ends.log_start),
      log_{ends.written, 0},
      written_{ends.written, 0},
      syncing_{ends.durable, 0},
      durable_{ends.durable, 0},
      visible_(flush == flush_policy::os ? written_ : durable_) {
  // Deleting records may have moved the start past what is known to be durable.
  if (visible_.end < log_start_)
    visible_.end = log_start_;
  check();
}

// -- producing ------------------------------------------------------------------

errc partition_leader::admit(std::size_t size) const {
  if (failed_)
    return errc::storage_error;
  if (log_.bytes - written_.bytes + size > limits_.pending_bytes_max)
    return errc::overloaded;
  if (waiting_produces() >= limits_.pending_produces_max)
    return errc::too_many_requests;
  return errc::none;
}

void partition_leader::appended(offset_t end, std::size_t size) {
  troupe_assert(!failed_ && end > log_.end, "end {} log end {}", end, log_.end);
  log_ = {end, log_.bytes + size};
}

void partition_leader::await_ack(required_acks acks, waiter who) {
  troupe_assert(acks != required_acks::none);
  (acks == required_acks::leader ? by_leader_ : by_all_).push({log_.end, who});
}

void partition_leader::written() {
  troupe_assert(!failed_);
  written_ = log_;
  answer(by_leader_, written_.end);
  advance_high_watermark();
}

void partition_leader::write_refused(errc why) {
  troupe_assert(!failed_);
  log_ = written_;
  fail_above(by_leader_, written_.end, why);
  fail_above(by_all_, written_.end, why);
  check();
}

bool partition_leader::should_sync() const {
  return !failed_ && !sync_running_ && flush_ == flush_policy::fsync && has_unsynced();
}

void partition_leader::sync_began() {
  troupe_assert(!sync_running_);
  sync_running_ = true;
  syncing_ = written_;
}

void partition_leader::synced() {
  troupe_assert(sync_running_ && syncing_.end >= durable_.end, "syncing {} durable {}",
                syncing_.end, durable_.end);
  sync_running_ = false;
  durable_ = syncing_;
  advance_high_watermark();
}

void partition_leader::failed() {
  failed_ = true;
  sync_running_ = false;
  release_produces(errc::storage_error);
  release_fetches(errc::storage_error);
}

void partition_leader::advance_high_watermark() {
  const auto& reached = flush_ == flush_policy::os ? written_ : durable_;
  if (reached.end > visible_.end) {
    visible_ = reached;
    answer(by_all_, visible_.end);
    if (visible_.bytes >= next_wake_)
      release([this](const parked_fetch& x) { return x.wake_at <= visible_.bytes; }, errc::none);
  }
  check();
}

void partition_leader::answer(fifo<waiting_produce>& queue, offset_t up_to) {
  while (!queue.empty() && queue.front().end <= up_to)
    answered_.push_back({queue.pop().who, errc::none});
}

void partition_leader::fail_above(fifo<waiting_produce>& queue, offset_t end, errc code) {
  fifo<waiting_produce> kept;
  while (!queue.empty()) {
    auto each = queue.pop();
    if (each.end <= end)
      kept.push(each);
    else
      answered_.push_back({each.who, code});
  }
  queue = std::move(kept);
}

void partition_leader::release_produces(errc code) {
  fail_above(by_leader_, no_offset, code);
  fail_above(by_all_, no_offset, code);
}

// -- fetching -------------------------------------------------------------------

bool partition_leader::park(waiter who, std::size_t have, std::size_t min_bytes,
                            mono_time deadline) {
  if (parked_.size() >= limits_.parked_fetches_max)
    return false;
  auto missing = min_bytes > have ? min_bytes - have : 1;
  parked_.push_back({who, visible_.bytes + missing, deadline});
  next_wake_ = std::min(next_wake_, parked_.back().wake_at);
  next_deadline_ = std::min(next_deadline_, deadline);
  return true;
}

void partition_leader::expire(mono_time now) {
  if (now >= next_deadline_)
    release([now](const parked_fetch& x) { return x.deadline <= now; }, errc::none);
}

void partition_leader::release_fetches(errc code) {
  release([](const parked_fetch&) { return true; }, code);
}

template <class Done>
void partition_leader::release(Done done, errc code) {
  next_wake_ = UINT64_MAX;
  next_deadline_ = mono_time::max();
  std::erase_if(parked_, [&](const parked_fetch& x) {
    if (done(x)) {
      woken_.push_back({x.who, code});
      return true;
    }
    next_wake_ = std::min(next_wake_, x.wake_at);
    next_deadline_ = std::min(next_deadline_, x.deadline);
    return false;
  });
}

// -- state ----------------------------------------------------------------------

void partition_leader::advance_log_start(offset_t start) {
  troupe_assert(start >= log_start_ && start <= visible_.end, "start {} of [{}, {}]", start,
                log_start_, visible_.end);
  log_start_ = start;
}

void partition_leader::set_flush(flush_policy flush) {
  flush_ = flush;
  advance_high_watermark();
}

void partition_leader::take_produces(std::vector<produce_answer>& into) {
  into.clear();
  into.swap(answered_);
}

void partition_leader::take_fetches(std::vector<fetch_answer>& into) {
  into.clear();
  into.swap(woken_);
}

void partition_leader::check() const {
  troupe_assert(durable_.end <= written_.end && written_.end <= log_.end,
                "durable {} written {} log end {}", durable_.end, written_.end, log_.end);
  troupe_assert(log_start_ <= visible_.end && visible_.end <= written_.end,
                "log start {} high watermark {} written {}", log_start_, visible_.end,
                written_.end);
}

}  // namespace troupe
