#include "runtime/raft/message_format.hpp"

#include "runtime/metadata/field_io.hpp"
#include "runtime/record/crc32c.hpp"

#include <fmt/format.h>

#include <array>

namespace troupe::raft {

namespace {

// -- parts --------------------------------------------------------------------

void put(field_writer& to, bool x) { to.put(static_cast<std::uint8_t>(x ? 1 : 0)); }
void put(field_writer& to, term_t x) { to.put(value_of(x)); }
void put(field_writer& to, const replica_id& x) {
  to.put(value_of(x.node));
  to.put(static_cast<std::uint64_t>(x.directory));
}
void put(field_writer& to, const position& x) {
  to.put(x.index);
  put(to, x.term);
}
void put(field_writer& to, byte_view x) {
  to.put(static_cast<std::int32_t>(x.size()));
  to.put_raw(as_text(x));
}
void put(field_writer& to, const entry& x) {
  put(to, position{x.index, x.term});
  to.put(static_cast<std::uint8_t>(x.kind));
  put(to, x.view());
}
void put(field_writer& to, const snapshot_info& x) {
  put(to, x.at());
  put(to, byte_view{x.voters.encode()});
  to.put(x.size);
  to.put(x.crc);
}

/// Reads parts; good() is false once one of them is not there or makes no sense.
class part_reader {
 public:
  explicit part_reader(byte_view data) : from_(data) {}

  bool good() const { return good_ && from_.at_end(); }

  template <std::integral T>
  T number() {
    return from_.number<T>();
  }
  bool flag() { return number<std::uint8_t>() != 0; }
  term_t term() { return term_t{number<std::int64_t>()}; }
  position place() {
    const auto index = number<index_t>();
    return {index, term()};
  }
  replica_id replica() {
    const node_id node{number<std::int32_t>()};
    return {node, directory_id{number<std::uint64_t>()}};
  }
  shared_bytes data() {
    const auto text = from_.text();
    return text.empty() ? nullptr : share(bytes{text.begin(), text.end()});
  }
  entry one_entry() {
    const auto at = place();
    const auto kind = number<std::uint8_t>();
    good_ = good_ && kind <= static_cast<std::uint8_t>(entry_kind::voters);
    return {at.index, at.term, static_cast<entry_kind>(kind), data()};
  }
  std::vector<entry> entries() {
    std::vector<entry> all;
    for (auto left = from_.count(); left > 0 && from_.good() && good_; --left)
      all.push_back(one_entry());
    return all;
  }
  snapshot_info snapshot() {
    snapshot_info info;
    const auto at = place();
    info.index = at.index;
    info.term = at.term;
    auto voters = voter_set::decode(as_bytes(from_.text()));
    good_ = good_ && voters;
    if (voters)
      info.voters = std::move(*voters);
    info.size = number<std::uint64_t>();
    info.crc = number<std::uint32_t>();
    return info;
  }

 private:
  field_reader from_;
  bool good_ = true;
};

// -- bodies -------------------------------------------------------------------

void write(field_writer& to, const vote_request& x) {
  put(to, x.pre);
  put(to, x.transfer);
  put(to, x.last);
}
void write(field_writer& to, const vote_reply& x) {
  put(to, x.pre);
  put(to, x.granted);
}
void write(field_writer& to, const append_request& x) {
  put(to, x.previous);
  to.put(x.commit);
  to.put(static_cast<std::int32_t>(x.entries.size()));
  for (const auto& e : x.entries)
    put(to, e);
}
void write(field_writer& to, const append_reply& x) {
  put(to, x.rejected);
  to.put(x.index);
  put(to, x.hint);
}
void write(field_writer& to, const heartbeat& x) {
  to.put(x.commit);
  to.put(x.round);
}
void write(field_writer& to, const heartbeat_reply& x) { to.put(x.round); }
void write(field_writer& to, const snapshot_chunk& x) {
  put(to, x.info);
  to.put(x.offset);
  put(to, x.data ? byte_view{*x.data} : byte_view{});
}
void write(field_writer& to, const snapshot_reply& x) {
  to.put(x.index);
  to.put(x.next_offset);
  put(to, x.installed);
}
void write(field_writer&, const timeout_now&) {}
void write(field_writer& to, const follow& x) { to.put(x.last); }
void write(field_writer& to, const leader_hint& x) { put(to, x.leader); }

void read(part_reader& from, vote_request& x) {
  x.pre = from.flag();
  x.transfer = from.flag();
  x.last = from.place();
}
void read(part_reader& from, vote_reply& x) {
  x.pre = from.flag();
  x.granted = from.flag();
}
void read(part_reader& from, append_request& x) {
  x.previous = from.place();
  x.commit = from.number<index_t>();
  x.entries = from.entries();
}
void read(part_reader& from, append_reply& x) {
  x.rejected = from.flag();
  x.index = from.number<index_t>();
  x.hint = from.place();
}
void read(part_reader& from, heartbeat& x) {
  x.commit = from.number<index_t>();
  x.round = from.number<std::uint64_t>();
}
void read(part_reader& from, heartbeat_reply& x) { x.round = from.number<std::uint64_t>(); }
void read(part_reader& from, snapshot_chunk& x) {
  x.info = from.snapshot();
  x.offset = from.number<std::uint64_t>();
  x.data = from.data();
  x.size = static_cast<std::uint32_t>(x.data ? x.data->size() : 0);
}
void read(part_reader& from, snapshot_reply& x) {
  x.index = from.number<index_t>();
  x.next_offset = from.number<std::uint64_t>();
  x.installed = from.flag();
}
void read(part_reader&, timeout_now&) {}
void read(part_reader& from, follow& x) { x.last = from.number<index_t>(); }
void read(part_reader& from, leader_hint& x) { x.leader = from.replica(); }

// The body of the kind with that place in the variant.
template <std::size_t... I>
bool read_body(part_reader& from, std::size_t kind, message_body& into, std::index_sequence<I...>) {
  return ((I == kind && (read(from, into.emplace<I>()), true)) || ...);
}

}  // namespace

bytes encode(const message& m) {
  field_writer out;
  out.put(message_version);
  out.put(static_cast<std::uint8_t>(m.body.index()));
  put(out, m.from);
  put(out, m.to);
  put(out, m.term);
  std::visit([&](const auto& x) { write(out, x); }, m.body);
  auto data = out.take();
  const auto crc = crc32c(data);
  data.resize(data.size() + sizeof crc);
  store_be(data.data() + data.size() - sizeof crc, crc);
  return data;
}

result<message> decode_message(byte_view data) {
  constexpr std::size_t crc_size = 4;
  constexpr std::size_t head_size = 2;
  const error damaged{errc::corrupt_batch, "a message of the metadata log is damaged"};
  if (data.size() < head_size + crc_size)
    return damaged;
  const auto version = static_cast<std::uint8_t>(data[0]);
  const auto content = data.first(data.size() - crc_size);
  if (load_be<std::uint32_t>(data.data() + content.size()) != crc32c(content))
    return damaged;
  if (version != message_version)
    return error{errc::unsupported_format,
                 fmt::format("a message of the metadata log has version {}, this node speaks {}",
                             version, message_version)};
  part_reader from{content.subspan(head_size)};
  message m;
  m.from = from.replica();
  m.to = from.replica();
  m.term = from.term();
  const auto kind = static_cast<std::size_t>(static_cast<std::uint8_t>(data[1]));
  constexpr auto kinds = std::make_index_sequence<std::variant_size_v<message_body>>{};
  if (!read_body(from, kind, m.body, kinds) || !from.good())
    return damaged;
  return m;
}

}  // namespace troupe::raft
