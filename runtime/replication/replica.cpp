#include "runtime/replication/replica.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"

#include <fmt/format.h>

namespace troupe {

partition_replica::partition_replica(const replica_options& options, partition_log& log)
    : options_(options), log_(log), follower_(options.follower) {
  follower_.start_from(std::clamp(options.high_watermark, log.log_start(), log.written_end()));
}

// -- metadata -------------------------------------------------------------------

void partition_replica::assign(const partition_assignment& at, mono_time now) {
  const auto self = options_.leader.replicas.self;
  if (at.epoch < epoch_)
    return;
  if (at.epoch == epoch_) {
    if (leader_)
      leader_->update(at, now);
    return;
  }
  epoch_ = at.epoch;
  resign();
  if (log_.poisoned() || at.find(self) == nullptr || at.leader == no_node)
    follower_.unfollow();
  else if (at.leader == self)
    lead(at, now);
  else
    follower_.follow(at.leader, at.epoch);
  if (log_.poisoned())
    follower_.failed();
  if (broken(rule::r2_cut_at_high_watermark) && at.leader != self && !log_.poisoned())
    (void)log_.truncate_to(std::max(log_.log_start(), follower_.high_watermark()));
}

void partition_replica::lead(const partition_assignment& at, mono_time now) {
  follower_.unfollow();
  leader_.emplace(options_.leader, at,
                  leader_ends{.log_start = log_.log_start(),
                              .durable = log_.durable_end(),
                              .written = log_.written_end(),
                              .high_watermark = follower_.high_watermark()},
                  now);
}

void partition_replica::resign() {
  if (!leader_)
    return;
  follower_.start_from(leader_->high_watermark());
  leader_->resign();
  std::vector<produce_answer> produces;
  leader_->take_produces(produces);
  left_produces_.insert(left_produces_.end(), produces.begin(), produces.end());
  std::vector<fetch_answer> fetches;
  leader_->take_fetches(fetches);
  left_fetches_.insert(left_fetches_.end(), fetches.begin(), fetches.end());
  leader_->take_replica_fetches(fetches);
  left_replica_fetches_.insert(left_replica_fetches_.end(), fetches.begin(), fetches.end());
  leader_.reset();
  // What was appended and not written has been answered: nobody may find it later.
  if (!log_.poisoned())
    (void)log_.truncate_to(log_.written_end());
}

void partition_replica::set_broker_epoch(std::int64_t epoch) { follower_.set_broker_epoch(epoch); }

void partition_replica::set_flush(flush_policy flush, mono_time now) {
  options_.leader.flush = flush;
  follower_.set_flush(flush);
  if (leader_)
    leader_->set_flush(flush, now);
}

offset_t partition_replica::high_watermark() const {
  return leader_ ? leader_->high_watermark() : follower_.high_watermark();
}

// -- leading ----------------------------------------------------------------------

result<appended> partition_replica::produce(bytes batch, required_acks acks, waiter who) {
  if (!leader_)
    return error{errc::not_leader_or_follower};
  const auto size = batch.size();
  if (const auto code = leader_->admit(size, acks); code != errc::none)
    return error{code};
  auto taken = log_.append(std::move(batch), epoch_);
  if (!taken) {
    out_of_service();
    return taken;
  }
  leader_->appended(taken->last_offset + 1, size);
  if (acks != required_acks::none)
    leader_->await_ack(acks, who);
  return taken;
}

void partition_replica::write(mono_time now) {
  if (!leader_ || !leader_->should_write())
    return;
  if (auto done = log_.write(); done)
    leader_->written(now);
  else if (!log_.poisoned())
    leader_->write_refused(done.error().code);
  else
    out_of_service();
}

epoch_end partition_replica::end_offset_for(leader_epoch asked) const {
  const auto has_written = log_.last_epoch() == epoch_;
  if (!has_written && asked == epoch_)
    return {asked, log_.written_end()};
  auto known = log_.end_offset_for(asked);
  if (known.epoch == no_epoch && asked < epoch_ && !broken(rule::r1_epoch_begins_with_a_write))
    return {log_.last_epoch() == no_epoch ? asked : log_.last_epoch(),
            log_.last_epoch() == no_epoch ? log_.log_start() : log_.written_end()};
  return known;
}

replica_fetch_response partition_replica::respond(const replica_fetch_request& what) const {
  replica_fetch_response answer;
  answer.epoch = what.current_leader_epoch;
  answer.fetch_offset = what.fetch_offset;
  answer.log_start = log_.log_start();
  answer.log_end = log_.written_end();
  answer.high_watermark = high_watermark();
  return answer;
}

std::optional<replica_fetch_response> partition_replica::serve(const replica_fetch_request& what,
                                                               waiter who, mono_time now) {
  auto answer = respond(what);
  if (!leader_) {
    answer.result.code = errc::not_leader_or_follower;
    return answer;
  }
  const auto checked =
      leader_->on_replica_fetch(what, end_offset_for(what.last_fetched_epoch), now);
  answer.high_watermark = high_watermark();
  answer.result.code = checked.code;
  answer.diverging = checked.diverging;
  if (!checked.may_read())
    return answer;
  auto slice = log_.read(what.fetch_offset, static_cast<std::size_t>(std::max(what.max_bytes, 1)),
                         log_.written_end());
  if (!slice) {
    answer.result = {slice.error().code, slice.error().message};
    return answer;
  }
  const auto wanted = static_cast<std::size_t>(std::clamp(what.min_bytes, 0, what.max_bytes));
  if (slice->batches.size() < wanted && what.max_wait_ms > 0 &&
      leader_->park_replica(who, slice->batches.size(), wanted,
                            now + std::chrono::milliseconds{what.max_wait_ms}))
    return std::nullopt;
  answer.batches = std::move(slice->batches);
  return answer;
}

replica_fetch_response partition_replica::serve_woken(const replica_fetch_request& what,
                                                      errc code) {
  auto answer = respond(what);
  answer.result.code = code;
  if (code != errc::none)
    return answer;
  if (!leader_ || leader_->epoch() != what.current_leader_epoch) {
    answer.result.code = errc::not_leader_or_follower;
    return answer;
  }
  auto slice = log_.read(what.fetch_offset, static_cast<std::size_t>(std::max(what.max_bytes, 1)),
                         log_.written_end());
  if (slice)
    answer.batches = std::move(slice->batches);
  else
    answer.result = {slice.error().code, slice.error().message};
  return answer;
}

epoch_end_response partition_replica::epoch_end_of(const epoch_end_request& what) const {
  if (!leader_)
    return {{errc::not_leader_or_follower, {}}, {}};
  if (what.current_leader_epoch != no_epoch && what.current_leader_epoch != epoch_)
    return {{what.current_leader_epoch < epoch_ ? errc::fenced_leader_epoch
                                                : errc::unknown_leader_epoch,
             {}},
            {}};
  return {{}, end_offset_for(what.asked)};
}

std::optional<isr_proposal> partition_replica::take_proposal(mono_time now) {
  return leader_ ? leader_->take_proposal(now) : std::nullopt;
}

void partition_replica::on_isr_answer(const isr_answer& what, mono_time now) {
  if (leader_)
    leader_->on_isr_answer(what, now);
}

// -- following ----------------------------------------------------------------------

std::optional<replica_fetch_request> partition_replica::next_fetch(mono_time now) {
  if (leader_ || log_.poisoned())
    return std::nullopt;
  return follower_.next_fetch(log_, now);
}

void partition_replica::on_fetched(replica_fetch_response what, mono_time now) {
  if (leader_ || log_.poisoned())
    return;
  carry_out(follower_.on_response(std::move(what), log_, now), now);
  if (log_.poisoned())
    return;
  if (const auto start = std::min(follower_.leader_log_start(), log_.written_end());
      start > log_.log_start() && !log_.advance_start(start) && log_.poisoned())
    out_of_service();
}

void partition_replica::carry_out(follower_step step, mono_time now) {
  result<void> done;
  switch (step.what) {
    case follower_step::kind::none: return;
    case follower_step::kind::append:
      if (auto taken = log_.append_as_follower(std::move(step.batches)); !taken)
        done = taken.error();
      else
        done = log_.write();
      break;
    case follower_step::kind::truncate: done = log_.truncate_to(step.offset); break;
    case follower_step::kind::begin_anew: done = log_.truncate_fully(step.offset); break;
  }
  if (log_.poisoned())
    out_of_service();
  else if (done)
    follower_.settled(log_);
  else
    follower_.rejected(now);
}

void partition_replica::on_no_answer(mono_time now) { follower_.on_no_answer(now); }

// -- both -----------------------------------------------------------------------------

std::optional<sync_ticket> partition_replica::begin_sync() {
  const auto wanted = leader_ ? leader_->should_sync() : follower_.should_sync(log_);
  return wanted ? log_.begin_sync() : std::nullopt;
}

void partition_replica::end_sync(const result<void>& how, mono_time now) {
  log_.end_sync(how);
  if (log_.poisoned())
    out_of_service();
  else if (leader_)
    leader_->synced(std::min(log_.durable_end(), leader_->written_end()), now);
}

void partition_replica::expire(mono_time now) {
  if (leader_)
    leader_->expire(now);
}

mono_time partition_replica::next_deadline() const {
  return leader_ ? leader_->next_deadline() : follower_.next_deadline();
}

result<void> partition_replica::delete_below(offset_t start) {
  if (!leader_)
    return error{errc::not_leader_or_follower};
  if (start > leader_->high_watermark())
    return error{errc::offset_out_of_range, fmt::format("offset {} is above the high watermark {}",
                                                        start, leader_->high_watermark())};
  auto done = log_.advance_start(start);
  follow_log_start();
  return done;
}

result<std::size_t> partition_replica::apply_retention() {
  auto deleted = log_.apply_retention(high_watermark());
  follow_log_start();
  return deleted;
}

void partition_replica::follow_log_start() {
  if (log_.poisoned())
    out_of_service();
  else if (leader_ && log_.log_start() > leader_->log_start())
    leader_->advance_log_start(log_.log_start());
}

void partition_replica::out_of_service() {
  if (leader_ && !leader_->has_failed())
    leader_->failed();
  follower_.failed();
}

void partition_replica::take_produces(std::vector<produce_answer>& into) {
  into = std::exchange(left_produces_, {});
  if (!leader_)
    return;
  std::vector<produce_answer> more;
  leader_->take_produces(more);
  into.insert(into.end(), more.begin(), more.end());
}

void partition_replica::take_fetches(std::vector<fetch_answer>& into) {
  into = std::exchange(left_fetches_, {});
  if (!leader_)
    return;
  std::vector<fetch_answer> more;
  leader_->take_fetches(more);
  into.insert(into.end(), more.begin(), more.end());
}

void partition_replica::take_replica_fetches(std::vector<fetch_answer>& into) {
  into = std::exchange(left_replica_fetches_, {});
  if (!leader_)
    return;
  std::vector<fetch_answer> more;
  leader_->take_replica_fetches(more);
  into.insert(into.end(), more.begin(), more.end());
}

}  // namespace troupe
