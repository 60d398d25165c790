// How a metadata store comes up: the part of metadata_store.hpp that reads.
#include "runtime/metadata/metadata_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace troupe {

namespace {

// Far above what the limits of topics and partitions allow.
constexpr std::size_t file_bytes_max = 1u << 30;
constexpr std::string_view journal_suffix = ".journal";

std::optional<std::int64_t> journal_number(std::string_view name) {
  if (name.size() != 20 + journal_suffix.size() || !name.ends_with(journal_suffix))
    return std::nullopt;
  std::int64_t number = 0;
  const auto [stop, code] = std::from_chars(name.data(), name.data() + 20, number);
  if (code != std::errc{} || stop != name.data() + 20)
    return std::nullopt;
  return number;
}

// Says where, and for damage what can be done about it.
error located(const error& cause, const std::string& path) {
  auto text = fmt::format("{}: {}", path, cause.message);
  if (cause.code == errc::damaged_data)
    text +=
        ". The broker does not start, because topics could be missing. Restore the directory "
        "'metadata' from a copy; or move it away to begin without topics, in which case the "
        "directories of partitions are set aside";
  return error{cause.code, std::move(text)};
}

}  // namespace

result<std::unique_ptr<metadata_store>> metadata_store::open(env& on, const std::string& data_dir,
                                                             const broker_metadata& self, rng& ids,
                                                             options limits) {
  const auto directory = data_dir + "/metadata";
  if (auto made = on.create_directory(directory); !made)
    return made.error();
  if (auto synced = on.sync_directory(data_dir); !synced)
    return synced.error();
  std::unique_ptr<metadata_store> store{new metadata_store{on, directory, self, limits}};
  if (auto done = store->recover(ids); !done)
    return done.error();
  store->durable_ = store->state_;
  return store;
}

result<void> metadata_store::recover(rng& ids) {
  const auto names = env_.list(directory_);
  if (!names)
    return names.error();
  for (const auto& name : *names) {
    if (const auto number = journal_number(name))
      journals_.push_back(*number);
    // What a crash left of a file that was being replaced.
    if (name.ends_with(temporary_suffix))
      if (auto removed = env_.remove_file(directory_ + "/" + name); !removed)
        return removed;
  }
  std::ranges::sort(journals_);
  current_.number = journals_.empty() ? 0 : journals_.back();
  const bool known = std::ranges::find(*names, "snapshot") != names->end();
  return known ? replay() : begin_anew(ids);
}

// The very first start, or one that a crash interrupted.
result<void> metadata_store::begin_anew(rng& ids) {
  for (const auto number : journals_) {
    const auto content = read_file(env_, journal_path(number), file_bytes_max);
    if (!content)
      return content.error();
    if (content->size() > journal_header_size)
      return located(error{errc::damaged_data, "there are changes and no snapshot before them"},
                     directory_ + "/snapshot");
  }
  state_ = make_metadata_state(random_uuid(ids), self_);
  return compact_now();
}

result<void> metadata_store::replay() {
  const auto path = directory_ + "/snapshot";
  const auto content = read_file(env_, path, file_bytes_max);
  if (!content)
    return located(content.error(), path);
  auto snapshot = decode_snapshot(*content, self_);
  if (!snapshot)
    return located(snapshot.error(), path);
  snapshot_bytes_ = content->size();
  state_ = std::move(snapshot->state);
  next_sequence_ = snapshot->sequence;

  std::vector<metadata_change> changes;
  std::size_t entry_bytes = 0;
  const auto last = std::max(current_.number, snapshot->first_journal);
  for (auto number = snapshot->first_journal; number <= last; ++number) {
    auto done = replay_journal(number, changes);
    if (!done)
      return located(done.error(), journal_path(number));
    entry_bytes += *done;
  }
  auto now = apply_changes(state_, changes);
  if (!now)
    return located(now.error(), directory_);
  state_ = std::move(*now);
  if (entry_bytes != 0 || journals_.size() != 1)
    return compact_now();
  auto opened = open_journal(current_.number);
  if (!opened)
    return opened.error();
  current_ = std::move(*opened);
  return {};
}

// Returns how many bytes follow the header.
result<std::size_t> metadata_store::replay_journal(std::int64_t number,
                                                   std::vector<metadata_change>& into) {
  if (!std::ranges::binary_search(journals_, number))
    return error{errc::damaged_data, "the journal is missing"};
  const auto content = read_file(env_, journal_path(number), file_bytes_max);
  if (!content)
    return content.error();
  const auto durable = decode_journal_header(*content, number);
  if (!durable)
    return durable.error();
  if (content->size() < *durable)
    return error{errc::damaged_data,
                 fmt::format("the journal has {} bytes, {} of them were on disk once",
                             content->size(), *durable)};
  std::size_t at = journal_header_size;
  while (at < content->size()) {
    auto entry = decode_entry(byte_view{*content}.subspan(at));
    if (!entry && entry.error().code != errc::damaged_data)
      return entry.error();
    const bool gap = entry && entry->sequence > next_sequence_;
    if ((gap && at == journal_header_size) || ((gap || !entry) && at < *durable))
      return error{
          errc::damaged_data,
          fmt::format("at byte {}: {}", at, gap ? "changes are missing" : entry.error().message)};
    if (gap || !entry) {
      remarks_.push_back(fmt::format("{}: cut {} bytes that were never acknowledged",
                                     journal_path(number), content->size() - at));
      break;
    }
    at += entry->size;
    if (entry->sequence < next_sequence_)
      continue;
    into.push_back(std::move(entry->change));
    ++next_sequence_;
  }
  return content->size() - journal_header_size;
}

// Everything into a new snapshot, with an empty journal behind it.
result<void> metadata_store::compact_now() {
  const auto work = make_compaction(current_.number + 1);
  if (auto done = work.run(); !done)
    return done;
  journals_ = {work.new_journal};
  auto opened = open_journal(work.new_journal);
  if (!opened)
    return opened.error();
  current_ = std::move(*opened);
  return {};
}

}  // namespace troupe
