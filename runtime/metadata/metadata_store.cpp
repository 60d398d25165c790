#include "runtime/metadata/metadata_store.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace troupe {

std::string metadata_store::journal_path(std::int64_t number) const {
  return fmt::format("{}/{:020}.journal", directory_, number);
}

error metadata_store::poison(const error& cause) {
  poisoned_ = true;
  return error{errc::storage_error, fmt::format("the metadata journal failed: {}", cause.message)};
}

result<void> metadata_store::append(std::span<const metadata_change> changes) {
  if (poisoned_)
    return error{errc::storage_error, "the metadata journal has failed before"};
  auto next = apply_changes(state_, changes);
  if (!next)
    return next.error();
  adopt_next_journal();
  if (poisoned_)
    return error{errc::storage_error, "the next metadata journal cannot be opened"};
  bytes entries;
  auto sequence = next_sequence_;
  for (const auto& change : changes)
    encode_entry(change, sequence++, entries);
  const byte_view parts[] = {entries};
  if (auto written = current_.handle->write_at(current_.end, parts); !written) {
    // Of a full disk we know that earlier entries are untouched, once the rest is cut off.
    if (written.error().code == errc::disk_full && current_.handle->truncate(current_.end))
      return written;
    return poison(written.error());
  }
  current_.end += entries.size();
  next_sequence_ = sequence;
  state_ = std::move(*next);
  return {};
}

std::optional<sync_ticket> metadata_store::begin_sync() {
  troupe_assert(!sync_.running);
  if (poisoned_ || current_.end == current_.synced)
    return std::nullopt;
  sync_ = {true, current_.end, state_};
  return sync_ticket{next_sequence_, {current_.handle}, {}};
}

void metadata_store::end_sync(const result<void>& outcome) {
  troupe_assert(sync_.running);
  sync_.running = false;
  auto state = std::move(sync_.state);
  if (!outcome) {
    poisoned_ = true;
    return;
  }
  current_.synced = sync_.end;
  durable_ = std::move(state);
  const auto mark = encode_mark(current_.synced);
  const byte_view parts[] = {mark};
  if (!current_.handle->write_at(mark_position(current_.marks++), parts))
    poisoned_ = true;
}

std::optional<metadata_compaction> metadata_store::begin_compaction() {
  const auto due = std::max<std::uint64_t>(limits_.journal_bytes, snapshot_bytes_);
  if (poisoned_ || compacting_to_ || next_journal_ || current_.end != current_.synced ||
      current_.end <= due)
    return std::nullopt;
  // The present journal goes on taking changes meanwhile, so the new snapshot needs it.
  auto work = make_compaction(current_.number);
  compacting_to_ = work.new_journal;
  return work;
}

void metadata_store::end_compaction(const result<void>& outcome) {
  troupe_assert(compacting_to_.has_value());
  // After a failure the new snapshot may be in force or not: both go with all journals there are.
  if (outcome) {
    next_journal_ = compacting_to_;
    journals_ = {current_.number, *compacting_to_};
  }
  compacting_to_.reset();
}

// Only when all of the present one is durable, so that no journal but the last can end torn.
void metadata_store::adopt_next_journal() {
  if (!next_journal_ || sync_.running || current_.end != current_.synced)
    return;
  auto opened = open_journal(*next_journal_);
  next_journal_.reset();
  if (opened)
    current_ = std::move(*opened);
  else
    poisoned_ = true;
}

metadata_compaction metadata_store::make_compaction(std::int64_t first_journal) {
  metadata_compaction work;
  work.on = &env_;
  work.directory = directory_;
  work.snapshot = encode_snapshot({state_, next_sequence_, first_journal}, self_.id);
  work.new_journal = current_.number + 1;
  for (auto number : journals_)
    if (number < first_journal)
      work.obsolete.push_back(journal_path(number));
  snapshot_bytes_ = work.snapshot.size();
  return work;
}

result<metadata_store::journal> metadata_store::open_journal(std::int64_t number) const {
  auto opened = env_.open(journal_path(number), open_mode::read_write);
  if (!opened)
    return opened.error();
  journal fresh;
  fresh.handle = std::move(*opened);
  fresh.number = number;
  return fresh;
}

result<void> metadata_compaction::run() const {
  const auto journal = fmt::format("{}/{:020}.journal", directory, new_journal);
  // The journal first: a snapshot names the journals it needs.
  if (auto made = write_file_atomically(*on, journal, encode_journal_header(new_journal)); !made)
    return made;
  if (auto made = write_file_atomically(*on, directory + "/snapshot", snapshot); !made)
    return made;
  for (const auto& path : obsolete) {
    const auto there = on->exists(path);  // an attempt before may have removed it
    if (!there)
      return there.error();
    if (!*there)
      continue;
    if (auto removed = on->remove_file(path); !removed)
      return removed;
  }
  return on->sync_directory(directory);
}

}  // namespace troupe
