#include "runtime/raft/state_file.hpp"

#include "runtime/metadata/field_io.hpp"
#include "runtime/raft/file_head.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>
#include <optional>

namespace troupe::raft {

namespace {

constexpr std::string_view magic = "TRPVOTE\n";
constexpr std::size_t slot_distance = 4096;
constexpr std::size_t slot_size = 72;
constexpr std::size_t checked_size = slot_size - 4;

struct numbered_state {
  std::uint64_t sequence = 0;
  stored_state state;
};

void put(field_writer& to, const replica_id& x) {
  to.put(value_of(x.node));
  to.put(static_cast<std::uint64_t>(x.directory));
}

replica_id get_replica(field_reader& from) {
  const node_id node{from.number<std::int32_t>()};
  return {node, directory_id{from.number<std::uint64_t>()}};
}

bytes encode(std::uint64_t sequence, const stored_state& x) {
  field_writer out;
  out.put_raw(magic);
  out.put(format_version);
  out.put(sequence);
  put(out, x.self);
  out.put(value_of(x.hard.term));
  out.put(static_cast<std::uint8_t>(x.hard.vote ? 1 : 0));
  put(out, x.hard.vote.value_or(replica_id{}));
  const auto harm = x.damage.value_or(damage{});
  out.put(static_cast<std::uint8_t>(x.damage ? 1 : 0));
  out.put(harm.up_to);
  out.put(value_of(harm.since));
  auto slot = out.take();
  const auto crc = crc32c(slot);
  slot.resize(slot_size);
  store_be(slot.data() + checked_size, crc);
  return slot;
}

result<numbered_state> decode(byte_view slot) {
  if (auto good = check_preamble(slot, magic, "state of the replica"); !good)
    return good.error();
  if (slot.size() < slot_size ||
      load_be<std::uint32_t>(slot.data() + checked_size) != crc32c(slot.first(checked_size)))
    return error{errc::damaged_data, "the state of the replica has a wrong CRC"};
  field_reader from{slot.subspan(preamble_size, checked_size - preamble_size)};
  numbered_state read;
  read.sequence = from.number<std::uint64_t>();
  read.state.self = get_replica(from);
  read.state.hard.term = term_t{from.number<std::int64_t>()};
  const bool voted = from.number<std::uint8_t>() != 0;
  const auto vote = get_replica(from);
  if (voted)
    read.state.hard.vote = vote;
  const bool damaged = from.number<std::uint8_t>() != 0;
  const auto up_to = from.number<index_t>();
  const term_t since{from.number<std::int64_t>()};
  if (damaged)
    read.state.damage = damage{up_to, since};
  return read;
}

}  // namespace

result<stored_state> state_file::load(env& on, const std::string& path) {
  const auto content = read_file(on, path, slot_distance * 2);
  if (!content)
    return content.error();
  std::optional<numbered_state> newest;
  std::optional<error> why;
  for (std::size_t k = 0; k < 2; ++k) {
    const auto rest = byte_view{*content}.subspan(std::min(k * slot_distance, content->size()));
    auto slot = decode(rest.first(std::min(slot_size, rest.size())));
    if (!slot && (!why || slot.error().code == errc::unsupported_format))
      why = slot.error();
    if (slot && (!newest || slot->sequence > newest->sequence)) {
      newest = std::move(*slot);
      worse_ = 1 - k;
    }
  }
  if (!newest)
    return *why;
  sequence_ = newest->sequence;
  return newest->state;
}

result<void> state_file::store(env& on, const std::string& path, const stored_state& to) {
  auto opened = on.open(path, open_mode::create);
  if (!opened)
    return opened.error();
  const auto slot = encode(++sequence_, to);
  const byte_view parts[] = {slot};
  for (const auto k : {worse_, 1 - worse_}) {
    if (auto written = (*opened)->write_at(k * slot_distance, parts); !written)
      return written;
    if (auto synced = (*opened)->sync(); !synced)
      return synced;
  }
  return {};
}

}  // namespace troupe::raft
