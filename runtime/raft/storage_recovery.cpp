// How a storage comes up: the part of storage.hpp that reads.
//
// `sure` is how far the log must reach: the durable mark, and every snapshot there is a file of.
// What the files hold whole and linked ends at `end`. end >= sure: whatever is behind is a torn
// tail, or left over from before a truncation, and goes. end < sure: damage.
#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"
#include "runtime/raft/file_head.hpp"
#include "runtime/raft/storage.hpp"

#include <algorithm>

namespace troupe::raft {

namespace {

constexpr std::string_view damaged_suffix = ".damaged";

bool has_log(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& x) {
    return x.ends_with(segment_suffix) || x.ends_with(snapshot_suffix) ||
           x.ends_with(damaged_suffix);
  });
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

/// One run of a recovery. Every step leaves files that a next run understands.
class recovery {
 public:
  explicit recovery(storage& of) : files_(of) {}

  result<void> run(node_id self, rng& ids);
  restored_log take_log();
  std::vector<std::string> take_remarks() { return std::move(remarks_); }

 private:
  struct scanned {
    index_t first = no_index;
    std::string name;
    bytes content;
    std::size_t good = 0;  ///< bytes
  };

  result<void> read_names();
  result<void> read_state(node_id self, rng& ids);
  result<void> begin_anew(node_id self, rng& ids);
  result<void> read_mark();
  result<void> choose_snapshot();
  result<void> scan_segments();
  result<bool> scan(scanned& file);
  void drop_chain(std::vector<scanned>& into);
  void judge_log();
  result<void> note_damage();
  result<void> set_aside(const scanned& file);
  result<void> tidy_segments();
  result<void> tidy_snapshots();
  bool fits_snapshot() const;
  link end() const { return chain_.empty() ? link{snapshot_.at(), 0} : end_; }

