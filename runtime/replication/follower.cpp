#include "runtime/replication/follower.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void partition_follower::follow(node_id leader, leader_epoch epoch) {
  leader_ = leader;
  epoch_ = epoch;
  state_ = state::fetching;
  asked_at_ = no_offset;
  leader_end_ = leader_high_watermark_ = leader_log_start_ = 0;
  backoff_ = {};
  due_ = mono_time::max();
}

void partition_follower::unfollow() {
  leader_ = no_node;
  if (state_ != state::failed)
    state_ = state::offline;
  asked_at_ = no_offset;
  due_ = mono_time::max();
}

// -- asking ---------------------------------------------------------------------

bool partition_follower::may_fetch(const partition_log& log) const {
  if (log.written_end() < log.log_end())
    return false;
  const auto unsynced = log.written_end() - log.durable_end();
  if (options_.flush == flush_policy::os || unsynced == 0)
    return true;
  return log.log_end() < leader_end_ && unsynced <= options_.unsynced_records_max;
}

std::optional<replica_fetch_request> partition_follower::next_fetch(const partition_log& log,
                                                                    mono_time now) {
  // A fetch or its answer was lost, or the back-off is over.
  if ((state_ == state::waiting || state_ == state::backing_off) && now >= due_)
    state_ = state::fetching;
  if (state_ != state::fetching || !may_fetch(log))
    return std::nullopt;
  state_ = state::waiting;
  asked_at_ = log.log_end();
  due_ = now + std::chrono::milliseconds{options_.fetch_wait_ms} + options_.answer_timeout;
  return replica_fetch_request{.target = options_.target,
                               .replica = options_.self,
                               .broker_epoch = options_.broker_epoch,
                               .current_leader_epoch = epoch_,
                               .last_fetched_epoch = log.last_epoch(),
                               .fetch_offset = asked_at_,
                               .durable_end = log.durable_end(),
                               .log_start = log.log_start(),
                               .max_bytes = options_.fetch_bytes,
                               .min_bytes = 1,
                               .max_wait_ms = options_.fetch_wait_ms};
}

bool partition_follower::should_sync(const partition_log& log) const {
  return state_ != state::failed && options_.flush == flush_policy::fsync &&
         log.written_end() > log.durable_end();
}

// -- being answered ---------------------------------------------------------------

bool partition_follower::is_current(const replica_fetch_response& what) const {
  if (broken(rule::r5_any_response))
    return state_ != state::offline && state_ != state::failed && state_ != state::applying;
  return state_ == state::waiting && what.epoch == epoch_ && what.fetch_offset == asked_at_;
}

follower_step partition_follower::on_response(replica_fetch_response&& what,
                                              const partition_log& log, mono_time now) {
  if (!is_current(what))
    return {};
  if (what.result.code != errc::none)
    return refused(what.result.code, what, log, now);
  backoff_ = {};
  leader_end_ = what.log_end;
  if (what.diverging)
    return diverged(*what.diverging, log, now);
  leader_log_start_ = what.log_start;
  leader_high_watermark_ = what.high_watermark;
  state_ = state::applying;
  if (what.batches.empty()) {
    settled(log);
    return {};
  }
  return {follower_step::kind::append, std::move(what.batches), no_offset};
}

follower_step partition_follower::refused(errc code, const replica_fetch_response& what,
                                          const partition_log& log, mono_time now) {
  switch (code) {
    case errc::offset_out_of_range:
      return cut(follower_step::kind::begin_anew, what.log_start, log);
    case errc::fenced_leader_epoch:
      state_ = state::backing_off;
      due_ = mono_time::max();
      return {};
    default: back_off(now); return {};
  }
}

/// KIP-279: both logs agree below the least of both ends of the last epoch both know. When they do
/// not know the same one, ours ends where the epoch below begins to differ, and we ask again.
follower_step partition_follower::diverged(const epoch_end& theirs, const partition_log& log,
                                           mono_time now) {
  const auto ours = log.end_offset_for(theirs.epoch);
  const auto end = ours.epoch == theirs.epoch ? std::min(ours.end, theirs.end) : ours.end;
  if (end < 0 || end >= log.log_end()) {
    // It asks for nothing to be cut: no leader of ours says that.
    back_off(now);
    return {};
  }
  return cut(follower_step::kind::truncate, end, log);
}

follower_step partition_follower::cut(follower_step::kind how, offset_t to,
                                      const partition_log& log) {
  deep_cuts_ += to < high_watermark_ && log.log_end() > to ? 1 : 0;
  leader_high_watermark_ = 0;
  high_watermark_ = how == follower_step::kind::begin_anew ? to : std::min(high_watermark_, to);
  state_ = state::applying;
  return {how, {}, to};
}

void partition_follower::on_no_answer(mono_time now) {
  if (state_ == state::waiting)
    back_off(now);
}

void partition_follower::back_off(mono_time now) {
  backoff_ = std::clamp(backoff_ * 2, options_.backoff_min, options_.backoff_max);
  state_ = state::backing_off;
  due_ = now + backoff_;
}

void partition_follower::settled(const partition_log& log) {
  troupe_assert(state_ == state::applying);
  state_ = state::fetching;
  high_watermark_ =
      std::clamp(std::max(high_watermark_, leader_high_watermark_), log.log_start(), log.log_end());
}

void partition_follower::rejected(mono_time now) {
  troupe_assert(state_ == state::applying);
  back_off(now);
}

offset_t partition_follower::lag(const partition_log& log) const {
  return std::max<offset_t>(0, leader_end_ - log.log_end());
}

mono_time partition_follower::next_deadline() const {
  return state_ == state::waiting || state_ == state::backing_off ? due_ : mono_time::max();
}

}  // namespace troupe
