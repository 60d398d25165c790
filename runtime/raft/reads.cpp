// Linearizable reads: the commit index of a leader, once a majority has confirmed that it was still
// the leader after the read had come.
#include "runtime/raft/core.hpp"

#include "runtime/base/mutants.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::raft {

result<void> core::read_index(std::uint64_t context) {
  if (!is_leader())
    return not_leading();
  if (!commits_own_term())
    return error{errc::leader_not_available,
                 fmt::format("node {} leads term {} and does not know yet what is committed",
                             value_of(self_.node), value_of(state_.term))};
  if (reads_.size() >= options_.reads)
    return error{errc::overloaded, fmt::format("{} reads wait already", reads_.size())};
  reads_.push_back({context, commit_, ++round_});
  beats_due_ = true;
  release_reads();
  return {};
}

void core::release_reads() {
  const auto confirmed = voters().reached_by_majority([this](const replica_id& x) {
    if (x == self_)
      return INT64_MAX;
    const auto found = peers_.find(x);
    return found == peers_.end() ? std::int64_t{0} : static_cast<std::int64_t>(found->second.round);
  });
  const auto waits = std::ranges::find_if(reads_, [&](const pending_read& x) {
    return static_cast<std::int64_t>(x.round) > confirmed && !broken(rule::raft_read_without_round);
  });
  for (auto it = reads_.begin(); it != waits; ++it)
    next_.reads.push_back({it->context, it->index});
  reads_.erase(reads_.begin(), waits);
}

void core::drop_reads() {
  for (const auto& x : reads_)
    next_.reads.push_back({x.context, std::nullopt});
  reads_.clear();
}

}  // namespace troupe::raft
