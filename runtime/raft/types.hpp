// The nouns of the replicated log (Raft: Ongaro's thesis, with pre-vote, check-quorum and voter
// changes one at a time). All are values without behaviour.
#pragma once

#include "runtime/base/types.hpp"

#include <memory>
#include <optional>

namespace troupe::raft {

/// Position of an entry, from 1. Ranges are closed unless a name says otherwise.
using index_t = std::int64_t;
/// "Before the first entry".
inline constexpr index_t no_index = 0;

/// Counts elections; each term has one leader at most. Never goes back on a node.
enum class term_t : std::int64_t {};
inline constexpr term_t no_term{0};
constexpr std::int64_t value_of(term_t x) { return static_cast<std::int64_t>(x); }
constexpr term_t next(term_t x) { return term_t{value_of(x) + 1}; }

/// Names a disk: random, made together with the directory. A node that lost its disk comes back
/// with another one and is another replica, so it cannot vote twice in a term (rule R44).
enum class directory_id : std::uint64_t {};
/// As an addressee: whatever directory the node has. Never part of a replica that votes.
inline constexpr directory_id any_directory{0};

/// Who takes part: a node together with its disk.
struct replica_id {
  node_id node{};
  directory_id directory{};

  auto operator<=>(const replica_id&) const = default;
};

/// Immutable bytes that entries in the log, in messages and in a ready_work share.
using shared_bytes = std::shared_ptr<const bytes>;
inline shared_bytes share(bytes x) { return std::make_shared<const bytes>(std::move(x)); }

enum class entry_kind : std::uint8_t {
  data = 0,        ///< of the state machine
  term_start = 1,  ///< the first of every leader; empty
  voters = 2,      ///< a voter_set, in force from the moment it is in a log
};

struct entry {
  index_t index = no_index;
  term_t term = no_term;
  entry_kind kind = entry_kind::data;
  shared_bytes data;  ///< null is empty

  byte_view view() const { return data ? byte_view{*data} : byte_view{}; }
  /// What it counts against limits of bytes.
  std::size_t size() const { return 32 + view().size(); }
};

/// An entry by its name: index and term determine the content (log matching).
struct position {
  index_t index = no_index;
  term_t term = no_term;

  auto operator<=>(const position&) const = default;
};

/// What must be on disk before anybody hears of it (rule R41).
struct hard_state {
  term_t term = no_term;
  std::optional<replica_id> vote;  ///< in that term

  bool operator==(const hard_state&) const = default;
};

/// The log was damaged below what this replica may have acknowledged (rule S5). It votes and leads
/// again once it holds, from a leader, all up to `up_to`, or an entry of a term later than `since`:
/// such a leader has everything that was committed before it.
struct damage {
  index_t up_to = no_index;
  term_t since = no_term;  ///< the term in which the damage was found

  bool operator==(const damage&) const = default;
};

}  // namespace troupe::raft
