// The reading side of a partition.
#include "actors/outcomes.hpp"
#include "actors/partition.hpp"

#include <algorithm>

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// Deadlines of parked fetches are looked at no more often than this.
constexpr auto fetch_tick_min = 10ms;

std::size_t clamp_fetch_bytes(std::int32_t asked) {
  auto wanted = asked <= 0 ? limits::fetch_bytes_default : static_cast<std::size_t>(asked);
  return std::min(wanted, limits::fetch_bytes_max);
}

std::int64_t clamp_wait_ms(std::int32_t asked) {
  return std::min<std::int64_t>(asked, limits::fetch_wait_ms_max);
}

}  // namespace

void partition::on_fetch(fetch_request& what) {
  auto found = read(what);
  if (should_park(what, found))
    park(what, found);
  else
    reply_to<fetch_response>::take(*this).send(*this, std::move(found));
}

fetch_response partition::read(const fetch_request& what) {
  fetch_response found;
  found.next_offset = what.offset;
  if (!log_) {
    found.result = storage_outcome();
    return found;
  }
  found.high_watermark = core_->high_watermark();
  found.log_start = core_->log_start();
  if (what.offset < core_->log_start() || what.offset > core_->log_end()) {
    found.result = {errc::offset_out_of_range,
                    fmt::format("offset {} of {} is outside [{}, {}]", what.offset,
                                to_string(where()), core_->log_start(), core_->high_watermark())};
    return found;
  }
  if (what.offset >= core_->high_watermark())
    return found;
  auto slice = log_->read(what.offset, clamp_fetch_bytes(what.max_bytes), core_->high_watermark());
  if (!slice) {
    found.result = as_outcome(slice.error());
    return found;
  }
  found.batches = std::move(slice->batches);
  found.next_offset = std::max(slice->next_offset, what.offset);
  if (options_.counters && !found.batches.empty())
    options_.counters->fetched(found.next_offset - what.offset, found.batches.size());
  return found;
}

bool partition::should_park(const fetch_request& what, const fetch_response& found) const {
  if (!found.result.ok() || what.max_wait_ms <= 0 || closing_)
    return false;
  auto wanted = std::min(clamp_fetch_bytes(what.max_bytes),
                         static_cast<std::size_t>(std::max(what.min_bytes, 0)));
  return found.batches.size() < wanted && found.next_offset >= found.high_watermark;
}

void partition::park(fetch_request& what, const fetch_response& found) {
  auto reply = reply_to<fetch_response>::take(*this);
  if (!reply)
    return;
  auto wait = std::chrono::milliseconds{clamp_wait_ms(what.max_wait_ms)};
  auto min_bytes = static_cast<std::size_t>(what.min_bytes);
  auto who = fetches_.put({std::move(reply), std::move(what)});
  if (core_->park(who, found.batches.size(), min_bytes, options_.node->time.now() + wait))
    return watch_deadlines();
  auto refused = found;
  refused.batches.clear();
  refused.result = {errc::too_many_requests,
                    fmt::format("too many fetches wait for {}", to_string(where()))};
  fetches_.take(who).reply.send(*this, std::move(refused));
}

void partition::watch_deadlines() {
  auto next = core_->next_deadline();
  if (next == mono_time::max() || next >= tick_at_)
    return;
  tick_at_ = next;
  auto wait = next - options_.node->time.now();
  delayed_send(this, std::max<mono_duration>(wait, fetch_tick_min), fetch_tick{});
}

void partition::on_fetch_tick() {
  tick_at_ = mono_time::max();
  if (!core_)
    return;
  core_->expire(options_.node->time.now());
  answer_fetches();
  watch_deadlines();
}

void partition::answer_fetches() {
  core_->take_fetches(fetch_answers_);
  for (auto [who, code] : fetch_answers_) {
    auto waiting = fetches_.take(who);
    auto answer = read(waiting.what);
    if (code != errc::none)
      answer.result = code == errc::storage_error ? storage_outcome() : as_outcome(code);
    waiting.reply.send(*this, std::move(answer));
  }
}

list_offsets_response partition::on_list_offsets(const list_offsets_request& what) {
  list_offsets_response answer;
  if (!log_) {
    answer.result = storage_outcome();
  } else if (what.timestamp == latest_timestamp) {
    answer.offset = core_->high_watermark();
  } else if (what.timestamp == earliest_timestamp) {
    answer.offset = core_->log_start();
  } else if (auto found = log_->find_timestamp(what.timestamp, core_->high_watermark()); !found) {
    answer.result = as_outcome(found.error());
  } else if (found->has_value()) {
    answer.offset = (*found)->offset;
    answer.timestamp = (*found)->timestamp;
  }
  return answer;
}

delete_records_response partition::on_delete_records(const delete_records_request& what) {
  delete_records_response answer;
  if (!log_ || core_->has_failed()) {
    answer.result = storage_outcome();
    return answer;
  }
  auto end = what.offset == no_offset ? core_->high_watermark() : what.offset;
  if (end < 0 || end > core_->high_watermark()) {
    answer.result = {errc::offset_out_of_range,
                     fmt::format("offset {} of {} is outside [0, {}]", end, to_string(where()),
                                 core_->high_watermark())};
  } else if (end > core_->log_start()) {
    if (auto ended = log_->advance_start(end); !ended)
      answer.result = as_outcome(ended.error());
    core_->advance_log_start(log_->log_start());
    refresh_gauges();
  }
  answer.log_start = core_->log_start();
  return answer;
}

}  // namespace troupe
