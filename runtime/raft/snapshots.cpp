// Snapshots (rule R45): a follower that needs what the log has forgotten is sent the state machine,
// chunk by chunk, each answered before the next. A transfer begins anew when the leader takes
// another snapshot; since that happens only after a log longer than the snapshot, it gets through.
#include "runtime/raft/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>

namespace troupe::raft {

snapshot_info core::snapshot_point() const {
  if (applied_ <= snapshot_.index)
    return snapshot_;
  snapshot_info at;
  at.index = applied_;
  at.term = *log_.term_at(applied_);
  at.voters = voters_.at(applied_);
  return at;
}

void core::compact(const snapshot_info& taken) {
  troupe_assert(taken.index <= applied_ || taken == snapshot_);
  if (taken.index <= snapshot_.index)
    return;
  snapshot_ = taken;
  voters_.compact(taken.index);
  log_.compact(taken.index, options_.trailing_bytes);
}

void core::send_chunk(const replica_id& to, progress& p) {
  if (p.snapshot != snapshot_)
    p.begin_snapshot(snapshot_);
  if (std::exchange(p.chunk_sent, true))
    return;
  p.chunk_beats = 0;
  snapshot_chunk chunk{snapshot_, p.offset, 0, nullptr};
  chunk.size = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(options_.chunk_bytes, snapshot_.size - p.offset));
  send(to, std::move(chunk));
}

void core::on(const message& m, const snapshot_reply& x) {
  const auto found = peers_.find(m.from);
  if (!is_leader() || found == peers_.end())
    return;
  auto& p = found->second;
  p.active = true;
  if (p.now() != progress::state::snapshot || x.index != p.snapshot.index)
    return;
  sends_due_ = true;
  if (x.installed) {
    if (p.accept(x.index))
      maybe_commit();
    return;
  }
  if (x.next_offset > p.snapshot.size)
    return;
  p.offset = x.next_offset;
  p.chunk_sent = false;
}

void core::reply_snapshot(const message& m, const snapshot_info& info) {
  const bool have = info.index <= commit_;
  const bool receiving = incoming_ && incoming_->info == info;
  send(m.from, snapshot_reply{info.index, receiving ? incoming_->received : 0, have});
}

void core::on(const message& m, const snapshot_chunk& x) {
  const auto size = x.data ? x.data->size() : 0;
  if (size != x.size || x.offset > x.info.size || size > x.info.size - x.offset ||
      x.info.term > m.term || (size == 0 && x.info.size != 0))
    return;
  hear_leader(m.from);
  // What is committed here equals the leader's log: there is nothing to install.
  const bool known = x.info.index <= commit_ && !broken(rule::r45_snapshot_over_committed);
  if (known || log_.matches(x.info.at())) {
    matched_ = std::max(matched_, x.info.index);
    move_commit(x.info.index);
    incoming_.reset();
    return reply_snapshot(m, x.info);
  }
  if (x.offset == 0 && !(incoming_ && incoming_->info == x.info))
    incoming_ = {x.info, 0, 0};
  if (!incoming_ || incoming_->info != x.info || x.offset != incoming_->received)
    return reply_snapshot(m, x.info);
  if (x.data)
    incoming_->crc = crc32c(*x.data, incoming_->crc);
  incoming_->received += size;
  next_.chunks.push_back(x);
  if (incoming_->received == x.info.size) {
    if (incoming_->crc == x.info.crc || broken(rule::r45_snapshot_unchecked))
      install(x.info);
    incoming_.reset();
  }
  reply_snapshot(m, x.info);
}

void core::install(const snapshot_info& info) {
  log_.reset(info.at());
  voters_.reset(info.index, info.voters);
  snapshot_ = info;
  commit_ = delivered_ = info.index;
  matched_ = std::max(matched_, info.index);
  next_.installed = info;
}

}  // namespace troupe::raft
