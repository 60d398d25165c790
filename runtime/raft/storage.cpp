#include "runtime/raft/storage.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"
#include "runtime/raft/file_head.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>

namespace troupe::raft {

std::string storage::path(std::string_view name) const {
  return fmt::format("{}/{}", directory_, name);
}

link storage::end() const {
  return segments_.empty() ? link{snapshot_.at(), 0} : segments_.back().end();
}

error storage::poison(const error& cause) {
  poisoned_ = true;
  return {errc::storage_error, fmt::format("the metadata log failed: {}", cause.message)};
}

error storage::poisoned_before() const {
  return {errc::storage_error, "the metadata log has failed before"};
}

result<restored_log> storage::found_cluster(const voter_set& voters) {
  const bool fresh = state_.hard.term <= term_t{1} && !state_.hard.vote && !state_.damage;
  if (!fresh || end().at.index != no_index)
    return error{errc::conflict, fmt::format("{} holds a metadata log already", directory_)};
  ready_work work;
  work.state = hard_state{term_t{1}, std::nullopt};
  work.entries = {{1, term_t{1}, entry_kind::voters, share(voters.encode())}};
  if (auto done = persist(work); !done)
    return done.error();
  return restored_log{state_.self, state_.hard, {}, {}, std::move(work.entries), {}};
}

// -- what a core wants on disk ------------------------------------------------

result<void> storage::persist(const ready_work& work) {
  if (poisoned_)
    return poisoned_before();
  if (work.state)
    if (auto done = write_state({state_.self, *work.state, state_.damage}); !done)
      return done;
  for (const auto& chunk : work.chunks)
    if (auto done = take_chunk(chunk); !done)
      return done;
  if (work.installed && snapshot_ != *work.installed)
    if (auto done = install(*work.installed); !done)
      return done;
  if (!work.entries.empty()) {
    if (work.entries.front().index <= end().at.index)
      if (auto done = cut_from(work.entries.front().index); !done)
        return done;
    if (auto done = append(work.entries); !done)
      return done;
    if (auto done = sync_log(); !done)
      return done;
  }
  if (work.repaired)
    return write_state({state_.self, state_.hard, std::nullopt});
  return {};
}

result<void> storage::write_state(const stored_state& to) {
  if (to == state_)
    return {};
  if (auto done = state_file_.store(env_, path("state"), to); !done)
    return poison(done.error());
  state_ = to;
  return {};
}

result<void> storage::append(std::span<const entry> entries) {
  if (segments_.empty() || segments_.back().size() > options_.segment_bytes)
    if (auto done = roll(); !done)
      return done;
  auto done = segments_.back().append(entries);
  if (!done && done.error().code != errc::disk_full)
    return poison(done.error());
  return done;
}

// The one before is synced first, so that only the last can end torn.
result<void> storage::roll() {
  const auto previous = end();
  if (!segments_.empty())
    if (auto done = segments_.back().sync(); !done)
      return poison(done.error());
  const auto name = numbered_name(previous.at.index + 1, segment_suffix);
  auto created = segment::create(env_, path(name), previous);
  if (!created)
    return created.error().code == errc::disk_full ? created.error() : poison(created.error());
  segments_.push_back(std::move(*created));
  names_changed_ = true;
  return {};
}

result<void> storage::sync_log() {
  if (!broken(rule::r42_ack_before_disk)) {
    if (auto done = segments_.back().sync(); !done)
      return poison(done.error());
    if (std::exchange(names_changed_, false))
      if (auto done = env_.sync_directory(directory_); !done)
        return poison(done.error());
  }
  // Not synced itself: the next one is, and an older mark is true as well.
  durable_ = end().at.index;
  if (auto done = mark_file_.store(env_, path("durable"), {.end = durable_ + 1}); !done)
    return poison(done.error());
  return {};
}

// Before anything below the mark is taken away, or it would look like damage.
result<void> storage::lower_mark(index_t to) {
  if (durable_ <= to)
    return {};
  durable_ = to;
  if (auto done = mark_file_.store_everywhere(env_, path("durable"), {.end = to + 1}); !done)
    return poison(done.error());
  return {};
}

result<void> storage::cut_from(index_t from) {
  if (auto done = lower_mark(from - 1); !done)
    return done;
  while (!segments_.empty() && segments_.back().first() >= from && segments_.size() > 1) {
    if (auto done = remove(numbered_name(segments_.back().first(), segment_suffix)); !done)
      return done;
    segments_.pop_back();
  }
  troupe_assert(!segments_.empty() && segments_.back().first() <= from, "{}", from);
  if (auto done = segments_.back().cut_from(from); !done)
    return poison(done.error());
  return {};
}

result<void> storage::remove(const std::string& name) {
  if (auto done = env_.remove_file(path(name)); !done)
    return poison(done.error());
  names_changed_ = true;
  return {};
}

// -- snapshots ----------------------------------------------------------------

result<void> storage::take_chunk(const snapshot_chunk& chunk) {
  const auto head = encode_snapshot_head(chunk.info);
  if (chunk.offset == 0) {
    auto handle = env_.open(path(incoming_name), open_mode::create);
    if (!handle)
      return poison(handle.error());
    incoming_ = std::move(*handle);
    if (auto done = incoming_->truncate(0); !done)
      return poison(done.error());
    const byte_view parts[] = {head};
    if (auto done = incoming_->write_at(0, parts); !done)
      return done.error().code == errc::disk_full ? done : poison(done.error());
  }
  troupe_assert(incoming_ != nullptr);
  const byte_view parts[] = {chunk.data ? byte_view{*chunk.data} : byte_view{}};
  if (auto done = incoming_->write_at(head.size() + chunk.offset, parts); !done)
    return done.error().code == errc::disk_full ? done : poison(done.error());
  return {};
}

result<void> storage::install(const snapshot_info& info) {
  troupe_assert(incoming_ != nullptr);
  if (auto done = lower_mark(info.index); !done)
    return done;
  if (auto done = incoming_->sync(); !done)
    return poison(done.error());
  incoming_.reset();
  const auto name = numbered_name(info.index, snapshot_suffix);
  if (auto done = env_.rename(path(incoming_name), path(name)); !done)
    return poison(done.error());
  // The snapshot must be there for certain before the log that it replaces goes.
  if (auto done = env_.sync_directory(directory_); !done)
    return poison(done.error());
  for (const auto& old : segments_)
    if (auto done = remove(numbered_name(old.first(), segment_suffix)); !done)
      return done;
  segments_.clear();
  if (auto done = adopt_snapshot(info); !done)
    return done;
  durable_ = info.index;
  if (auto done = mark_file_.store(env_, path("durable"), {.end = durable_ + 1}); !done)
    return poison(done.error());
  return {};
}

// The one before is of no use any more.
result<void> storage::adopt_snapshot(const snapshot_info& info) {
  const auto before = std::exchange(snapshot_, info);
  if (before.index != no_index && before.index != info.index)
    if (auto done = remove(numbered_name(before.index, snapshot_suffix)); !done)
      return done;
  if (auto done = env_.sync_directory(directory_); !done)
    return poison(done.error());
  names_changed_ = false;
  return {};
}

result<snapshot_info> storage::save_snapshot(const snapshot_info& at, byte_view content) {
  if (poisoned_)
    return poisoned_before();
  if (at.index <= snapshot_.index)
    return snapshot_;
  auto info = at;
  info.size = content.size();
  info.crc = crc32c(content);
  auto whole = encode_snapshot_head(info);
  whole.insert(whole.end(), content.begin(), content.end());
  const auto to = path(numbered_name(info.index, snapshot_suffix));
  if (auto done = write_file_atomically(env_, to, whole); !done)
    return done.error().code == errc::disk_full ? done.error() : poison(done.error());
  if (auto done = adopt_snapshot(info); !done)
    return done.error();
  return info;
}

result<void> storage::forget_before(index_t keep_from) {
  if (poisoned_)
    return poisoned_before();
  const auto wanted = std::min(keep_from, snapshot_.index + 1);
  std::size_t n = 0;
  while (n + 1 < segments_.size() && segments_[n].last() < wanted)
    ++n;
  for (std::size_t i = 0; i < n; ++i)
    if (auto done = remove(numbered_name(segments_[i].first(), segment_suffix)); !done)
      return done;
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(n));
  if (n == 0)
    return {};
  names_changed_ = false;
  if (auto done = env_.sync_directory(directory_); !done)
    return poison(done.error());
  return {};
}

result<bytes> storage::read_snapshot() const {
  if (snapshot_.index == no_index)
    return error{errc::not_found, "there is no snapshot yet"};
  return read_snapshot_content(env_, path(numbered_name(snapshot_.index, snapshot_suffix)));
}

result<void> storage::fill(snapshot_chunk& chunk) const {
  if (chunk.info != snapshot_)
    return error{errc::not_found, "another snapshot has taken the place of this one"};
  auto handle =
      env_.open(path(numbered_name(snapshot_.index, snapshot_suffix)), open_mode::read_only);
  if (!handle)
    return handle.error();
  bytes data(chunk.size);
  const auto got = (*handle)->read_at(encode_snapshot_head(chunk.info).size() + chunk.offset, data);
  if (!got)
    return got.error();
  if (*got != data.size())
    return error{errc::damaged_data, "the snapshot is shorter than it was"};
  chunk.data = share(std::move(data));
  return {};
}

std::uint64_t storage::bytes_on_disk() const {
  auto sum = snapshot_.size;
  for (const auto& x : segments_)
    sum += x.size();
  return sum;
}

}  // namespace troupe::raft
