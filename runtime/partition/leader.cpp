#include "runtime/partition/leader.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"

#include <algorithm>

namespace troupe {

partition_leader::partition_leader(const leader_options& options, const partition_assignment& at,
                                   leader_ends ends, mono_time now)
    : options_(options),
      epoch_(at.epoch),
      replicas_(options.replicas, at, ends.written, now),
      log_start_(ends.log_start),
      log_{ends.written, 0},
      written_{ends.written, 0},
      durable_(ends.durable),
      // Deleting records may have moved the start past what is known to be durable.
      visible_{std::clamp(ends.high_watermark, ends.log_start, ends.written), 0} {
  advance_high_watermark(now);
}

// -- producing ------------------------------------------------------------------

errc partition_leader::admit(std::size_t size, required_acks acks) const {
  if (failed_)
    return errc::storage_error;
  if (acks == required_acks::all && !replicas_.has_min_isr() && !broken(rule::min_isr_not_asked))
    return errc::not_enough_replicas;
  if (log_.bytes - written_.bytes + size > options_.limits.pending_bytes_max)
    return errc::overloaded;
  if (waiting_produces() >= options_.limits.pending_produces_max)
    return errc::too_many_requests;
  return errc::none;
}

void partition_leader::appended(offset_t end, std::size_t size) {
  troupe_assert(!failed_ && end > log_.end, "end {} log end {}", end, log_.end);
  log_ = {end, log_.bytes + size};
  appends_.push(log_);
}

void partition_leader::await_ack(required_acks acks, waiter who) {
  troupe_assert(acks != required_acks::none);
  (acks == required_acks::leader ? by_leader_ : by_all_).push({log_.end, who});
}

void partition_leader::written(mono_time now) {
  troupe_assert(!failed_);
  written_ = log_;
  answer(by_leader_, written_.end);
  followers_.reach(written_.bytes);
  advance_high_watermark(now);
}

void partition_leader::write_refused(errc why) {
  troupe_assert(!failed_);
  log_ = written_;
  while (!appends_.empty() && appends_.back().end > written_.end)
    appends_.pop_back();
  fail_above(by_leader_, written_.end, why);
  fail_above(by_all_, written_.end, why);
  check();
}

bool partition_leader::should_sync() const {
  return !failed_ && options_.flush == flush_policy::fsync && has_unsynced();
}

void partition_leader::synced(offset_t end, mono_time now) {
  troupe_assert(end <= written_.end, "synced {} written {}", end, written_.end);
  durable_ = std::max(durable_, end);
  advance_high_watermark(now);
}

void partition_leader::failed() {
  failed_ = true;
  release_produces(errc::storage_error);
  release_fetches(errc::storage_error);
  followers_.release_all(errc::storage_error);
}

void partition_leader::advance_high_watermark(mono_time now) {
  const auto end = replicas_.high_watermark_max(position(), now);
  if (end > visible_.end)
    show(end);
  check();
}

void partition_leader::show(offset_t end) {
  visible_.end = end;
  for (; !appends_.empty() && appends_.front().end <= end; appends_.pop())
    visible_.bytes = appends_.front().bytes;
  answer(by_all_, end);
  consumers_.reach(visible_.bytes);
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

bool partition_leader::is_readable() const {
  return visible_.end >= replicas_.epoch_start() || broken(rule::r9_readable_at_once);
}

bool partition_leader::park(waiter who, std::size_t have, std::size_t min_bytes,
                            mono_time deadline) {
  if (consumers_.size() >= options_.limits.parked_fetches_max)
    return false;
  consumers_.park(who, visible_.bytes + (min_bytes > have ? min_bytes - have : 1), deadline);
  return true;
}

void partition_leader::release_fetches(errc code) { consumers_.release_all(code); }

// -- replicas -------------------------------------------------------------------

replica_fetch_check partition_leader::on_replica_fetch(const replica_fetch_request& what,
                                                       const epoch_end& found, mono_time now) {
  if (failed_)
    return {errc::storage_error, {}};
  if (what.current_leader_epoch != epoch_ && !broken(rule::r4_any_leader_epoch))
    return {
        what.current_leader_epoch < epoch_ ? errc::fenced_leader_epoch : errc::unknown_leader_epoch,
        {}};
  const auto differs = what.last_fetched_epoch != no_epoch && !broken(rule::r4_logs_not_compared) &&
                       (found.epoch != what.last_fetched_epoch || found.end < what.fetch_offset);
  const auto position = options_.flush == flush_policy::os || broken(rule::durable_end_not_asked)
                            ? what.fetch_offset
                            : std::min(what.durable_end, what.fetch_offset);
  const auto report = [&] {
    const auto code =
        replicas_.report({what.replica, what.broker_epoch, position}, written_.end, now);
    if (code == errc::none)
      review(now);
    return code;
  };
  if (differs) {
    if (broken(rule::r4_diverging_fetch_counts))
      report();
    return {errc::none, found};
  }
  if (what.fetch_offset > written_.end || what.fetch_offset < log_start_)
    return {errc::offset_out_of_range, {}};
  return {report(), {}};
}

bool partition_leader::park_replica(waiter who, std::size_t have, std::size_t min_bytes,
                                    mono_time deadline) {
  if (followers_.size() >= options_.limits.parked_fetches_max)
    return false;
  followers_.park(who, written_.bytes + (min_bytes > have ? min_bytes - have : 1), deadline);
  return true;
}

void partition_leader::update(const partition_assignment& at, mono_time now) {
  replicas_.update(at, now);
  review(now);
}

std::optional<isr_proposal> partition_leader::take_proposal(mono_time now) {
  return failed_ ? std::nullopt : replicas_.take_proposal(now);
}

void partition_leader::on_isr_answer(const isr_answer& what, mono_time now) {
  replicas_.answered(what, now);
  review(now);
}

/// In this order: what is acknowledged now may not be failed, and who joins is to have all of it.
void partition_leader::review(mono_time now) {
  advance_high_watermark(now);
  fail_when_too_few();
  if (!failed_)
    replicas_.review(visible_.end, written_.end, now);
  advance_high_watermark(now);
}

void partition_leader::fail_when_too_few() {
  if (!by_all_.empty() && !replicas_.has_min_isr())
    fail_above(by_all_, visible_.end, errc::not_enough_replicas_after_append);
}

// -- time and state ---------------------------------------------------------------

void partition_leader::expire(mono_time now) {
  consumers_.expire(now);
  followers_.expire(now);
  if (now >= replicas_.next_review())
    review(now);
}

mono_time partition_leader::next_deadline() const {
  return std::min(
      {consumers_.next_deadline(), followers_.next_deadline(), replicas_.next_review()});
}

void partition_leader::resign(errc code) {
  failed_ = true;
  release_produces(code);
  release_fetches(code);
  followers_.release_all(code);
}

void partition_leader::advance_log_start(offset_t start) {
  troupe_assert(start >= log_start_ && start <= visible_.end, "start {} of [{}, {}]", start,
                log_start_, visible_.end);
  log_start_ = start;
}

void partition_leader::set_flush(flush_policy flush, mono_time now) {
  options_.flush = flush;
  advance_high_watermark(now);
}

void partition_leader::take_produces(std::vector<produce_answer>& into) {
  into.clear();
  into.swap(answered_);
}

void partition_leader::check() const {
  troupe_assert(durable_ <= written_.end && written_.end <= log_.end,
                "durable {} written {} log end {}", durable_, written_.end, log_.end);
  troupe_assert(log_start_ <= visible_.end && visible_.end <= written_.end,
                "log start {} high watermark {} written {}", log_start_, visible_.end,
                written_.end);
}

}  // namespace troupe
