#include "tests/support/runtime/raft_checks.hpp"

#include <fmt/format.h>

namespace troupe::test {

using raft::index_t;
using raft::replica_id;

namespace {

int node_of(const replica_id& x) { return value_of(x.node); }

}  // namespace

void raft_checks::violated(std::string what) {
  if (violation_.empty())
    violation_ = std::move(what);
}

void raft_checks::look_at(const raft_node& node) {
  const auto& x = node.core();
  if (x.is_leader())
    check_leader(x);
  check_commit(x);
  if (x.applied() > x.commit() || x.commit() > x.log().last())
    violated(fmt::format("node {}: applied {} committed {} of a log to {}", node_of(x.self()),
                         x.applied(), x.commit(), x.log().last()));
}

// Election safety, and leader completeness at the moment of the election.
void raft_checks::check_leader(const raft::core& x) {
  const auto [known, is_new] = leaders_.try_emplace(x.term(), x.self());
  if (known->second != x.self())
    return violated(fmt::format("election safety: {} and {} lead term {}", node_of(known->second),
                                node_of(x.self()), value_of(x.term())));
  if (!is_new)
    return;
  for (const auto& [index, entry] : committed_) {
    if (entry.by >= x.term() || index < x.log().first())
      continue;
    if (x.log().term_at(index) != entry.term)
      return violated(fmt::format(
          "leader completeness: {} leads term {} without entry {}@{}, "
          "committed in term {}",
          node_of(x.self()), value_of(x.term()), index, value_of(entry.term), value_of(entry.by)));
  }
}

// State machine safety: at every index one entry is committed.
void raft_checks::check_commit(const raft::core& x) {
  auto& seen = commit_seen_[x.self()];
  if (x.commit() < seen)
    seen = x.commit();  // it has started again
  for (auto i = std::max(seen + 1, x.log().first()); i <= x.commit(); ++i) {
    const auto term = *x.log().term_at(i);
    const auto [known, is_new] = committed_.try_emplace(i, committed_entry{term, x.term()});
    if (known->second.term != term)
      return violated(
          fmt::format("state machine safety: entry {} is {}@{} on node {} and of term "
                      "{} elsewhere",
                      i, i, value_of(term), node_of(x.self()), value_of(known->second.term)));
  }
  seen = x.commit();
}

// Log matching: index and term determine the entry and the one before it.
void raft_checks::stored(const raft_node& node, index_t from) {
  const auto& log = node.core().log();
  for (auto i = std::max(from, log.first()); i <= log.last(); ++i) {
    const auto& e = log.at(i);
    const auto content =
        std::hash<std::string_view>{}(as_text(e.view())) + static_cast<std::size_t>(e.kind);
    const written now{content, *log.term_at(i - 1)};
    const auto [known, is_new] = entries_.try_emplace({i, e.term}, now);
    if (known->second.content != now.content || known->second.before != now.before)
      return violated(fmt::format("log matching: two entries {}@{}, one on node {}", i,
                                  value_of(e.term), value_of(node.id())));
  }
}

void raft_checks::sent(const raft::message& m) {
  const auto* request = std::get_if<raft::vote_request>(&m.body);
  const auto* reply = std::get_if<raft::vote_reply>(&m.body);
  if ((request && request->pre) || (reply && reply->pre))
    return;
  auto& term = term_sent_[m.from];
  if (m.term < term)
    violated(fmt::format("node {} goes back from term {} to {}", node_of(m.from), value_of(term),
                         value_of(m.term)));
  term = m.term;
  std::optional<replica_id> vote;
  if (request)
    vote = m.from;
  if (reply && reply->granted)
    vote = m.to;
  if (!vote)
    return;
  const auto [known, is_new] = votes_.try_emplace({m.from, m.term}, *vote);
  if (known->second != *vote)
    violated(fmt::format("node {} votes for {} and for {} in term {}", node_of(m.from),
                         node_of(known->second), node_of(*vote), value_of(m.term)));
}

void raft_checks::applied(const raft_node& node) {
  const auto& machine = node.machine();
  const auto state = std::hash<std::string>{}(machine.values);
  const auto [known, is_new] = states_.try_emplace(machine.index, state);
  if (known->second != state)
    violated(fmt::format("state machine safety: node {} has another state after entry {}",
                         value_of(node.id()), machine.index));
}

}  // namespace troupe::test
