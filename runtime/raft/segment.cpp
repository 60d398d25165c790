#include "runtime/raft/segment.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"
#include "runtime/metadata/field_io.hpp"
#include "runtime/raft/file_head.hpp"
#include "runtime/record/crc32c.hpp"

namespace troupe::raft {

namespace {

constexpr std::string_view magic = "TRPRAFT\n";
constexpr std::size_t record_head_size = 17;  // index, term, kind

std::uint32_t chained_crc(byte_view content, const link& previous) {
  return crc32c(content, broken(rule::raft_record_chain) ? 0 : previous.crc);
}

error bad(std::string_view what) { return {errc::damaged_data, std::string{what}}; }

}  // namespace

bytes encode_segment_head(const link& previous) {
  field_writer out;
  out.put_raw(magic);
  out.put(format_version);
  out.put(previous.at.index + 1);
  out.put(value_of(previous.at.term));
  out.put(previous.crc);
  auto head = out.take();
  const auto crc = crc32c(head);
  head.resize(segment_head_size);
  store_be(head.data() + segment_head_size - 4, crc);
  return head;
}

result<link> decode_segment_head(byte_view data, index_t first) {
  // The checksum first: a version that rotted is no version.
  if (data.size() < segment_head_size ||
      load_be<std::uint32_t>(data.data() + segment_head_size - 4) !=
          crc32c(data.first(segment_head_size - 4)))
    return bad("the segment has a damaged head");
  if (auto good = check_preamble(data, magic, "segment of the metadata log"); !good)
    return good.error();
  field_reader from{data.subspan(preamble_size, segment_head_size - preamble_size)};
  link previous;
  previous.at.index = from.number<index_t>() - 1;
  previous.at.term = term_t{from.number<std::int64_t>()};
  previous.crc = from.number<std::uint32_t>();
  if (previous.at.index != first - 1 || previous.at.index < no_index)
    return bad("the segment is another one than its name says");
  return previous;
}

link encode_record(const entry& x, const link& previous, bytes& into) {
  troupe_assert(x.index == previous.at.index + 1 && x.term >= previous.at.term);
  const auto data = x.view();
  const auto begin = into.size();
  into.resize(begin + record_prefix_size + record_head_size);
  auto* at = into.data() + begin;
  at = store_be(at, static_cast<std::uint32_t>(record_head_size + data.size()));
  at = store_be(at, std::uint32_t{0});
  at = store_be(at, x.index);
  at = store_be(at, value_of(x.term));
  store_be(at, static_cast<std::uint8_t>(x.kind));
  into.insert(into.end(), data.begin(), data.end());
  const auto crc = chained_crc(byte_view{into}.subspan(begin + record_prefix_size), previous);
  store_be(into.data() + begin + 4, crc);
  return {{x.index, x.term}, crc};
}

result<decoded_record> decode_record(byte_view data, const link& previous) {
  if (data.size() < record_prefix_size + record_head_size)
    return bad("a record is cut short");
  const auto length = load_be<std::uint32_t>(data.data());
  if (length < record_head_size || length > data.size() - record_prefix_size)
    return bad("a record is cut short");
  const auto content = data.subspan(record_prefix_size, length);
  const auto crc = load_be<std::uint32_t>(data.data() + 4);
  if (crc != chained_crc(content, previous))
    return bad("a record has a wrong CRC or continues another log");
  field_reader from{content};
  decoded_record read;
  auto& x = read.content;
  x.index = from.number<index_t>();
  x.term = term_t{from.number<std::int64_t>()};
  const auto kind = from.number<std::uint8_t>();
  if (x.index != previous.at.index + 1 || x.term < previous.at.term ||
      kind > static_cast<std::uint8_t>(entry_kind::voters))
    return bad("a record does not follow the one before");
  x.kind = static_cast<entry_kind>(kind);
  const auto payload = content.subspan(record_head_size);
  if (!payload.empty())
    x.data = share(bytes{payload.begin(), payload.end()});
  read.end = {{x.index, x.term}, crc};
  read.size = record_prefix_size + length;
  return read;
}

result<segment> segment::create(env& on, const std::string& path, const link& previous) {
  auto opened = on.open(path, open_mode::create);
  if (!opened)
    return opened.error();
  // A crash may have left one of that name.
  if (auto cut = (*opened)->truncate(0); !cut)
    return cut.error();
  const auto head = encode_segment_head(previous);
  const byte_view parts[] = {head};
  if (auto written = (*opened)->write_at(0, parts); !written)
    return written.error();
  return segment{std::move(*opened), previous};
}

void segment::found(const link& at, std::size_t size) {
  troupe_assert(at.at.index == last() + 1);
  size_ += size;
  records_.push_back({at, size_});
}

result<void> segment::append(std::span<const entry> entries) {
  bytes data;
  auto previous = end();
  std::vector<record_end> added;
  for (const auto& x : entries) {
    previous = encode_record(x, previous, data);
    added.push_back({previous, size_ + data.size()});
  }
  const byte_view parts[] = {data};
  if (auto written = file_->write_at(size_, parts); !written) {
    // Of a full disk we know that earlier records are untouched, once the rest is cut off.
    if (written.error().code == errc::disk_full && !file_->truncate(size_))
      return error{errc::io_error, written.error().message};
    return written;
  }
  size_ += data.size();
  records_.insert(records_.end(), added.begin(), added.end());
  return {};
}

result<void> segment::cut_from(index_t from) {
  troupe_assert(from >= first());
  const auto kept = std::min(static_cast<std::size_t>(from - first()), records_.size());
  const auto size = kept == 0 ? segment_head_size : records_[kept - 1].position;
  if (auto cut = file_->truncate(size); !cut)
    return cut;
  records_.resize(kept);
  size_ = size;
  return {};
}

}  // namespace troupe::raft