  storage& files_;
  std::vector<std::string> names_;
  std::vector<std::string> remarks_;
  index_t sure_ = no_index;
  bool damaged_ = false;
  snapshot_info snapshot_;
  std::vector<std::string> bad_snapshots_;
  std::vector<scanned> chain_;  ///< segments in use
  std::vector<scanned> rest_;   ///< those behind the chain, or not linked to it
  std::vector<scanned> early_;  ///< those the snapshot has made superfluous
  link begin_;                  ///< before the first entry of the chain
  link end_;                    ///< after its last
  std::vector<link> ends_;      ///< after each entry
  std::vector<std::size_t> sizes_;
  std::vector<entry> entries_;
};

result<storage::opened> storage::open(env& on, const std::string& directory, node_id self, rng& ids,
                                      storage_options how) {
  if (auto made = on.create_directory(directory); !made)
    return made.error();
  if (auto synced = on.sync_directory(parent_of(directory)); !synced)
    return synced.error();
  std::unique_ptr<storage> files{new storage{on, directory, how}};
  recovery work{*files};
  if (auto done = work.run(self, ids); !done)
    return done.error();
  opened ready;
  ready.log = work.take_log();
  ready.files = std::move(files);
  ready.remarks = work.take_remarks();
  return ready;
}

result<void> recovery::run(node_id self, rng& ids) {
  if (auto done = read_names(); !done)
    return done;
  if (auto done = read_state(self, ids); !done)
    return done;
  if (auto done = read_mark(); !done)
    return done;
  if (auto done = choose_snapshot(); !done)
    return done;
  if (auto done = scan_segments(); !done)
    return done;
  judge_log();
  if (damaged_)
    if (auto done = note_damage(); !done)
      return done;
  if (auto done = tidy_segments(); !done)
    return done;
  if (auto done = tidy_snapshots(); !done)
    return done;
  if (auto done = files_.env_.sync_directory(files_.directory_); !done)
    return done;
  files_.snapshot_ = snapshot_;
  files_.durable_ = files_.end().at.index;
  return files_.mark_file_.store_everywhere(files_.env_, files_.path("durable"),
                                            {.end = files_.durable_ + 1});
}

restored_log recovery::take_log() {
  const auto base = chain_.empty() ? snapshot_.at() : begin_.at;
  return {files_.state_.self,  files_.state_.hard,  snapshot_, base,
          std::move(entries_), files_.state_.damage};
}

// -- what is there --------------------------------------------------------------
result<void> recovery::read_names() {
  auto names = files_.env_.list(files_.directory_);
  if (!names)
    return names.error();
  for (auto& name : *names) {
    // What a crash left of a file that was being made.
    if (name.ends_with(temporary_suffix)) {
      if (auto removed = files_.env_.remove_file(files_.path(name)); !removed)
        return removed;
      continue;
    }
    names_.push_back(std::move(name));
  }
  return {};
}

result<void> recovery::read_state(node_id self, rng& ids) {
  auto state = files_.state_file_.load(files_.env_, files_.path("state"));
  const bool lost =
      !state && (state.error().code == errc::not_found || state.error().code == errc::damaged_data);
  // With another directory id it is another replica, so nothing can be broken by beginning anew.
  if (lost && !has_log(names_))
    return begin_anew(self, ids);
  if (lost)
    return error{errc::damaged_data,
                 fmt::format("{}: {}. Term and vote of this replica are lost, so it must not take "
                             "part any more. Remove it from the voters, move the directory away "
                             "and start again: it then comes back as a new replica",
                             files_.path("state"), state.error().message)};
  if (!state)
    return state.error();
  if (state->self.node != self)
    return error{errc::invalid_config,
                 fmt::format("{} belongs to node {}, this is node {}; start with that node-id or "
                             "another directory",
                             files_.directory_, value_of(state->self.node), value_of(self))};
  files_.state_ = std::move(*state);
  // What was read may be in the page cache alone, after a sync that failed; nobody may act on it.
  return files_.state_file_.store(files_.env_, files_.path("state"), files_.state_);
}

// The mark before the state: where there is a state, there was a mark.
result<void> recovery::begin_anew(node_id self, rng& ids) {
  const auto mark = files_.mark_file_.store_everywhere(files_.env_, files_.path("durable"),
                                                       {.end = no_index + 1});
  if (!mark)
    return mark.error();
  if (auto synced = files_.env_.sync_directory(files_.directory_); !synced)
    return synced;
  stored_state state;
  do
    state.self = {self, directory_id{ids.next()}};
  while (state.self.directory == any_directory);
  files_.state_ = state;
  return files_.state_file_.store(files_.env_, files_.path("state"), state);
}

result<void> recovery::read_mark() {
  const auto loaded = files_.mark_file_.load(files_.env_, files_.path("durable"));
  if (!loaded)
    return loaded.error();
  if (loaded->mark) {
    sure_ = loaded->mark->end - 1;
    return {};
  }
  remarks_.push_back(
      fmt::format("{}: how far the log was synced is lost; all of it is taken as "
                  "possibly damaged",
                  files_.path("durable")));
  sure_ = INT64_MAX;
  return {};
}

result<void> recovery::choose_snapshot() {
  for (const auto& name : names_) {
    const auto index = number_of(name, snapshot_suffix);
    if (!index)
      continue;
    sure_ = std::max(sure_, *index);
    auto info = check_snapshot(files_.env_, files_.path(name));
    if (!info && info.error().code != errc::damaged_data)
      return info.error();
    if (info && info->index == *index) {
      snapshot_ = std::move(*info);
      continue;
    }
    bad_snapshots_.push_back(name);
    remarks_.push_back(
        fmt::format("{}: {}", files_.path(name),
                    info ? "it is another one than its name says" : info.error().message));
  }
  return {};
}

// -- the chain of segments ------------------------------------------------------

result<void> recovery::scan_segments() {
  bool linked = true;
  for (const auto& name : names_) {
    const auto first = number_of(name, segment_suffix);
    if (!first)
      continue;
    auto content = read_file(files_.env_, files_.path(name), segment_bytes_max);
    if (!content)
      return content.error();
    scanned file{*first, name, std::move(*content), 0};
    // A removal that a crash undid may have left a hole before it; nothing there is needed.
    if (*first <= snapshot_.index + 1) {
      drop_chain(early_);
      linked = true;
    }
    if (linked) {
      auto whole = scan(file);
      if (!whole)
        return whole.error();
      linked = *whole;
    }
    (file.good > 0 ? chain_ : rest_).push_back(std::move(file));
  }
  return {};
}

void recovery::drop_chain(std::vector<scanned>& into) {
  std::ranges::move(chain_, std::back_inserter(into));
  std::ranges::move(rest_, std::back_inserter(into));
  chain_.clear();
  rest_.clear();
  ends_.clear();
  sizes_.clear();
  entries_.clear();
}

// Takes the records of one segment; false when what follows cannot be linked to it.
result<bool> recovery::scan(scanned& file) {
  const byte_view data = file.content;
  const auto head = decode_segment_head(data, file.first);
  if (!head && head.error().code != errc::damaged_data)
    return head.error();
  if (!head) {
    remarks_.push_back(fmt::format("{}: {}", files_.path(file.name), head.error().message));
    return false;
  }
  const bool starts = chain_.empty();
  if (starts && head->at.index > snapshot_.index)
    return false;
  const bool follows = broken(rule::raft_record_chain) ? head->at == end().at : *head == end();
  if (!starts && !follows)
    return false;
  if (starts)
    begin_ = *head;
  auto previous = *head;
  file.good = segment_head_size;
  while (file.good < data.size()) {
    auto record = decode_record(data.subspan(file.good), previous);
    if (!record) {
      remarks_.push_back(fmt::format("{} at byte {}: {}", files_.path(file.name), file.good,
                                     record.error().message));
      break;
    }
    previous = record->end;
    file.good += record->size;
    ends_.push_back(record->end);
    sizes_.push_back(record->size);
    entries_.push_back(std::move(record->content));
  }
  end_ = previous;
  return file.good == data.size();
}

bool recovery::fits_snapshot() const {
  if (chain_.empty())
    return false;
  if (begin_.at.index >= snapshot_.index)
    return begin_.at == snapshot_.at();
  const auto slot = static_cast<std::size_t>(snapshot_.index - begin_.at.index - 1);
  return slot < entries_.size() && entries_[slot].term == snapshot_.term;
}

void recovery::judge_log() {
  // A crash came after a snapshot was installed and before the log it replaces was gone.
  if (!fits_snapshot()) {
    std::vector<scanned> all;
    drop_chain(all);
    rest_ = std::move(all);
  }
  damaged_ = end().at.index < sure_ && !broken(rule::s5_damage_is_torn_tail);
}

// On disk before anything is cut, so that no crash makes this replica forget it.
result<void> recovery::note_damage() {
  auto harm = files_.state_.damage.value_or(damage{});
  harm.up_to = std::max(harm.up_to, sure_);
  harm.since = files_.state_.hard.term;
  remarks_.push_back(
      fmt::format("{}: the metadata log is whole up to entry {} and was synced up "
                  "to {}; this replica does not vote until a leader has repaired it",
                  files_.directory_, end().at.index, sure_));
  auto state = files_.state_;
  state.damage = harm;
  if (auto done = files_.state_file_.store(files_.env_, files_.path("state"), state); !done)
    return done;
  files_.state_ = state;
  for (const auto& file : chain_)
    if (file.good < file.content.size())
      if (auto done = set_aside(file); !done)
        return done;
  for (const auto& file : rest_)
    if (auto done = set_aside(file); !done)
      return done;
  return {};
}

result<void> recovery::set_aside(const scanned& file) {
  const auto to = files_.path(file.name + std::string{damaged_suffix});
  return write_file_atomically(files_.env_, to, file.content);
}

// -- leaving only what is good ----------------------------------------------------
result<void> recovery::tidy_segments() {
  for (const auto* group : {&early_, &rest_})
    for (const auto& file : *group)
      if (auto done = files_.env_.remove_file(files_.path(file.name)); !done)
        return done;
  auto previous = begin_;
  std::size_t next = 0;
  for (const auto& file : chain_) {
    auto opened = files_.env_.open(files_.path(file.name), open_mode::read_write);
    if (!opened)
      return opened.error();
    segment part{*opened, previous};
    for (auto at = segment_head_size; at < file.good; at += sizes_[next++])
      part.found(ends_[next], sizes_[next]);
    if (file.good < file.content.size())
      if (auto done = part.cut_from(part.last() + 1); !done)
        return done;
    // After a sync that failed, what is above the mark may be in the page cache alone, and clean:
    // only writing it again brings it to the disk.
    const byte_view again[] = {byte_view{file.content}.first(file.good)};
    if (part.last() > sure_ || sure_ == INT64_MAX)
      if (auto done = (*opened)->write_at(0, again); !done)
        return done;
    if (auto done = part.sync(); !done)
      return done;
    previous = part.end();
    files_.segments_.push_back(std::move(part));
  }
  return {};
}

result<void> recovery::tidy_snapshots() {
  for (const auto& name : bad_snapshots_) {
    const auto to = files_.path(name + std::string{damaged_suffix});
    if (auto done = files_.env_.rename(files_.path(name), to); !done)
      return done;
  }
  for (const auto& name : names_) {
    const auto index = number_of(name, snapshot_suffix);
    if (!index || *index == snapshot_.index || std::ranges::count(bad_snapshots_, name) > 0)
      continue;
    if (auto done = files_.env_.remove_file(files_.path(name)); !done)
      return done;
  }
  return {};
}

}  // namespace troupe::raft
