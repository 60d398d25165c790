#include "tests/support/runtime/raft_simulation.hpp"

#include "runtime/raft/message_format.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::test {

using raft::replica_id;

namespace {

constexpr std::uint64_t chaos_ticks = 500;
constexpr std::uint64_t heal_ticks = 800;
constexpr std::size_t log_bytes = 6'000;

int number_of(const raft_node& x) { return value_of(x.id()); }

raft::options small_windows(rng& chance) {
  raft::options how;
  how.election_ticks = 8;
  how.heartbeat_ticks = 2;
  how.message_bytes = 200;
  how.chunk_bytes = 40 + chance.below(150);
  how.inflight_messages = 1 + chance.below(6);
  how.inflight_bytes = 600;
  how.uncommitted_bytes = 2'000;
  how.log_bytes = log_bytes;
  how.trailing_bytes = chance.below(400);
  how.committed_bytes = 150;
  how.catch_up_entries = 20;
  return how;
}

}  // namespace

void raft_simulation::figures::add(const figures& x) {
  events += x.events;
  acknowledged += x.acknowledged;
  reads += x.reads;
  crashes += x.crashes;
  cuts += x.cuts;
  voter_changes += x.voter_changes;
  snapshots_installed += x.snapshots_installed;
  damaged += x.damaged;
  repaired += x.repaired;
  wiped += x.wiped;
  disk_errors += x.disk_errors;
  leaders += x.leaders;
}

raft_simulation::raft_simulation(std::uint64_t seed) : rng_(seed), faults_(draw(rng_)) {}

void raft_simulation::make_cluster() {
  const auto voters = rng_.chance(1, 8) ? 1 : 3 + static_cast<int>(rng_.below(3));
  const auto all = voters + static_cast<int>(rng_.below(3));
  auto how = small_windows(rng_);
  for (int i = 1; i <= all; ++i)
    how.contacts.push_back({node_id{i}, raft::any_directory});
  std::vector<replica_id> founders;
  for (int i = 1; i <= all; ++i) {
    nodes_.push_back(std::make_unique<raft_node>(node_id{i}, how, rng_.next()));
    const auto self = nodes_.back()->prepare();
    if (i <= voters)
      founders.push_back(self);
  }
  // All founders, or only the first: the others then receive the set from it.
  const auto founding = rng_.chance(1, 2) ? founders.size() : 1;
  for (std::size_t i = 0; i < founding; ++i)
    nodes_[i]->found(raft::voter_set{founders});
  for (auto& node : nodes_)
    start(*node);
}

std::string raft_simulation::run() {
  make_cluster();
  while (!failed() && now_ < chaos_ticks) {
    pass_time(false);
    use_cluster();
    break_something();
  }
  if (!failed() && !heal_and_converge())
    checks_.violated("after everything has healed the replicas do not agree:" + status());
  for (const auto& node : nodes_)
    if (node->disk().syncs_after_failure() > 0)
      checks_.violated(fmt::format("node {} syncs again after a failure", number_of(*node)));
  figures_.leaders = checks_.terms_with_leader();
  return checks_.violation();
}

void raft_simulation::mix(std::uint64_t x) {
  trace_ = (trace_ ^ x) * 0x9E3779B97F4A7C15ull;
  trace_ ^= trace_ >> 29;
}

// -- time and messages ------------------------------------------------------------

void raft_simulation::pass_time(bool quiet) {
  ++now_;
  for (auto& node : nodes_) {
    if (!node->running() || failed())
      continue;
    const auto due = disk_done_.find(number_of(*node));
    if (due != disk_done_.end() && due->second <= now_) {
      disk_done_.erase(due);
      finish(*node);
      if (node->running())
        after(*node);
    }
    // Clocks drift apart.
    if (node->running() && (quiet || !chance(100))) {
      node->core().tick();
      after(*node);
    }
  }
  deliver_due();
}

