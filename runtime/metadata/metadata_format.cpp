#include "runtime/metadata/metadata_format.hpp"

#include "runtime/base/limits.hpp"
#include "runtime/metadata/field_io.hpp"
#include "runtime/record/crc32c.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {

namespace {

constexpr std::string_view snapshot_magic = "TRPSNAP\n";
constexpr std::string_view journal_magic = "TRPJRNL\n";
constexpr std::size_t preamble_size = 10;  // magic and version
constexpr std::size_t snapshot_header_size = preamble_size + 4;
constexpr std::size_t journal_fields_size = preamble_size + 8;
constexpr std::size_t first_mark = 32;
constexpr std::size_t mark_size = 16;
constexpr std::size_t entry_prefix_size = 8;

error damaged(std::string what) { return error{errc::damaged_data, std::move(what)}; }

void put(field_writer& to, const topic_config& config) {
  to.put(static_cast<std::int32_t>(config.overrides().size()));
  for (const auto& [name, value] : config.overrides()) {
    to.put(name);
    to.put(value);
  }
}

result<topic_config> get_config(field_reader& from) {
  std::map<std::string, std::string> set;
  for (auto left = from.count(); left > 0; --left) {
    auto name = from.text();
    set[std::move(name)] = from.text();
  }
  auto config = topic_config::from(set);
  if (!config)
    return error{errc::unsupported_format,
                 "a stored topic has a setting that this version does "
                 "not take: " +
                     config.error().message};
  return config;
}

// -- changes; the order of the variant is the kind in the file --------------------

void put(field_writer& to, const topic_created& x) {
  to.put(x.name);
  to.put(x.id);
  to.put(x.partitions);
  put(to, x.config);
}
void put(field_writer& to, const topic_deleted& x) { to.put(x.name); }
void put(field_writer& to, const partitions_created& x) {
  to.put(x.name);
  to.put(x.total);
}
void put(field_writer& to, const configs_altered& x) {
  to.put(x.name);
  put(to, x.config);
}
void put(field_writer& to, const directories_removed& x) { to.put(x.id); }

result<topic_created> get_topic(field_reader& from) {
  topic_created x;
  x.name = from.text();
  x.id = from.text();
  x.partitions = from.number<std::int32_t>();
  auto config = get_config(from);
  if (!config)
    return config.error();
  x.config = std::move(*config);
  if (x.partitions < 1 || x.partitions > limits::partitions_per_topic_max)
    return damaged(fmt::format("topic '{}' has {} partitions", x.name, x.partitions));
  return x;
}

result<metadata_change> get_change(std::uint8_t kind, field_reader& from) {
  switch (kind) {
    case 0: {
      auto topic = get_topic(from);
      if (!topic)
        return topic.error();
      return metadata_change{std::move(*topic)};
    }
    case 1: return metadata_change{topic_deleted{from.text()}};
    case 2: {
      auto name = from.text();
      return metadata_change{partitions_created{std::move(name), from.number<std::int32_t>()}};
    }
    case 3: {
      auto name = from.text();
      auto config = get_config(from);
      if (!config)
        return config.error();
      return metadata_change{configs_altered{std::move(name), std::move(*config)}};
    }
    case 4: return metadata_change{directories_removed{from.text()}};
    default:
      return error{errc::unsupported_format,
                   fmt::format("metadata change of kind {} is not known", kind)};
  }
}

result<void> check_preamble(byte_view data, std::string_view magic, std::string_view what) {
  if (data.size() < preamble_size || !as_text(data).starts_with(magic))
    return damaged(fmt::format("the {} does not begin as one", what));
  const auto version = load_be<std::int16_t>(data.data() + magic.size());
  if (version > metadata_format_version)
    return error{errc::unsupported_format,
                 fmt::format("the {} has format {}, this version knows formats up to {}", what,
                             version, metadata_format_version)};
  if (version < 1)
    return damaged(fmt::format("the {} has format {}", what, version));
  return {};
}

result<metadata_state> get_state(field_reader& from, const metadata_state& empty) {
  std::vector<metadata_change> topics;
  for (auto left = from.count(); left > 0; --left) {
    auto topic = get_topic(from);
    if (!topic)
      return topic.error();
    topics.emplace_back(std::move(*topic));
  }
  auto filled = apply_changes(empty, topics);
  if (!filled)
    return filled;
  for (auto left = from.count(); left > 0; --left) {
    pending_deletion deletion;
    deletion.name = from.text();
    deletion.id = from.text();
    deletion.partitions = from.number<std::int32_t>();
    filled->deletions[deletion.id] = deletion;
  }
  return filled;
}

}  // namespace

