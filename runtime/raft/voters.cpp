#include "runtime/raft/voters.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"
#include "runtime/metadata/field_io.hpp"

#include <algorithm>

namespace troupe::raft {

voter_set::voter_set(std::vector<replica_id> members) : members_(std::move(members)) {
  std::ranges::sort(members_);
  const auto same_node = [](const auto& a, const auto& b) { return a.node == b.node; };
  troupe_assert(std::ranges::adjacent_find(members_, same_node) == members_.end());
}

bool voter_set::contains(const replica_id& x) const {
  return std::ranges::binary_search(members_, x);
}

const replica_id* voter_set::find(node_id node) const {
  const auto found = std::ranges::find(members_, node, &replica_id::node);
  return found == members_.end() ? nullptr : &*found;
}

voter_set voter_set::with(const replica_id& x) const {
  auto members = members_;
  members.push_back(x);
  return voter_set{std::move(members)};
}

voter_set voter_set::without(const replica_id& x) const {
  auto members = members_;
  std::erase(members, x);
  return voter_set{std::move(members)};
}

std::int64_t voter_set::reached_by_majority(
    const std::function<std::int64_t(const replica_id&)>& of) const {
  if (empty())
    return 0;
  std::vector<std::int64_t> values;
  for (const auto& member : members_)
    values.push_back(of(member));
  std::ranges::sort(values, std::greater{});
  return values[majority() - 1];
}

bool voter_set::majority_of(const std::function<bool(const replica_id&)>& holds) const {
  const auto n = std::ranges::count_if(members_, [&](const auto& x) { return holds(x); });
  return static_cast<std::size_t>(n) >= majority();
}

bytes voter_set::encode() const {
  field_writer out;
  out.put(static_cast<std::int32_t>(members_.size()));
  for (const auto& member : members_) {
    out.put(value_of(member.node));
    out.put(static_cast<std::uint64_t>(member.directory));
  }
  return out.take();
}

result<voter_set> voter_set::decode(byte_view data) {
  field_reader from{data};
  voter_set set;
  for (auto left = from.count(); left > 0; --left) {
    replica_id member;
    member.node = node_id{from.number<std::int32_t>()};
    member.directory = directory_id{from.number<std::uint64_t>()};
    const bool ascends = set.empty() || set.members_.back().node < member.node;
    if (!ascends || member.directory == any_directory)
      return error{errc::damaged_data, "a set of voters is not in order"};
    set.members_.push_back(member);
  }
  if (!from.at_end())
    return error{errc::damaged_data, "a set of voters does not have its fields"};
  return set;
}

std::string to_string(const voter_set& x) {
  std::string text;
  for (const auto& member : x)
    text += (text.empty() ? "" : " ") + std::to_string(value_of(member.node));
  return text;
}

// -- history ------------------------------------------------------------------

void voter_history::reset(index_t since, voter_set voters) {
  sets_.clear();
  sets_.push_back({since, std::move(voters)});
}

void voter_history::add(index_t since, voter_set voters) {
  troupe_assert(since > latest_index(), "{} {}", since, latest_index());
  sets_.push_back({since, std::move(voters)});
}

void voter_history::truncate_from(index_t from) {
  if (broken(rule::r44_keep_voters_on_truncate)) {
    // So that the next one can be added.
    while (sets_.size() > 1 && sets_.back().since >= from) {
      sets_[sets_.size() - 2].voters = sets_.back().voters;
      sets_.pop_back();
    }
    return;
  }
  while (sets_.size() > 1 && sets_.back().since >= from)
    sets_.pop_back();
}

void voter_history::compact(index_t upto) {
  const auto later = std::ranges::find_if(sets_, [&](const auto& x) { return x.since > upto; });
  if (later - sets_.begin() > 1)
    sets_.erase(sets_.begin(), later - 1);
}

const voter_set& voter_history::at(index_t index) const {
  const auto later = std::ranges::find_if(sets_, [&](const auto& x) { return x.since > index; });
  troupe_assert(later != sets_.begin(), "no voters are known at {}", index);
  return (later - 1)->voters;
}

bool voter_history::contained_since(index_t index, const replica_id& who) const {
  const auto later = std::ranges::find_if(sets_, [&](const auto& x) { return x.since > index; });
  troupe_assert(later != sets_.begin(), "no voters are known at {}", index);
  return std::any_of(later - 1, sets_.end(), [&](const auto& x) { return x.voters.contains(who); });
}

}  // namespace troupe::raft
