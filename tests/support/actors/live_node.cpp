#include "tests/support/actors/live_node.hpp"

#include "runtime/record/batch_builder.hpp"

#include <stdexcept>

namespace troupe::testing {

bytes make_batch(const std::vector<std::string>& values) {
  batch_builder builder;
  for (auto& value : values)
    builder.add({.key = {}, .value = value, .headers = {}, .timestamp = 1'700'000'000'000});
  return builder.finish();
}

std::vector<std::string> values_of(byte_view batches, offset_t from) {
  std::vector<std::string> values;
  batch_cursor cursor{batches};
  for (byte_view batch; cursor.next(batch);) {
    auto reader = record_reader::open(batch).value();
    for (record_view record; reader.next(record).value();)
      if (record.offset >= from)
        values.emplace_back(*record.value);
  }
  return values;
}

node_options small_node(env& files, std::string directory) {
  // The root of a simulated disk has no name.
  auto parent = directory.substr(0, directory.rfind('/'));
  if (!files.exists(parent).value()) {
    files.create_directory(parent).value();
    files.sync_directory("").value();
  }
  node_options options;
  options.config.data_dir = std::move(directory);
  options.config.io_threads = 2;
  options.config.disk_reserve_bytes = 0;
  options.files = &files;
  return options;
}

live_node::live_node(node_options options) {
  auto started = node::start(std::move(options));
  if (!started)
    throw std::runtime_error{to_string(started.error())};
  node_ = std::move(*started);
}

outcome live_node::create(const std::string& topic, std::int32_t partitions,
                          std::map<std::string, std::string> configs) {
  create_topic_request what{topic, partitions, -1, std::move(configs), false};
  return ask(&broker_client::create_topic, std::move(what)).result;
}

outcome live_node::remove(const std::string& topic) {
  return ask(&broker_client::delete_topic, delete_topic_request{topic}).result;
}

produce_response live_node::produce(const std::string& topic,
                                    const std::vector<std::string>& values, required_acks acks,
                                    std::int32_t partition) {
  produce_request what{{topic, partition_id{partition}}, make_batch(values), acks, 30'000};
  return ask(&broker_client::produce, std::move(what));
}

std::future<produce_response> live_node::produce_later(const std::string& topic,
                                                       const std::vector<std::string>& values,
                                                       required_acks acks,
                                                       std::int32_t timeout_ms) {
  produce_request what{{topic, partition_id{0}}, make_batch(values), acks, timeout_ms};
  return send(&broker_client::produce, std::move(what));
}

fetch_response live_node::fetch(const std::string& topic, offset_t from, std::int32_t wait_ms,
                                std::int32_t min_bytes) {
  return fetch_later(topic, from, wait_ms, min_bytes).get();
}

std::future<fetch_response> live_node::fetch_later(const std::string& topic, offset_t from,
                                                   std::int32_t wait_ms, std::int32_t min_bytes) {
  fetch_request what{{topic, partition_id{0}},   from, 1 << 20, min_bytes, wait_ms,
                     isolation::read_uncommitted};
  return send(&broker_client::fetch, std::move(what));
}

std::vector<std::string> live_node::read_all(const std::string& topic, std::int32_t partition) {
  std::vector<std::string> all;
  for (offset_t from = 0;;) {
    fetch_request what{{topic, partition_id{partition}}, from, 1 << 20, 1, 0,
                       isolation::read_uncommitted};
    auto found = ask(&broker_client::fetch, std::move(what));
    if (!found.result.ok())
      throw std::runtime_error{found.result.message};
    for (auto& value : values_of(found.batches, from))
      all.push_back(value);
    if (found.next_offset >= found.high_watermark)
      return all;
    from = found.next_offset;
  }
}

}  // namespace troupe::testing