bytes encode_snapshot(const metadata_snapshot& snapshot, node_id self) {
  const auto& image = *snapshot.state.image;
  field_writer out;
  out.put_raw(snapshot_magic);
  out.put(metadata_format_version);
  out.put(std::uint32_t{0});
  out.put(image.cluster_id);
  out.put(value_of(self));
  out.put(snapshot.sequence);
  out.put(snapshot.first_journal);
  out.put(static_cast<std::int32_t>(image.topics.size()));
  for (const auto& [name, topic] : image.topics)
    put(out, topic_created{name, topic->id, topic->partition_count(), topic->config});
  out.put(static_cast<std::int32_t>(snapshot.state.deletions.size()));
  for (const auto& [id, deletion] : snapshot.state.deletions) {
    out.put(deletion.name);
    out.put(id);
    out.put(deletion.partitions);
  }
  auto data = out.take();
  store_be(data.data() + preamble_size, crc32c(byte_view{data}.subspan(snapshot_header_size)));
  return data;
}

result<metadata_snapshot> decode_snapshot(byte_view data, const broker_metadata& self) {
  if (auto good = check_preamble(data, snapshot_magic, "metadata snapshot"); !good)
    return good.error();
  if (data.size() < snapshot_header_size || load_be<std::uint32_t>(data.data() + preamble_size) !=
                                                crc32c(data.subspan(snapshot_header_size)))
    return damaged("the metadata snapshot has a wrong CRC");
  field_reader from{data.subspan(snapshot_header_size)};
  auto cluster_id = from.text();
  const node_id node{from.number<std::int32_t>()};
  metadata_snapshot snapshot;
  snapshot.sequence = from.number<std::int64_t>();
  snapshot.first_journal = from.number<std::int64_t>();
  if (from.good() && node != self.id)
    return error{errc::invalid_config,
                 fmt::format("the data directory belongs to node {}, this is node {}; start with "
                             "that node-id or another data-dir",
                             value_of(node), value_of(self.id))};
  auto state = get_state(from, make_metadata_state(std::move(cluster_id), self));
  if (!from.at_end())
    return damaged("the metadata snapshot does not have its fields");
  if (!state)
    return state.error();
  snapshot.state = std::move(*state);
  return snapshot;
}

bytes encode_journal_header(std::int64_t number) {
  field_writer out;
  out.put_raw(journal_magic);
  out.put(metadata_format_version);
  out.put(number);
  auto data = out.take();
  const auto crc = crc32c(data);
  data.resize(journal_header_size);
  store_be(data.data() + journal_fields_size, crc);
  return data;
}

result<std::uint64_t> decode_journal_header(byte_view data, std::int64_t number) {
  if (auto good = check_preamble(data, journal_magic, "metadata journal"); !good)
    return good.error();
  if (data.size() < journal_header_size ||
      load_be<std::uint32_t>(data.data() + journal_fields_size) !=
          crc32c(data.first(journal_fields_size)) ||
      load_be<std::int64_t>(data.data() + preamble_size) != number)
    return damaged("the metadata journal has a damaged header");
  std::uint64_t durable = journal_header_size;
  for (std::uint64_t turn = 0; turn < 2; ++turn) {
    const auto mark = data.subspan(mark_position(turn), mark_size);
    if (load_be<std::uint32_t>(mark.data() + 8) == crc32c(mark.first(8)))
      durable = std::max(durable, load_be<std::uint64_t>(mark.data()));
  }
  return durable;
}

bytes encode_mark(std::uint64_t durable) {
  bytes mark(mark_size);
  store_be(mark.data(), durable);
  store_be(mark.data() + 8, crc32c(byte_view{mark}.first(8)));
  return mark;
}

std::uint64_t mark_position(std::uint64_t turn) { return first_mark + turn % 2 * mark_size; }

void encode_entry(const metadata_change& change, std::int64_t sequence, bytes& into) {
  field_writer out;
  out.put(sequence);
  out.put(static_cast<std::uint8_t>(change.index()));
  std::visit([&](const auto& x) { put(out, x); }, change);
  const auto content = out.take();
  field_writer prefix;
  prefix.put(static_cast<std::int32_t>(content.size()));
  prefix.put(crc32c(content));
  const auto head = prefix.take();
  into.insert(into.end(), head.begin(), head.end());
  into.insert(into.end(), content.begin(), content.end());
}

result<journal_entry> decode_entry(byte_view data) {
  if (data.size() < entry_prefix_size)
    return damaged("an entry is cut short");
  const auto length = load_be<std::uint32_t>(data.data());
  if (length > data.size() - entry_prefix_size)
    return damaged("an entry is cut short");
  const auto content = data.subspan(entry_prefix_size, length);
  if (load_be<std::uint32_t>(data.data() + 4) != crc32c(content) || content.empty())
    return damaged("an entry has a wrong CRC");
  field_reader from{content};
  journal_entry entry;
  entry.sequence = from.number<std::int64_t>();
  const auto kind = from.number<std::uint8_t>();
  auto change = get_change(kind, from);
  if (!change)
    return change.error();
  if (!from.at_end())
    return damaged("an entry does not have its fields");
  entry.change = std::move(*change);
  entry.size = entry_prefix_size + length;
  return entry;
}

}  // namespace troupe
