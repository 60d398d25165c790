#include "runtime/log/segment.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/log/batch_scanner.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

/// Larger than any index of a segment below 4 GiB.
constexpr std::size_t index_file_max = 1 * limits::GiB;

result<file_ptr> write_whole(env& on, const std::string& path, byte_view content) {
  auto to = on.open(path, open_mode::create);
  if (!to)
    return to;
  const byte_view parts[] = {content};
  if (auto cut = (*to)->truncate(0); !cut)
    return cut.error();
  if (auto written = (*to)->write_at(0, parts); !written)
    return written.error();
  return to;
}

}  // namespace

segment::segment(log_context& in, offset_t base, batch_place end, timestamp_ms max_timestamp,
                 timestamp_ms created)
    : in_(&in),
      base_(base),
      end_(end),
      max_timestamp_(max_timestamp),
      created_(created),
      indexed_from_(end) {}

result<segment_ptr> segment::create(log_context& in, offset_t base) {
  // An index left over from a segment that began at the same offset would lie about this one.
  if (auto removed = remove_index_files(in.on, in.directory, base); !removed)
    return removed.error();
  auto made =
      std::make_unique<segment>(in, base, batch_place{0, base}, no_timestamp, in.time.wall_ms());
  auto opened = in.on.open(made->path(), open_mode::create);
  if (!opened)
    return opened.error();
  made->file_ = std::move(*opened);
  return made;
}

result<file_ptr> segment::opened() {
  if (!file_) {
    auto opened = in_->on.open(path(), open_mode::read_write);
    if (!opened)
      return opened;
    file_ = std::move(*opened);
  }
  return file_;
}

segment_index& segment::index_in_memory() {
  if (!index_)
    index_ = std::make_unique<segment_index>(base_, in_->options.index_interval_bytes);
  return *index_;
}

void segment::note(byte_view run) {
  batch_cursor cursor{run};
  for (byte_view batch; cursor.next(batch);)
    note(end_, decode_batch_header(batch));
}

void segment::note(batch_place place, const batch_header& header) {
  troupe_assert(place == end_ && header.base_offset == end_.offset,
                "batch at {} offset {}, end {} offset {}", place.position, header.base_offset,
                end_.position, end_.offset);
  index_in_memory().note(place, header.size(), header.max_timestamp);
  max_timestamp_ = std::max(max_timestamp_, header.max_timestamp);
  end_ = {place.position + header.size(), header.next_offset()};
  index_changed_ = true;
}

// -- index --------------------------------------------------------------------

result<segment_index*> segment::index() {
  if (auto done = complete_index(); !done)
    return done.error();
  return &index_in_memory();
}

result<segment_index*> segment::index_from(offset_t from) {
  if (from >= indexed_from_.offset)
    return &index_in_memory();
  return index();
}

std::optional<segment_index> segment::load_index(batch_place limit, batch_place& covered) {
  std::array<result<bytes>, 2> files = {
      read_file(in_->on, segment_file_path(in_->directory, base_, log_file::index), index_file_max),
      read_file(in_->on, segment_file_path(in_->directory, base_, log_file::time_index),
                index_file_max)};
  if (!files[0] || !files[1])
    return std::nullopt;
  index_summary about;
  auto read =
      segment_index::decode(*files[0], *files[1], base_, in_->options.index_interval_bytes, about);
  if (!read || about.covered > limit.position || about.end > limit.offset)
    return std::nullopt;
  covered = {about.covered, about.end};
  return read;
}

result<void> segment::complete_index() {
  if (indexed_from_.position == 0)
    return {};
  auto from = batch_place{0, base_};
  auto loaded = load_index(indexed_from_, from);
  auto front =
      loaded ? std::move(*loaded) : segment_index{base_, in_->options.index_interval_bytes};
  if (from.position < indexed_from_.position) {
    auto in = opened();
    if (!in)
      return in.error();
    auto read = index_stretch(**in, in_->epochs, from, indexed_from_, front);
    if (!read)
      return read.error();
    max_timestamp_ = std::max(max_timestamp_, read->max_timestamp);
    index_changed_ = true;
  }
  index_in_memory().prepend(std::move(front));
  indexed_from_ = {0, base_};
  return {};
}

result<stretch> segment::rebuild_index() {
  auto in = opened();
  if (!in)
    return in.error();
  segment_index fresh{base_, in_->options.index_interval_bytes};
  auto read = index_stretch(**in, in_->epochs, {0, base_}, end_, fresh);
  if (!read)
    return read;
  index_in_memory() = std::move(fresh);
  indexed_from_ = {0, base_};
  max_timestamp_ = std::max(max_timestamp_, read->max_timestamp);
  index_changed_ = true;
  return read;
}

result<std::vector<file_ptr>> segment::write_index(offset_t data_end) {
  auto whole = index();
  if (!whole)
    return whole.error();
  const index_summary about{
      .base = base_, .covered = end_.position, .end = data_end, .max_timestamp = max_timestamp_};
  std::vector<file_ptr> written;
  for (auto [kind, file_kind] : {std::pair{index_kind::offsets, log_file::index},
                                 std::pair{index_kind::times, log_file::time_index}}) {
    auto to = write_whole(in_->on, segment_file_path(in_->directory, base_, file_kind),
                          (*whole)->encode(kind, about));
    if (!to)
      return to.error();
    written.push_back(std::move(*to));
  }
  index_changed_ = false;
  return written;
}

void segment::release() {
  file_.reset();
  index_.reset();
  indexed_from_ = end_;
}

// -- cutting ------------------------------------------------------------------

result<void> segment::truncate(batch_place end) {
  troupe_assert(end.position <= end_.position && end.offset <= end_.offset);
  if (auto removed = remove_index_files(in_->on, in_->directory, base_); !removed)
    return removed;
  auto in = opened();
  if (!in)
    return in.error();
  if (auto cut = (*in)->truncate(end.position); !cut)
    return cut;
  if (end.position < indexed_from_.position) {
    index_.reset();
    indexed_from_ = end;
  } else if (index_) {
    index_->truncate(end);
  }
  end_ = end;
  index_changed_ = true;
  return {};
}

result<void> remove_index_files(env& on, const std::string& directory, offset_t base) {
  for (auto kind : {log_file::index, log_file::time_index}) {
    auto removed = on.remove_file(segment_file_path(directory, base, kind));
    if (!removed && removed.error().code != errc::not_found)
      return removed;
  }
  return {};
}

result<void> segment::remove_files() {
  file_.reset();
  if (auto removed = remove_index_files(in_->on, in_->directory, base_); !removed)
    return removed;
  auto removed = in_->on.remove_file(path());
  if (!removed && removed.error().code != errc::not_found)
    return removed;
  return {};
}

}  // namespace troupe
