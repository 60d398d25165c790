#include "runtime/raft/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"

#include <algorithm>

namespace troupe::raft {

std::string_view to_string(role x) {
  constexpr std::string_view names[] = {"follower", "pre_candidate", "candidate", "leader"};
  return names[static_cast<std::size_t>(x)];
}

core::core(options how, restored_log from, rng chance)
    : options_(std::move(how)),
      self_(from.self),
      rng_(chance),
      state_(from.state),
      log_(from.base, std::move(from.entries)),
      snapshot_(std::move(from.snapshot)),
      damage_(from.damage),
      persisted_(state_) {
  troupe_assert(options_.heartbeat_ticks > 0 && options_.heartbeat_ticks < options_.election_ticks);
  troupe_assert(self_.directory != any_directory);
  troupe_assert(log_.base().index <= snapshot_.index && snapshot_.index <= log_.last());
  commit_ = delivered_ = applying_ = applied_ = snapshot_.index;
  voters_.reset(snapshot_.index, snapshot_.voters);
  for (auto i = snapshot_.index + 1; i <= log_.last(); ++i)
    if (const auto& x = log_.at(i); x.kind == entry_kind::voters)
      if (auto set = voter_set::decode(x.view()))
        voters_.add(i, std::move(*set));
  log_.compact(snapshot_.index, options_.trailing_bytes);
  restart_election_timer();
}

// -- inputs -------------------------------------------------------------------

void core::step(message m) {
  if (!is_for_us(m))
    return;
  if (m.term > state_.term && !accept_newer_term(m))
    return;
  // A new observer knows no term yet, and a replica whose term ran ahead must find the leader too.
  const bool any_term =
      std::holds_alternative<follow>(m.body) || std::holds_alternative<leader_hint>(m.body);
  if (m.term < state_.term && !any_term)
    return answer_older_term(m);
  std::visit([&](auto& body) { on(m, body); }, m.body);
}

void core::tick() {
  ++elapsed_;
  if (role_ == raft::role::leader)
    tick_leader();
  else
    tick_follower();
}

bool core::is_for_us(const message& m) const {
  if (m.to.node != self_.node || m.from == self_ || m.from.directory == any_directory)
    return false;
  return m.to.directory == self_.directory || m.to.directory == any_directory ||
         broken(rule::r44_any_directory_votes);
}

// What a message of a later term does to us; false when it is not to be looked at further.
bool core::accept_newer_term(const message& m) {
  if (const auto* x = std::get_if<vote_request>(&m.body)) {
    if (in_lease() && !x->transfer) {
      // A refusal lets the other end its campaign; that it asks may mean that it missed something.
      if (x->pre)
        send(m.from, state_.term, vote_reply{.pre = true, .granted = false});
      if (leader_)
        send(m.from, leader_hint{*leader_});
      return false;
    }
    if (!x->pre)
      become_follower(m.term, std::nullopt);
    return true;
  }
  if (const auto* x = std::get_if<vote_reply>(&m.body); x && x->pre && x->granted)
    return true;
  const bool from_leader = std::holds_alternative<append_request>(m.body) ||
                           std::holds_alternative<heartbeat>(m.body) ||
                           std::holds_alternative<snapshot_chunk>(m.body);
  become_follower(m.term, from_leader ? std::optional{m.from} : std::nullopt);
  return true;
}

// Whoever is behind learns our term from any answer; but a grant of long ago deserves none.
void core::answer_older_term(const message& m) {
  if (const auto* x = std::get_if<vote_request>(&m.body))
    send(m.from, vote_reply{.pre = x->pre, .granted = false});
  else if (std::holds_alternative<append_request>(m.body) ||
           std::holds_alternative<heartbeat>(m.body) ||
           std::holds_alternative<snapshot_chunk>(m.body))
    send(m.from, append_reply{.rejected = true, .index = no_index, .hint = {}});
}

void core::send(const replica_id& to, message_body body) { send(to, state_.term, std::move(body)); }

void core::send(const replica_id& to, term_t about, message_body body) {
  next_.messages.push_back({self_, to, about, std::move(body)});
}

error core::not_leading() const {
  if (!leader_ || leader_ == self_)
    return {errc::not_controller,
            fmt::format("node {} does not lead the metadata log; no leader of term {} is known",
                        value_of(self_.node), value_of(state_.term))};
  return {errc::not_controller,
          fmt::format("node {} does not lead the metadata log; node {} does, in term {}",
                      value_of(self_.node), value_of(leader_->node), value_of(state_.term))};
}

// -- outputs ------------------------------------------------------------------

bool core::has_ready() const {
  if (handed_out_)
    return false;
  return state_ != persisted_ || !next_.empty() || log_.handed_out() < log_.last() ||
         delivered_ < commit_ || sends_due_ || beats_due_;
}

ready_work core::ready() {
  troupe_assert(!handed_out_);
  handed_out_ = true;
  if (std::exchange(beats_due_, false) && is_leader())
    send_heartbeats();
  if (std::exchange(sends_due_, false) && is_leader())
    send_appends();
  if (state_ != persisted_)
    next_.state = persisted_ = state_;
  if (next_.state && broken(rule::r41_vote_not_on_disk))
    next_.state->vote.reset();
  next_.entries = log_.hand_out();
  if (delivered_ < commit_) {
    next_.committed = log_.slice(delivered_ + 1, commit_, options_.committed_bytes);
    delivered_ = next_.committed.back().index;
  }
  applying_ = delivered_;
  return std::exchange(next_, {});
}

void core::advance() {
  troupe_assert(handed_out_);
  handed_out_ = false;
  log_.persisted();
  applied_ = std::max(applied_, applying_);
  check_repair();
  if (is_leader())
    maybe_commit();
}

void core::move_commit(index_t to) {
  to = std::min(to, log_.last());
  if (to <= commit_)
    return;
  if (role_ == raft::role::leader)
    for (auto i = commit_ + 1; i <= to; ++i)
      uncommitted_bytes_ -= std::min(uncommitted_bytes_, log_.at(i).size());
  commit_ = to;
}

// Rule S5, see struct damage: what is on disk and known to equal the leader's log decides.
void core::check_repair() {
  if (!damage_)
    return;
  const auto sure = std::min(matched_, log_.stable());
  const auto term = log_.term_at(sure);
  if (sure < damage_->up_to && !(term && *term > damage_->since))
    return;
  damage_.reset();
  next_.repaired = true;
}

}  // namespace troupe::raft
