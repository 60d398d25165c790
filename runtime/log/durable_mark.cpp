#include "runtime/log/durable_mark.hpp"

#include "runtime/record/big_endian.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

constexpr std::uint32_t magic = 0x54524d4b;  // "TRMK"
constexpr std::uint16_t version = 1;
constexpr std::uint16_t synced_flag = 1;
constexpr std::uint16_t clean_flag = 2;
constexpr std::uint16_t anew_flag = 4;
constexpr std::size_t slot_distance = 4096;
constexpr std::size_t slot_size = 80;
constexpr std::size_t checked_size = slot_size - 4;

using slot_bytes = std::array<char, slot_size>;

struct numbered_mark {
  std::uint64_t sequence = 0;
  durable_mark mark;
};

/// Reads big-endian fields one after the other.
class fields {
 public:
  explicit fields(const char* at) : at_(at) {}

  template <class T>
  T take() {
    const auto x = load_be<T>(at_);
    at_ += sizeof(T);
    return x;
  }

 private:
  const char* at_;
};

slot_bytes encode(std::uint64_t sequence, const durable_mark& mark) {
  slot_bytes slot;
  const auto flags =
      (mark.synced ? synced_flag : 0) | (mark.clean ? clean_flag : 0) | (mark.anew ? anew_flag : 0);
  auto* at = store_be(slot.data(), magic);
  at = store_be(at, version);
  at = store_be(at, static_cast<std::uint16_t>(flags));
  at = store_be(at, sequence);
  at = store_be(at, mark.resets);
  at = store_be(at, value_of(mark.last_epoch));
  at = store_be(at, value_of(mark.newest_epoch));
  at = store_be(at, mark.log_start);
  at = store_be(at, mark.end);
  at = store_be(at, mark.segment_base);
  at = store_be(at, mark.position);
  at = store_be(at, mark.segment_created);
  at = store_be(at, mark.max_timestamp);
  store_be(at, crc32c({slot.data(), checked_size}));
  return slot;
}

std::optional<numbered_mark> decode(byte_view slot) {
  if (slot.size() < slot_size ||
      crc32c(slot.first(checked_size)) != load_be<std::uint32_t>(slot.data() + checked_size))
    return std::nullopt;
  fields in{slot.data()};
  if (in.take<std::uint32_t>() != magic || in.take<std::uint16_t>() != version)
    return std::nullopt;
  numbered_mark read;
  const auto flags = in.take<std::uint16_t>();
  read.mark.synced = (flags & synced_flag) != 0;
  read.mark.clean = (flags & clean_flag) != 0;
  read.mark.anew = (flags & anew_flag) != 0;
  read.sequence = in.take<std::uint64_t>();
  read.mark.resets = in.take<std::uint32_t>();
  read.mark.last_epoch = leader_epoch{in.take<std::int32_t>()};
  read.mark.newest_epoch = leader_epoch{in.take<std::int32_t>()};
  read.mark.log_start = in.take<std::int64_t>();
  read.mark.end = in.take<std::int64_t>();
  read.mark.segment_base = in.take<std::int64_t>();
  read.mark.position = in.take<std::uint64_t>();
  read.mark.segment_created = in.take<std::int64_t>();
  read.mark.max_timestamp = in.take<std::int64_t>();
  return read;
}

bool was_written(byte_view slot) {
  return std::any_of(slot.begin(), slot.end(), [](char c) { return c != 0; });
}

}  // namespace

result<durable_mark_file::loaded> durable_mark_file::load(env& on, const std::string& path) {
  loaded found;
  auto content = read_file(on, path, slot_distance * 2);
  if (!content && content.error().code == errc::not_found)
    return found;
  found.exists = true;
  if (!content && content.error().code == errc::damaged_data) {
    found.damaged_slots = 2;
    return found;
  }
  if (!content)
    return content.error();
  std::array<std::optional<numbered_mark>, 2> slots;
  for (std::size_t k = 0; k < 2; ++k) {
    const auto begin = std::min(k * slot_distance, content->size());
    const auto slot =
        byte_view{*content}.subspan(begin).first(std::min(slot_size, content->size() - begin));
    slots[k] = decode(slot);
    found.damaged_slots += !slots[k] && was_written(slot) ? 1 : 0;
  }
  const auto anew = slots[0] && slots[1] && slots[0]->mark.anew && slots[1]->mark.anew;
  for (const auto& slot : slots) {
    if (!slot || slot->mark.anew != anew || (found.mark && slot->sequence < sequence_))
      continue;
    found.mark = slot->mark;
    sequence_ = slot->sequence;
  }
  return found;
}

result<file_ptr> durable_mark_file::write(env& on, const std::string& path, std::uint64_t sequence,
                                          const durable_mark& mark) {
  auto to = on.open(path, open_mode::create);
  if (!to)
    return to.error();
  const auto slot = encode(sequence, mark);
  const byte_view parts[] = {slot};
  if (auto written = (*to)->write_at((sequence % 2) * slot_distance, parts); !written)
    return written.error();
  sequence_ = sequence;
  return to;
}

result<file_ptr> durable_mark_file::store(env& on, const std::string& path,
                                          const durable_mark& mark) {
  return write(on, path, sequence_ + 1, mark);
}

result<void> durable_mark_file::update(env& on, const std::string& path, const durable_mark& mark) {
  if (sequence_ == 0)
    return {};
  auto written = write(on, path, sequence_, mark);
  return written ? result<void>{} : written.error();
}

result<void> durable_mark_file::store_everywhere(env& on, const std::string& path,
                                                 const durable_mark& mark) {
  if (auto first = store(on, path, mark); !first)
    return first.error();
  auto both = store(on, path, mark);
  if (!both)
    return both.error();
  return (*both)->sync();
}

}  // namespace troupe
