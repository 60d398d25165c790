#include "runtime/replication/replica_set.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"

namespace troupe {

replica_set::replica_set(replica_set_options options, const partition_assignment& at, offset_t end,
                         mono_time now)
    : options_(options), isr_(at), epoch_start_(end) {
  troupe_assert(at.find(options.self) != nullptr, "node {}", value_of(options.self));
  assign(at);
  // Whoever is in sync has the whole time to be heard; whoever is not was never caught up.
  for (auto& x : followers_)
    if (contains(at.isr, x.assigned.id))
      x.caught_up_at = now;
  if (!followers_.empty())
    review_at_ = now + options_.lag_max / 2;
}

void replica_set::assign(const partition_assignment& at) {
  std::vector<follower> next;
  for (const auto& each : at.replicas) {
    if (each.id == options_.self) {
      own_broker_epoch_ = each.broker_epoch;
      continue;
    }
    if (auto* known = find(each.id)) {
      known->assigned = each;
      next.push_back(*known);
    } else {
      next.push_back({.assigned = each});
    }
  }
  followers_ = std::move(next);
  min_isr_ = at.min_isr;
}

void replica_set::update(const partition_assignment& at, mono_time now) {
  if (at.partition_epoch < isr_.partition_epoch())
    return;
  assign(at);
  isr_.update(at.partition_epoch, at.isr);
  review_at_ = followers_.empty() ? mono_time::max() : now + options_.lag_max / 2;
}

replica_set::follower* replica_set::find(node_id id) {
  for (auto& x : followers_)
    if (x.assigned.id == id)
      return &x;
  return nullptr;
}

errc replica_set::report(const follower_report& what, offset_t leader_end, mono_time now) {
  auto* x = find(what.id);
  if (x == nullptr)
    return errc::replica_not_available;
  if (what.broker_epoch < x->broker_epoch)
    return errc::stale_broker_epoch;
  if (what.broker_epoch > x->broker_epoch) {
    // Another process, perhaps with another disk: what the one before had counts no more.
    x->broker_epoch = what.broker_epoch;
    x->position = no_offset;
    x->leader_end = INT64_MAX;
  }
  // Within an epoch and a process positions only grow; a lower one was overtaken on its way.
  x->position = std::max(x->position, what.position);
  if (x->position >= leader_end)
    x->caught_up_at = now;
  else if (x->fetched_at != mono_time::min() && x->position >= x->leader_end)
    x->caught_up_at = std::max(x->caught_up_at, x->fetched_at);
  x->leader_end = leader_end;
  x->fetched_at = now;
  return errc::none;
}

bool replica_set::is_caught_up(const follower& x, offset_t leader_end, mono_time now) const {
  return x.position >= leader_end ||
         (x.caught_up_at != mono_time::min() && now - x.caught_up_at <= options_.lag_max);
}

bool replica_set::may_join(const follower& x) const {
  if (x.position == no_offset || !x.assigned.eligible)
    return false;
  return x.broker_epoch == x.assigned.broker_epoch || broken(rule::r11_any_broker_epoch);
}

std::int32_t replica_set::least_isr() const {
  // Replicas that do not exist cannot be waited for.
  return std::min(min_isr_, static_cast<std::int32_t>(followers_.size()) + 1);
}

offset_t replica_set::high_watermark_max(offset_t own_position, mono_time now) const {
  if (isr_size() < least_isr() && !broken(rule::r15_advance_below_min_isr))
    return no_offset;
  auto least = own_position;
  for (const auto& x : followers_) {
    const auto candidate = x.caught_up_at != mono_time::min() &&
                           now - x.caught_up_at <= options_.lag_max && may_join(x);
    if ((isr_.counts(x.assigned.id) && !broken(rule::r7_leader_decides)) || candidate)
      least = std::min(least, x.position);
  }
  return least;
}

// -- joining and leaving ----------------------------------------------------------

void replica_set::review(offset_t high_watermark, offset_t leader_end, mono_time now) {
  if (followers_.empty())
    return;
  if (now >= review_at_)
    review_at_ = now + options_.lag_max / 2;
  if (!isr_.may_propose(now))
    return;
  propose_shrink(leader_end, now);
  if (!isr_.pending())
    propose_growth(high_watermark, leader_end, now);
}

assigned_replica replica_set::named(node_id id) const {
  if (id == options_.self)
    return {.id = id, .broker_epoch = own_broker_epoch_};
  for (const auto& x : followers_) {
    if (x.assigned.id != id)
      continue;
    const auto heard = x.broker_epoch >= 0 && !broken(rule::r11_any_broker_epoch);
    return {.id = id, .broker_epoch = heard ? x.broker_epoch : x.assigned.broker_epoch};
  }
  return {.id = id};
}

void replica_set::propose_shrink(offset_t leader_end, mono_time now) {
  std::vector<assigned_replica> kept;
  for (auto id : isr_.committed()) {
    const auto* x = find(id);
    if (x == nullptr || is_caught_up(*x, leader_end, now))
      kept.push_back(named(id));
  }
  if (kept.size() < isr_.committed().size())
    isr_.propose(std::move(kept));
}

bool replica_set::has_caught_up_to_join(const follower& x, offset_t high_watermark,
                                        offset_t leader_end, mono_time now) const {
  if (broken(rule::r11_any_offset))
    return true;
  if (broken(rule::r11_not_the_epoch_start))
    return x.position >= high_watermark;
  return x.position >= std::max(high_watermark, epoch_start_) && is_caught_up(x, leader_end, now);
}

void replica_set::propose_growth(offset_t high_watermark, offset_t leader_end, mono_time now) {
  std::vector<assigned_replica> grown;
  for (auto id : isr_.committed())
    grown.push_back(named(id));
  for (const auto& x : followers_)
    if (!contains(isr_.committed(), x.assigned.id) && may_join(x) &&
        has_caught_up_to_join(x, high_watermark, leader_end, now))
      grown.push_back(named(x.assigned.id));
  if (grown.size() > isr_.committed().size())
    isr_.propose(std::move(grown));
}

std::vector<follower_view> replica_set::followers() const {
  std::vector<follower_view> all;
  for (const auto& x : followers_)
    all.push_back(
        {x.assigned.id, x.position, x.caught_up_at, contains(isr_.committed(), x.assigned.id)});
  return all;
}

}  // namespace troupe
