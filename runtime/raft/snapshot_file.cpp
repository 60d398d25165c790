#include "runtime/raft/snapshot_file.hpp"

#include "runtime/base/limits.hpp"
#include "runtime/metadata/field_io.hpp"
#include "runtime/raft/file_head.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>

namespace troupe::raft {

namespace {

constexpr std::string_view magic = "TRPRSNP\n";
constexpr std::size_t prefix_size = preamble_size + 8;
constexpr std::size_t head_bytes_max = 64 * limits::KiB;
constexpr std::size_t block_bytes = 256 * limits::KiB;

error bad(std::string_view what) { return {errc::damaged_data, std::string{what}}; }

/// Reads at most `n` bytes at `at`.
result<bytes> read_part(const file& from, std::uint64_t at, std::size_t n) {
  bytes part(n);
  auto got = from.read_at(at, part);
  if (!got)
    return got.error();
  part.resize(*got);
  return part;
}

struct open_snapshot {
  file_ptr handle;
  snapshot_head head;
};

result<open_snapshot> open_checked(env& on, const std::string& path) {
  auto opened = on.open(path, open_mode::read_only);
  if (!opened)
    return opened.error();
  const auto size = (*opened)->size();
  if (!size)
    return size.error();
  const auto begin = read_part(**opened, 0, std::min<std::uint64_t>(*size, head_bytes_max));
  if (!begin)
    return begin.error();
  auto head = decode_snapshot_head(*begin);
  if (!head)
    return head.error();
  if (*size != head->size + head->info.size)
    return bad("the snapshot is not as long as it says");
  return open_snapshot{std::move(*opened), std::move(*head)};
}

}  // namespace

bytes encode_snapshot_head(const snapshot_info& info) {
  field_writer head;
  head.put(info.index);
  head.put(value_of(info.term));
  head.put(info.size);
  head.put(info.crc);
  head.put_raw(as_text(info.voters.encode()));
  const auto content = head.take();
  field_writer out;
  out.put_raw(magic);
  out.put(format_version);
  out.put(static_cast<std::uint32_t>(content.size()));
  auto data = out.take();
  const auto crc = crc32c(content, crc32c(data));
  data.resize(prefix_size);
  store_be(data.data() + prefix_size - 4, crc);
  data.insert(data.end(), content.begin(), content.end());
  return data;
}

result<snapshot_head> decode_snapshot_head(byte_view data) {
  if (data.size() < prefix_size)
    return bad("the snapshot is cut short");
  const auto size = load_be<std::uint32_t>(data.data() + preamble_size);
  if (size > data.size() - prefix_size)
    return bad("the snapshot is cut short");
  const auto content = data.subspan(prefix_size, size);
  // The checksum first: a version that rotted is no version.
  if (load_be<std::uint32_t>(data.data() + preamble_size + 4) !=
      crc32c(content, crc32c(data.first(prefix_size - 4))))
    return bad("the snapshot has a damaged head");
  if (auto good = check_preamble(data, magic, "snapshot of the metadata log"); !good)
    return good.error();
  constexpr std::size_t fields_size = 28;
  field_reader from{content};
  snapshot_head head;
  head.size = prefix_size + size;
  head.info.index = from.number<index_t>();
  head.info.term = term_t{from.number<std::int64_t>()};
  head.info.size = from.number<std::uint64_t>();
  head.info.crc = from.number<std::uint32_t>();
  if (!from.good() || head.info.size > limits::raft_snapshot_bytes_max)
    return bad("the snapshot does not have its fields");
  auto voters = voter_set::decode(content.subspan(fields_size));
  if (!voters)
    return voters.error();
  head.info.voters = std::move(*voters);
  return head;
}

result<bytes> read_snapshot_content(env& on, const std::string& path) {
  auto opened = open_checked(on, path);
  if (!opened)
    return opened.error();
  const auto& head = opened->head;
  auto content = read_part(*opened->handle, head.size, head.info.size);
  if (content && crc32c(*content) != head.info.crc)
    return bad("the snapshot has a wrong CRC");
  return content;
}

result<snapshot_info> check_snapshot(env& on, const std::string& path) {
  auto opened = open_checked(on, path);
  if (!opened)
    return opened.error();
  const auto& head = opened->head;
  std::uint32_t crc = 0;
  for (std::uint64_t at = 0; at < head.info.size;) {
    const auto n = std::min<std::uint64_t>(block_bytes, head.info.size - at);
    const auto part = read_part(*opened->handle, head.size + at, n);
    if (!part)
      return part.error();
    crc = crc32c(*part, crc);
    at += n;
  }
  if (crc != head.info.crc)
    return bad("the snapshot has a wrong CRC");
  return head.info;
}

}  // namespace troupe::raft
