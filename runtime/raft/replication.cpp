// Replication: the leader's log becomes everybody's (rule R42).
#include "runtime/raft/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"

#include <algorithm>

namespace troupe::raft {

namespace {

// What comes from the network is believed only if it could be true.
bool well_formed(const message& m, const append_request& x) {
  auto before = x.previous;
  if (before.index < no_index)
    return false;
  for (const auto& e : x.entries) {
    if (e.index != before.index + 1 || e.term < before.term || e.term > m.term)
      return false;
    if (e.kind == entry_kind::voters && !voter_set::decode(e.view()))
      return false;
    before = {e.index, e.term};
  }
  return true;
}

}  // namespace

// -- the leader's own log -----------------------------------------------------

result<position> core::propose(bytes data) {
  if (!is_leader())
    return not_leading();
  if (handover_)
    return error{errc::not_controller, fmt::format("leadership is being handed to node {}",
                                                   value_of(handover_->to.node))};
  if (data.size() > options_.entry_bytes)
    return error{errc::policy_violation,
                 fmt::format("a change of the metadata takes {} bytes, more than {}", data.size(),
                             options_.entry_bytes)};
  if (uncommitted_bytes_ + data.size() > options_.uncommitted_bytes)
    return error{errc::overloaded,
                 fmt::format("{} bytes of changes wait for a majority of the controllers",
                             uncommitted_bytes_)};
  if (log_.bytes() + data.size() > options_.log_bytes)
    return error{errc::overloaded, "the metadata log waits for a snapshot"};
  return append_own(entry_kind::data, share(std::move(data)));
}

result<position> core::append_own(entry_kind kind, shared_bytes data) {
  entry x{log_.last() + 1, state_.term, kind, std::move(data)};
  const position at{x.index, x.term};
  uncommitted_bytes_ += x.size();
  append_to_log(std::move(x));
  sends_due_ = true;
  return at;
}

void core::append_to_log(entry x) {
  if (x.kind == entry_kind::voters) {
    auto set = voter_set::decode(x.view());
    troupe_assert(set.has_value());
    voters_.add(x.index, std::move(*set));
  }
  log_.append(std::move(x));
}

bool core::commits_own_term() const { return log_.term_at(commit_) == state_.term; }

void core::maybe_commit() {
  const auto held = [this](const replica_id& x) {
    if (x == self_)
      return log_.stable();
    const auto found = peers_.find(x);
    return found == peers_.end() ? no_index : found->second.match();
  };
  const auto* deputy = broken(rule::r44_removed_leader_counts) && !voters().contains(self_)
                           ? &*std::prev(voters().end())
                           : nullptr;
  const auto index = voters().reached_by_majority(
      [&](const replica_id& x) { return deputy && x == *deputy ? log_.stable() : held(x); });
  // An entry of an earlier term may still be replaced although a majority holds it.
  const bool own = log_.term_at(index) == state_.term || broken(rule::r42_commit_by_counting);
  if (index <= commit_ || !own)
    return;
  move_commit(index);
  sends_due_ = true;
  leave_office_if_removed();
}

// -- sending ------------------------------------------------------------------

void core::send_appends() {
  for (auto& [to, p] : peers_)
    send_entries(to, p);
}

void core::send_entries(const replica_id& to, progress& p) {
  if (p.now() == progress::state::snapshot)
    return send_chunk(to, p);
  if (p.next() <= log_.base().index) {
    p.begin_snapshot(snapshot_);
    return send_chunk(to, p);
  }
  if (std::exchange(p.poke, false))
    send_append(to, p, {});
  while (p.has_room(options_.inflight_messages, options_.inflight_bytes)) {
    const bool probe = p.now() == progress::state::probe;
    auto entries = log_.slice(p.next(), log_.last(), options_.message_bytes);
    if (entries.empty() && !probe && p.commit_sent >= commit_)
      break;
    const bool only = probe || entries.empty();
    send_append(to, p, std::move(entries));
    if (only)
      break;
  }
}

void core::send_append(const replica_id& to, progress& p, std::vector<entry> entries) {
  const position previous{p.next() - 1, *log_.term_at(p.next() - 1)};
  const auto last = previous.index + static_cast<index_t>(entries.size());
  std::size_t size = 0;
  for (const auto& e : entries)
    size += e.size();
  p.sent(last, size, !entries.empty());
  p.commit_sent = std::max(p.commit_sent, std::min(commit_, last));
  send(to, append_request{previous, std::move(entries), commit_});
}

void core::send_heartbeats() {
  for (const auto& [to, p] : peers_)
    send(to, heartbeat{std::min(commit_, p.match()), round_});
}

void core::tick_leader() {
  if (++heartbeat_elapsed_ >= options_.heartbeat_ticks) {
    heartbeat_elapsed_ = 0;
    send_heartbeats();
  }
  if (handover_ && ++handover_->ticks >= options_.election_ticks)
    handover_.reset();
  if (elapsed_ < options_.election_ticks)
    return;
  elapsed_ = 0;
  if (!heard_by_majority() && !broken(rule::r41_no_check_quorum))
    become_follower(state_.term, std::nullopt);
}

// Since the last time; forgets observers that are gone.
bool core::heard_by_majority() {
  const bool enough = voters().majority_of([this](const replica_id& x) {
    const auto found = peers_.find(x);
    return x == self_ || (found != peers_.end() && found->second.active);
  });
  for (auto it = peers_.begin(); it != peers_.end();) {
    auto& p = it->second;
    p.silent_checks = p.active ? 0 : p.silent_checks + 1;
    p.active = false;
    it = p.silent_checks > 2 && !voters().contains(it->first) ? peers_.erase(it) : std::next(it);
  }
  return enough;
}

void core::on(const message& m, const append_reply& x) {
  const auto found = peers_.find(m.from);
  if (!is_leader() || found == peers_.end())
    return;
  auto& p = found->second;
  p.active = true;
  if (x.rejected) {
    const auto retry = log_.floor(x.hint.index, x.hint.term).index;
    sends_due_ = p.reject(x.index, retry) || sends_due_;
    return;
  }
  if (x.index > log_.last())
    return;
  sends_due_ = true;
  if (p.accept(x.index))
    maybe_commit();
  continue_handover();
}

void core::on(const message& m, const heartbeat_reply& x) {
  const auto found = peers_.find(m.from);
  if (!is_leader() || found == peers_.end())
    return;
  auto& p = found->second;
  p.active = true;
  p.round = std::max(p.round, std::min(x.round, round_));
  p.try_again();
  p.poke = p.now() == progress::state::replicate && p.match() < log_.last();
  sends_due_ = true;
  release_reads();
}

// -- receiving ----------------------------------------------------------------

void core::on(const message& m, const append_request& x) {
  if (!well_formed(m, x))
    return;
  hear_leader(m.from);
  if (x.previous.index < commit_) {
    matched_ = std::max(matched_, commit_);
    return send(m.from, append_reply{.rejected = false, .index = commit_, .hint = {}});
  }
  const bool equal = log_.matches(x.previous) ||
                     (x.previous.index <= log_.last() && broken(rule::r42_no_conflict_check));
  if (!equal) {
    tell_loss(m.from);
    const auto hint = log_.floor(x.previous.index, x.previous.term);
    return send(m.from, append_reply{true, x.previous.index, hint});
  }
  if (log_.bytes() > options_.log_bytes && !x.entries.empty())
    return;
  take_entries(x);
  const auto last = x.previous.index + static_cast<index_t>(x.entries.size());
  matched_ = std::max(matched_, last);
  move_commit(std::min(x.commit, last));
  send(m.from, append_reply{.rejected = false, .index = last, .hint = {}});
}

void core::take_entries(const append_request& x) {
  for (const auto& e : x.entries) {
    const auto ours = log_.term_at(e.index);
    if (ours == e.term || (ours && broken(rule::r42_keep_conflicting)))
      continue;
    if (ours) {
      troupe_assert(e.index > commit_, "entry {} of term {} is committed and differs", e.index,
                    value_of(*ours));
      log_.truncate_from(e.index);
      voters_.truncate_from(e.index);
    }
    append_to_log(e);
  }
}

// The leader may believe that we hold what the damage took.
void core::tell_loss(const replica_id& leader) {
  if (damage_)
    send(leader, follow{log_.last()});
}

void core::on(const message& m, const heartbeat& x) {
  hear_leader(m.from);
  if (matched_ == no_index || x.commit > log_.last())
    tell_loss(m.from);
  move_commit(damage_ ? std::min(x.commit, matched_) : x.commit);
  send(m.from, heartbeat_reply{x.round});
}

}  // namespace troupe::raft
