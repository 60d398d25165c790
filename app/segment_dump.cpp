#include "app/segment_dump.hpp"

#include "runtime/base/limits.hpp"
#include "runtime/log/file_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::app {

namespace {

/// A window that slides over a file, as large as the largest batch asks for.
class window {
 public:
  explicit window(const file& from) : file_(from) {}

  /// Up to `size` bytes at `position`; fewer only at the end of the file.
  result<byte_view> at(std::uint64_t position, std::size_t size) {
    if (position < start_ || position + size > start_ + data_.size()) {
      constexpr std::size_t ahead = 1 << 20;
      data_.resize(std::max(size, ahead));
      auto got = file_.read_at(position, data_);
      if (!got)
        return got.error();
      data_.resize(*got);
      start_ = position;
    }
    auto all = byte_view(data_).subspan(static_cast<std::size_t>(position - start_));
    return all.first(std::min(size, all.size()));
  }

 private:
  const file& file_;
  std::uint64_t start_ = 0;
  bytes data_;
};

result<bool> only_zeros(window& data, std::uint64_t from, std::uint64_t end) {
  while (from < end) {
    auto part =
        data.at(from, static_cast<std::size_t>(std::min<std::uint64_t>(end - from, 1 << 20)));
    if (!part)
      return part.error();
    if (part->empty())
      return true;
    if (std::any_of(part->begin(), part->end(), [](char c) { return c != 0; }))
      return false;
    from += part->size();
  }
  return true;
}

/// Whether every record of a batch with a right CRC can be read, as a sentence when not.
std::string check_records(byte_view batch) {
  auto reader = record_reader::open(batch);
  if (!reader)
    return reader.error().message;
  record_view record;
  for (;;) {
    auto more = reader->next(record);
    if (!more)
      return more.error().message;
    if (!*more)
      return {};
  }
}

bool plausible(const batch_header& header) {
  return header.batch_length >= static_cast<std::int32_t>(batch_header_size - batch_prefix_size) &&
         header.size() <= limits::batch_bytes_max;
}

}  // namespace

result<dump_totals> dump_segment(env& on, const std::string& path,
                                 const std::function<bool(const dumped_batch&)>& each) {
  auto opened = on.open(path, open_mode::read_only);
  if (!opened)
    return opened.error();
  auto size = (*opened)->size();
  if (!size)
    return size.error();
  window data(**opened);
  dump_totals totals;
  std::uint64_t position = 0;
  while (position < *size) {
    dumped_batch found;
    found.position = position;
    auto head = data.at(position, batch_header_size);
    if (!head)
      return head.error();
    bool whole_header = head->size() == batch_header_size;
    if (whole_header)
      found.header = decode_batch_header(*head);
    if (!whole_header || !plausible(found.header)) {
      auto zeros = only_zeros(data, position, *size);
      if (!zeros)
        return zeros.error();
      found.size = static_cast<std::size_t>(*size - position);
      if (*zeros) {
        totals.zero_bytes = found.size;
        return totals;
      }
      found.damage =
          fmt::format("no batch begins here: the last {} bytes cannot be read", found.size);
    } else {
      auto batch = data.at(position, found.header.size());
      if (!batch)
        return batch.error();
      found.data = *batch;
      found.size = batch->size();
      auto checked = check_batch(*batch);
      if (batch->size() < found.header.size())
        found.damage = fmt::format("cut short: {} of {} bytes", batch->size(), found.header.size());
      else
        found.damage = checked ? check_records(*batch) : checked.error().message;
    }
    ++totals.batches;
    totals.bytes += found.size;
    if (found.damage.empty())
      totals.records += static_cast<std::uint64_t>(found.header.record_count);
    else
      ++totals.damaged;
    if (!each(found))
      break;
    position += found.size;
  }
  return totals;
}

result<bool> is_segment(env& on, const std::string& path) {
  auto opened = on.open(path, open_mode::read_only);
  if (!opened)
    return opened.error();
  if (parse_log_file_name(path.substr(path.rfind('/') + 1)).kind == log_file::segment)
    return true;
  bytes head(batch_header_size);
  auto got = (*opened)->read_at(0, head);
  if (!got)
    return got.error();
  if (*got < head.size())
    return false;
  auto header = decode_batch_header(head);
  return header.magic == batch_header{}.magic && plausible(header);
}

}  // namespace troupe::app