void raft_simulation::deliver_due() {
  for (std::size_t left = network_.size(); left > 0 && !failed(); --left) {
    const auto i = rng_.below(network_.size());
    if (network_[i].due > now_)
      continue;
    auto m = std::move(network_[i].what);
    network_[i] = std::move(network_.back());
    network_.pop_back();
    const auto from = value_of(m.from.node);
    const auto to = static_cast<std::size_t>(value_of(m.to.node));
    auto& node = *nodes_[to - 1];
    if (!node.running() || cut_.contains({from, static_cast<int>(to)}))
      continue;
    mix(m.body.index() + 16 * static_cast<std::uint64_t>(value_of(m.term)) + to);
    node.core().step(std::move(m));
    after(node);
  }
}

void raft_simulation::send(raft::message m) {
  checks_.sent(m);
  if (value_of(m.to.node) < 1 || static_cast<std::size_t>(value_of(m.to.node)) > nodes_.size())
    return checks_.violated("a message to nobody");
  auto copy = raft::decode_message(raft::encode(m));
  if (!copy)
    return checks_.violated("a message is not what it was after decoding");
  const auto copies = healing_ ? 1u : chance(faults_.loss) ? 0u : chance(faults_.doubled) ? 2u : 1u;
  for (auto i = 0u; i < copies; ++i) {
    auto delay = rng_.below(3);
    if (!healing_ && chance(faults_.late))
      delay += rng_.below(40);
    network_.push_back({now_ + delay, *copy});
  }
}

// After anything that may have given the node work.
void raft_simulation::after(raft_node& node) {
  ++figures_.events;
  checks_.look_at(node);
  if (failed())
    return;
  const auto& x = node.core();
  mix(static_cast<std::uint64_t>(x.log().last() * 7 + x.commit()) +
      static_cast<std::uint64_t>(value_of(x.term())) * 131);
  voters_seen_[number_of(node)] = x.voters();
  while (node.running() && !node.busy() && node.begin()) {
    if (!healing_ && chance(faults_.slow)) {
      disk_done_[number_of(node)] = now_ + 1 + rng_.below(10);
      return;
    }
    finish(node);
  }
}

void raft_simulation::finish(raft_node& node) {
  const auto first =
      node.outstanding().entries.empty() ? raft::no_index : node.outstanding().entries[0].index;
  const bool repaired = node.outstanding().repaired;
  auto sent = node.finish();
  if (!sent) {
    ++figures_.disk_errors;
    if (sent.error().code != errc::disk_full || node.files().poisoned())
      return stop(node, chance(500));
    disk_done_[number_of(node)] = now_ + 1;  // space comes back
    return;
  }
  if (repaired) {
    ++figures_.repaired;
    impaired_.erase(node.core().self());
  }
  figures_.snapshots_installed += node.restored_now ? 1 : 0;
  checks_.look_at(node);
  if (first != raft::no_index)
    checks_.stored(node, first);
  checks_.applied(node);
  note_applied(node);
  answer_reads(node);
  for (auto& m : *sent)
    send(std::move(m));
  // As every caller of a core must, or the log would be full for ever.
  if (node.core().log().bytes() > log_bytes / 2)
    snapshot(node);
}

void raft_simulation::snapshot(raft_node& node) {
  if (!node.take_snapshot() && node.files().poisoned())
    stop(node, chance(500));
}

void raft_simulation::note_applied(raft_node& node) {
  for (const auto& x : node.applied_now) {
    const auto found = proposed_.find({x.index, x.term});
    if (found == proposed_.end())
      continue;
    ++figures_.acknowledged;
    if (as_text(x.view()) != found->second)
      checks_.violated(fmt::format("entry {} is not what was proposed", x.index));
    proposed_.erase(found);
  }
}

void raft_simulation::answer_reads(raft_node& node) {
  for (const auto& x : std::exchange(node.reads, {})) {
    const auto asked = reads_.find(x.context);
    if (asked == reads_.end()) {
      checks_.violated("a read is answered twice");
      continue;
    }
    ++figures_.reads;
    if (x.index && *x.index < asked->second.at_least)
      checks_.violated(fmt::format("stale read: node {} reads at {}, {} was committed before",
                                   number_of(node), *x.index, asked->second.at_least));
    reads_.erase(asked);
  }
}

