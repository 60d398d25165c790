// Voters, observers and the way out of office (rule R44).
#include "runtime/raft/core.hpp"

#include "runtime/base/mutants.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::raft {

result<void> core::check_voter_change() const {
  if (!is_leader() || handover_)
    return not_leading();
  // Two leaders could otherwise change the same set in two ways that share no majority.
  if (!commits_own_term() && !broken(rule::r44_change_before_own_commit))
    return error{errc::leader_not_available,
                 fmt::format("node {} leads term {} and has not committed anything in it yet",
                             value_of(self_.node), value_of(state_.term))};
  if (voters_.latest_index() > commit_ && !broken(rule::r44_two_changes))
    return error{errc::conflict, "the voter change before is not committed yet"};
  return {};
}

result<position> core::add_voter(const replica_id& who) {
  if (auto allowed = check_voter_change(); !allowed)
    return allowed.error();
  if (who.directory == any_directory)
    return error{errc::invalid_parameter, "a voter is named with its directory id"};
  if (const auto* same = voters().find(who.node))
    return error{errc::duplicate_voter,
                 *same == who ? fmt::format("node {} is a voter already", value_of(who.node))
                              : fmt::format("node {} is a voter with another directory; remove "
                                            "that one first",
                                            value_of(who.node))};
  const auto found = peers_.find(who);
  if (found == peers_.end() || found->second.match() + options_.catch_up_entries < log_.last())
    return error{errc::conflict, fmt::format("node {} does not follow the metadata log closely "
                                             "enough to become a voter",
                                             value_of(who.node))};
  auto at = append_own(entry_kind::voters, share(voters().with(who).encode()));
  adopt_voters();
  return at;
}

result<position> core::remove_voter(const replica_id& who) {
  if (auto allowed = check_voter_change(); !allowed)
    return allowed.error();
  if (!voters().contains(who))
    return error{errc::voter_not_found,
                 fmt::format("node {} with that directory is not a voter", value_of(who.node))};
  if (voters().size() == 1)
    return error{errc::conflict, "the last voter cannot be removed"};
  return append_own(entry_kind::voters, share(voters().without(who).encode()));
}

// Whoever is no voter any more stays an observer, so that it learns of it.
void core::adopt_voters() {
  for (const auto& voter : voters())
    if (voter != self_)
      peers_.try_emplace(voter, log_.last() + 1);
}

const replica_id* core::most_advanced_voter() const {
  const replica_id* best = nullptr;
  for (const auto& voter : voters()) {
    const auto found = peers_.find(voter);
    if (found == peers_.end())
      continue;
    if (best == nullptr || found->second.match() > peers_.at(*best).match())
      best = &voter;
  }
  return best;
}

void core::leave_office_if_removed() {
  if (voters().contains(self_) || commit_ < voters_.latest_index())
    return;
  send_appends();
  if (const auto* heir = most_advanced_voter())
    send(*heir, timeout_now{});
  become_follower(state_.term, std::nullopt);
}

// -- leadership transfer ------------------------------------------------------

result<void> core::transfer_leadership(std::optional<node_id> to) {
  if (!is_leader())
    return not_leading();
  if (handover_)
    return error{errc::conflict, fmt::format("leadership is being handed to node {}",
                                             value_of(handover_->to.node))};
  if (to == self_.node)
    return {};
  const auto* heir = to ? voters().find(*to) : most_advanced_voter();
  if (heir == nullptr)
    return error{errc::voter_not_found,
                 to ? fmt::format("node {} is not a voter", value_of(*to)) : "no other voter"};
  handover_ = {*heir, 0, false};
  sends_due_ = true;
  continue_handover();
  return {};
}

void core::continue_handover() {
  if (!handover_ || handover_->sent)
    return;
  const auto found = peers_.find(handover_->to);
  if (found == peers_.end() || found->second.match() < log_.last())
    return;
  handover_->sent = true;
  send(handover_->to, timeout_now{});
}

// -- observers ----------------------------------------------------------------

void core::ask_for_log() {
  auto whom = options_.contacts;
  whom.insert(whom.end(), voters().begin(), voters().end());
  std::erase_if(whom, [this](const auto& x) { return x.node == self_.node; });
  if (!whom.empty())
    send(whom[contact_++ % whom.size()], follow{log_.last()});
}

void core::on(const message& m, const follow& x) {
  if (!is_leader()) {
    if (leader_)
      send(m.from, leader_hint{*leader_});
    return;
  }
  const auto found = peers_.find(m.from);
  const auto other_voters = voters().size() - (voters().contains(self_) ? 1 : 0);
  if (found == peers_.end() && peers_.size() >= options_.observers + other_voters)
    return;
  // It may hold less than it once did: the log was damaged.
  if (found != peers_.end() && found->second.match() <= x.last)
    found->second.restart();
  else
    peers_.insert_or_assign(m.from, progress{std::clamp(x.last + 1, index_t{1}, log_.last() + 1)});
  sends_due_ = true;
}

void core::on(const message& m, const leader_hint& x) {
  const bool hears = leader_ && elapsed_ < options_.election_ticks;
  if (is_leader() || hears || x.leader == self_ || x.leader.directory == any_directory)
    return;
  (void)m;
  send(x.leader, follow{log_.last()});
}

}  // namespace troupe::raft
