// Elections: who may lead, and for how long (rules R41-R43).
#include "runtime/raft/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"

namespace troupe::raft {

// A removed voter may be needed until its removal is committed: only it may hold that entry. After
// a start nothing is known to be committed, and any set since the snapshot may be the one in force.
bool core::may_campaign() const {
  if (damage_ && !broken(rule::s5_damaged_votes))
    return false;
  return voters_.contained_since(commit_, self_);
}

bool core::in_lease() const {
  return leader_ && elapsed_ < options_.election_ticks && !broken(rule::r43_no_lease);
}

void core::restart_election_timer() {
  elapsed_ = 0;
  const auto spread = static_cast<std::uint64_t>(options_.election_ticks);
  timeout_ = options_.election_ticks + static_cast<int>(rng_.below(spread));
}

void core::tick_follower() {
  if (elapsed_ < timeout_)
    return;
  if (may_campaign())
    return campaign();
  restart_election_timer();
  leader_.reset();
  ask_for_log();
}

void core::campaign() {
  if (is_leader() || !may_campaign())
    return;
  become_candidate(!broken(rule::r43_no_pre_vote), false);
}

void core::become_follower(term_t term, std::optional<replica_id> leader) {
  troupe_assert(term >= state_.term);
  if (term > state_.term) {
    state_ = {term, std::nullopt};
    matched_ = no_index;
  }
  drop_reads();
  handover_.reset();
  peers_.clear();
  votes_.clear();
  role_ = raft::role::follower;
  leader_ = leader;
  restart_election_timer();
}

void core::become_candidate(bool pre, bool transfer) {
  if (!pre)
    state_ = {next(state_.term), self_};
  role_ = pre ? raft::role::pre_candidate : raft::role::candidate;
  leader_.reset();
  matched_ = no_index;
  votes_ = {{self_, true}};
  restart_election_timer();
  const auto about = pre ? next(state_.term) : state_.term;
  for (const auto& voter : voters())
    if (voter != self_)
      send(voter, about, vote_request{pre, transfer, log_.last_position()});
  count_votes();
}

void core::become_leader() {
  role_ = raft::role::leader;
  leader_ = self_;
  elapsed_ = heartbeat_elapsed_ = 0;
  incoming_.reset();
  votes_.clear();
  peers_.clear();
  uncommitted_bytes_ = 0;
  for (auto i = commit_ + 1; i <= log_.last(); ++i)
    uncommitted_bytes_ += log_.at(i).size();
  adopt_voters();
  append_own(entry_kind::term_start, nullptr);
}

void core::count_votes() {
  const auto answered = [this](bool granted) {
    return [this, granted](const replica_id& x) {
      const auto found = votes_.find(x);
      return found != votes_.end() && found->second == granted;
    };
  };
  if (voters().majority_of(answered(true))) {
    if (role_ == raft::role::pre_candidate)
      become_candidate(false, false);
    else
      become_leader();
    return;
  }
  std::size_t refused = 0;
  for (const auto& voter : voters())
    refused += answered(false)(voter) ? 1 : 0;
  if (refused + voters().majority() > voters().size())
    become_follower(state_.term, std::nullopt);
}

void core::hear_leader(const replica_id& from) {
  if (role_ != raft::role::follower) {
    troupe_assert(!is_leader(), "nodes {} and {} lead term {}", value_of(self_.node),
                  value_of(from.node), value_of(state_.term));
    become_follower(state_.term, from);
  }
  leader_ = from;
  elapsed_ = 0;
}

bool core::may_vote_for(const message& m, const vote_request& x) const {
  if (damage_ && !broken(rule::s5_damaged_votes))
    return false;
  if (x.last.term < log_.last_position().term && !broken(rule::r42_old_log_elected))
    return false;
  if (x.last.term == log_.last_position().term && x.last.index < log_.last() &&
      !broken(rule::r42_old_log_elected))
    return false;
  const bool about_later_term = x.pre && m.term > state_.term;
  const bool free = !state_.vote && !leader_;
  return about_later_term || free || state_.vote == m.from || broken(rule::r41_vote_twice);
}

void core::on(const message& m, const vote_request& x) {
  const bool granted = may_vote_for(m, x);
  if (granted && !x.pre) {
    state_.vote = m.from;
    elapsed_ = 0;
  }
  send(m.from, granted ? m.term : state_.term, vote_reply{x.pre, granted});
}

void core::on(const message& m, const vote_reply& x) {
  const auto asked = x.pre ? raft::role::pre_candidate : raft::role::candidate;
  const auto about = x.pre && x.granted ? next(state_.term) : state_.term;
  if (role_ != asked || m.term != about)
    return;
  votes_.emplace(m.from, x.granted);
  count_votes();
}

void core::on(const message&, const timeout_now&) {
  if (!is_leader() && may_campaign())
    become_candidate(false, true);
}

}  // namespace troupe::raft