// -- clients and operators --------------------------------------------------------

raft_node* raft_simulation::pick_leader() {
  const auto from = rng_.below(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto& node = *nodes_[(from + i) % nodes_.size()];
    if (node.running() && node.core().is_leader())
      return &node;
  }
  return nullptr;
}

void raft_simulation::use_cluster() {
  auto* leader = pick_leader();
  if (leader == nullptr || failed())
    return;
  auto& x = leader->core();
  if (chance(faults_.propose)) {
    const auto value = fmt::format("v{}", ++next_value_);
    if (const auto at = x.propose({value.begin(), value.end()}))
      proposed_[*at] = value;
  }
  if (chance(faults_.read))
    if (x.read_index(++next_value_))
      reads_[next_value_] = {checks_.committed()};
  if (chance(faults_.change))
    change_voters(*leader);
  if (chance(faults_.transfer))
    (void)x.transfer_leadership(std::nullopt);
  after(*leader);
  for (auto& node : nodes_)
    if (node->running() && chance(faults_.snapshot))
      snapshot(*node);
}

void raft_simulation::change_voters(raft_node& leader) {
  auto& x = leader.core();
  auto& other = pick();
  const auto who = who_.at(number_of(other));
  const auto* voter = x.voters().find(other.id());
  result<raft::position> done = error{errc::none, ""};
  if (voter == nullptr && x.voters().size() < 5 && survives(x.voters().with(who), nullptr))
    done = x.add_voter(who);
  // A voter that lost its disk is the first to go.
  else if (voter != nullptr && (x.voters().size() > 3 || *voter != who) &&
           survives(x.voters().without(*voter), nullptr))
    done = x.remove_voter(replica_id{*voter});
  figures_.voter_changes += done ? 1 : 0;
}

// -- the end --------------------------------------------------------------------------

bool raft_simulation::heal_and_converge() {
  healing_ = true;
  cut_.clear();
  for (auto& node : nodes_)
    node->disk().fail_nothing();
  for (const auto end = now_ + heal_ticks; now_ < end && !failed();) {
    for (auto& node : nodes_)
      if (!node->running())
        start(*node);
    pass_time(true);
    if (converged())
      return true;
    if (now_ % 40 == 0)
      if (auto* leader = pick_leader()) {
        (void)leader->core().propose({'z'});
        after(*leader);
      }
  }
  return failed();
}

std::string raft_simulation::status() const {
  std::string text;
  for (const auto& node : nodes_) {
    text += fmt::format("\n  {}: ", number_of(*node));
    if (!node->running()) {
      text += "stopped";
      continue;
    }
    const auto& x = node->core();
    text += fmt::format("{}{} term {}, log {}..{}, committed {}, applied {}, voters {}",
                        to_string(x.role()), x.damage() ? " (damaged)" : "", value_of(x.term()),
                        x.log().first(), x.log().last(), x.commit(), node->machine().index,
                        to_string(x.voters()));
    for (const auto& voter : x.voters())
      if (impaired_.contains(voter))
        text += fmt::format(", {} impaired", value_of(voter.node));
    for (const auto& [peer, p] : x.peers())
      text += fmt::format("\n     {} {} match {} next {} offset {}/{}", value_of(peer.node),
                          p.now() == raft::progress::state::snapshot ? "snapshot" : "log",
                          p.match(), p.next(), p.offset, p.snapshot.size);
  }
  return text;
}

bool raft_simulation::converged() const {
  const raft_node* leader = nullptr;
  for (const auto& node : nodes_)
    if (node->running() && node->core().is_leader())
      leader = leader == nullptr ? node.get() : nullptr;
  if (leader == nullptr || leader->core().commit() < checks_.committed() ||
      leader->core().log().last() != leader->core().commit())
    return false;
  return std::ranges::all_of(nodes_, [&](const auto& node) {
    return node->running() && node->machine().index == leader->core().commit() &&
           node->machine().values == leader->machine().values;
  });
}

}  // namespace troupe::test
