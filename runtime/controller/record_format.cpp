#include "runtime/controller/records.hpp"
#include "runtime/metadata/field_io.hpp"

#include <fmt/format.h>

namespace troupe::controller {

namespace {

using node_list = std::vector<node_id>;

// Which fields a partition_changed has, as bits in the order of the struct.
enum field_bit : std::uint8_t {
  leader_bit = 1,
  isr_bit = 2,
  elr_bit = 4,
  last_known_elr_bit = 8,
  replicas_bit = 16,
  adding_bit = 32,
  removing_bit = 64,
  recovery_bit = 128,
};

error damaged(std::string what) { return error{errc::damaged_data, std::move(what)}; }

// -- fields that more than one record has ---------------------------------------

void put(field_writer& to, bool x) { to.put(static_cast<std::uint8_t>(x)); }
bool get_flag(field_reader& from) { return from.number<std::uint8_t>() != 0; }

void put(field_writer& to, const std::optional<bool>& x) {
  to.put(static_cast<std::uint8_t>(x ? 1 + *x : 0));
}
std::optional<bool> get_optional_flag(field_reader& from) {
  const auto x = from.number<std::uint8_t>();
  return x == 0 ? std::nullopt : std::optional{x != 1};
}

node_id get_node(field_reader& from) { return node_id{from.number<std::int32_t>()}; }
void put(field_writer& to, const node_list& x) {
  to.put(static_cast<std::int32_t>(x.size()));
  for (auto node : x)
    to.put(value_of(node));
}
node_list get_nodes(field_reader& from) {
  node_list x(from.count());
  for (auto& node : x)
    node = get_node(from);
  return x;
}

void put(field_writer& to, const std::map<std::string, std::string>& x) {
  to.put(static_cast<std::int32_t>(x.size()));
  for (const auto& [name, value] : x) {
    to.put(name);
    to.put(value);
  }
}
std::map<std::string, std::string> get_settings(field_reader& from) {
  std::map<std::string, std::string> x;
  for (auto left = from.count(); left > 0; --left) {
    auto name = from.text();
    x[std::move(name)] = from.text();
  }
  return x;
}

void put(field_writer& to, const partition_metadata& x) {
  to.put(value_of(x.leader));
  to.put(value_of(x.epoch));
  to.put(x.partition_epoch);
  to.put(static_cast<std::uint8_t>(x.recovery));
  for (const auto* list :
       {&x.replicas, &x.isr, &x.elr, &x.last_known_elr, &x.adding_replicas, &x.removing_replicas})
    put(to, *list);
}
partition_metadata get_partition(field_reader& from, std::int32_t number) {
  partition_metadata x;
  x.id = partition_id{number};
  x.leader = get_node(from);
  x.epoch = leader_epoch{from.number<std::int32_t>()};
  x.partition_epoch = from.number<std::int32_t>();
  x.recovery = static_cast<leader_recovery>(from.number<std::uint8_t>());
  for (auto* list :
       {&x.replicas, &x.isr, &x.elr, &x.last_known_elr, &x.adding_replicas, &x.removing_replicas})
    *list = get_nodes(from);
  return x;
}

// The number of the first partition, then all in order.
void put(field_writer& to, const std::vector<partition_metadata>& x) {
  to.put(x.empty() ? std::int32_t{0} : value_of(x.front().id));
  to.put(static_cast<std::int32_t>(x.size()));
  for (const auto& each : x)
    put(to, each);
}
std::vector<partition_metadata> get_partitions(field_reader& from) {
  auto number = from.number<std::int32_t>();
  std::vector<partition_metadata> x;
  for (auto left = from.count(); left > 0 && from.good(); --left)
    x.push_back(get_partition(from, number++));
  return x;
}

// -- records ----------------------------------------------------------------------

void put(field_writer&, const no_op&) {}
void put(field_writer& to, const cluster_founded& x) {
  to.put(x.cluster_id);
  to.put(x.version);
}
void put(field_writer& to, const broker_registered& x) {
  const auto& broker = x.broker;
  to.put(value_of(broker.id));
  to.put(broker.host);
  to.put(broker.port);
  to.put(broker.cluster_host);
  to.put(broker.cluster_port);
  to.put(broker.rack);
  to.put(broker.incarnation);
  to.put(broker.directory);
  to.put(broker.epoch);
  put(to, broker.fenced);
  put(to, broker.shutting_down);
}
void put(field_writer& to, const broker_changed& x) {
  to.put(value_of(x.id));
  to.put(x.epoch);
  put(to, x.fenced);
  put(to, x.shutting_down);
}
void put(field_writer& to, const broker_unregistered& x) { to.put(value_of(x.id)); }
void put(field_writer& to, const topic_created& x) {
  to.put(x.name);
  to.put(x.id);
  put(to, x.internal);
  put(to, x.config);
  put(to, x.partitions);
}
void put(field_writer& to, const topic_deleted& x) { to.put(x.id); }
void put(field_writer& to, const partitions_created& x) {
  to.put(x.topic_id);
  put(to, x.partitions);
}
void put(field_writer& to, const partition_changed& x) {
  to.put(x.topic_id);
  to.put(value_of(x.partition));
  const std::optional<node_list>* lists[] = {&x.isr,      &x.elr,    &x.last_known_elr,
                                             &x.replicas, &x.adding, &x.removing};
  int bits = (x.leader ? leader_bit : 0) | (x.recovery ? recovery_bit : 0);
  int bit = isr_bit;
  for (const auto* list : lists) {
    bits |= *list ? bit : 0;
    bit *= 2;
  }
  to.put(static_cast<std::uint8_t>(bits));
  if (x.leader)
    to.put(value_of(*x.leader));
  for (const auto* list : lists)
    if (*list)
      put(to, **list);
  if (x.recovery)
    to.put(static_cast<std::uint8_t>(*x.recovery));
}
void put(field_writer& to, const configs_altered& x) {
  to.put(x.topic_id);
  put(to, x.config);
}
void put(field_writer& to, const setting_altered& x) {
  to.put(x.name);
  to.put(x.value);
}

cluster_founded get_founded(field_reader& from) {
  cluster_founded x;
  x.cluster_id = from.text();
  x.version = from.number<std::int32_t>();
  return x;
}
broker_registered get_registered(field_reader& from) {
  broker_registered x;
  auto& broker = x.broker;
  broker.id = get_node(from);
  broker.host = from.text();
  broker.port = from.number<std::uint16_t>();
  broker.cluster_host = from.text();
  broker.cluster_port = from.number<std::uint16_t>();
  broker.rack = from.text();
  broker.incarnation = from.text();
  broker.directory = from.text();
  broker.epoch = from.number<broker_epoch>();
  broker.fenced = get_flag(from);
  broker.shutting_down = get_flag(from);
  return x;
}
broker_changed get_broker_change(field_reader& from) {
  broker_changed x;
  x.id = get_node(from);
  x.epoch = from.number<broker_epoch>();
  x.fenced = get_optional_flag(from);
  x.shutting_down = get_optional_flag(from);
  return x;
}
topic_created get_topic(field_reader& from) {
  topic_created x;
  x.name = from.text();
  x.id = from.text();
  x.internal = get_flag(from);
  x.config = get_settings(from);
  x.partitions = get_partitions(from);
  return x;
}
partition_changed get_partition_change(field_reader& from) {
  partition_changed x;
  x.topic_id = from.text();
  x.partition = partition_id{from.number<std::int32_t>()};
  const int bits = from.number<std::uint8_t>();
  if ((bits & leader_bit) != 0)
    x.leader = get_node(from);
  int bit = isr_bit;
  for (auto* list : {&x.isr, &x.elr, &x.last_known_elr, &x.replicas, &x.adding, &x.removing}) {
    if ((bits & bit) != 0)
      *list = get_nodes(from);
    bit *= 2;
  }
  if ((bits & recovery_bit) != 0)
    x.recovery = static_cast<leader_recovery>(from.number<std::uint8_t>());
  return x;
}

// The order of the variant is the kind in the log.
result<record> get_record(field_reader& from) {
  const auto kind = from.number<std::uint8_t>();
  switch (kind) {
    case 0: return record{no_op{}};
    case 1: return record{get_founded(from)};
    case 2: return record{get_registered(from)};
    case 3: return record{get_broker_change(from)};
    case 4: return record{broker_unregistered{get_node(from)}};
    case 5: return record{get_topic(from)};
    case 6: return record{topic_deleted{from.text()}};
    case 7: {
      auto id = from.text();
      return record{partitions_created{std::move(id), get_partitions(from)}};
    }
    case 8: return record{get_partition_change(from)};
    case 9: {
      auto id = from.text();
      return record{configs_altered{std::move(id), get_settings(from)}};
    }
    case 10: {
      auto name = from.text();
      return record{setting_altered{std::move(name), from.text()}};
    }
    default:
      return error{errc::unsupported_format,
                   fmt::format("a metadata record of kind {} is not known", kind)};
  }
}

}  // namespace

bytes encode_records(std::span<const record> batch) {
  field_writer out;
  out.put(record_batch_version);
  out.put(static_cast<std::int32_t>(batch.size()));
  for (const auto& each : batch) {
    out.put(static_cast<std::uint8_t>(each.index()));
    std::visit([&](const auto& x) { put(out, x); }, each);
  }
  return out.take();
}

result<records> decode_records(byte_view batch) {
  field_reader from{batch};
  const auto version = from.number<std::int16_t>();
  if (from.good() && version > record_batch_version)
    return error{errc::unsupported_format,
                 fmt::format("metadata records have format {}, this version knows formats up to {}",
                             version, record_batch_version)};
  if (version < 1)
    return damaged("a batch of metadata records does not begin as one");
  records found;
  for (auto left = from.count(); left > 0 && from.good(); --left) {
    auto next = get_record(from);
    if (!from.good())
      break;
    if (!next)
      return next.error();
    found.push_back(std::move(*next));
  }
  if (!from.at_end())
    return damaged("a batch of metadata records does not have its fields");
  return found;
}

}  // namespace troupe::controller
