#include "runtime/controller/cluster_state.hpp"
#include "runtime/metadata/field_io.hpp"

namespace troupe::controller {

namespace {

constexpr std::string_view magic = "TRPCTRL\n";

records records_of(const cluster_state& state) {
  const auto& image = state.image();
  records all;
  if (!image.cluster_id.empty())
    all.emplace_back(cluster_founded{image.cluster_id, state.version()});
  for (const auto& broker : image.brokers)
    all.emplace_back(broker_registered{broker});
  for (const auto& [name, value] : image.settings)
    all.emplace_back(setting_altered{name, value});
  for (const auto& [name, topic] : image.topics)
    all.emplace_back(topic_created{name,
                                   topic->id,
                                   topic->internal,
                                   topic->config.overrides(),
                                   {topic->partitions.begin(), topic->partitions.end()}});
  return all;
}

}  // namespace

bytes encode_snapshot(const cluster_state& state) {
  field_writer head;
  head.put_raw(magic);
  head.put(state.offset());
  auto data = head.take();
  const auto body = encode_records(records_of(state));
  data.insert(data.end(), body.begin(), body.end());
  return data;
}

result<cluster_state> decode_snapshot(byte_view data) {
  constexpr auto head = magic.size() + sizeof(offset_t);
  if (data.size() < head || !as_text(data).starts_with(magic))
    return error{errc::damaged_data, "the snapshot of the metadata does not begin as one"};
  const auto offset = load_be<offset_t>(data.data() + magic.size());
  auto all = decode_records(data.subspan(head));
  if (!all)
    return all.error();
  cluster_state state;
  if (offset < 0)
    return all->empty() ? result<cluster_state>{state}
                        : error{errc::damaged_data, "the snapshot of the metadata has no offset"};
  if (auto done = state.apply(offset, *all); !done)
    return done.error();
  return state;
}

}  // namespace troupe::controller
