#include "tests/support/e2e/history.hpp"

#include "app/admin_client.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>
#include <set>

namespace troupe::test {

std::string numbering_producer::value_of(std::int64_t number) const {
  auto value = fmt::format("{}/{}/", key_, number);
  while (value.size() < value_bytes_)
    value += static_cast<char>('a' + (number + static_cast<std::int64_t>(value.size())) % 26);
  return value;
}

void numbering_producer::run(const app::server_url& server, const std::atomic<bool>& stop) {
  app::http_client http(server, std::chrono::seconds(10));
  while (!stop) {
    app::produce_body body(http::embedded_format::text);
    auto first = next_;
    for (; next_ < first + batch_; ++next_)
      body.add(key_, value_of(next_));
    auto acks = app::send_records(http, topic_, http::embedded_format::text, "all", body.take());
    if (stop || (!acks && acks.error().code == app::exit_unreachable))
      return;
    for (std::size_t i = 0; acks && i < acks->size(); ++i)
      if ((*acks)[i].ok())
        acknowledged_[first + static_cast<std::int64_t>(i)] = {(*acks)[i].partition,
                                                               (*acks)[i].offset};
  }
}

std::vector<stored_record> read_topic(const app::server_url& server, const std::string& topic) {
  app::http_client http(server);
  app::admin_client admin(http);
  std::vector<stored_record> all;
  auto partitions = admin.partitions(topic).value();
  for (std::int32_t p = 0; p < partitions; ++p) {
    auto range = admin.offsets(topic, p).value();
    app::fetch_options fetch;
    fetch.partition = p;
    fetch.offset = range.begin;
    while (fetch.offset < range.end) {
      auto next = app::fetch_records(http, topic, fetch, [&](const boost::json::object& record) {
        all.push_back({p, record.at("offset").as_int64(), std::string(record.at("key").as_string()),
                       std::string(record.at("value").as_string())});
      });
      if (next.value() == fetch.offset)
        break;
      fetch.offset = *next;
    }
  }
  return all;
}

namespace {

/// "key/17/..." -> 17.
std::int64_t number_of(const std::string& value, const std::string& key) {
  std::int64_t number = -1;
  if (value.starts_with(key + "/"))
    std::from_chars(value.data() + key.size() + 1, value.data() + value.size(), number);
  return number;
}

void check_producer(const std::vector<const stored_record*>& log,
                    const numbering_producer& producer, std::vector<std::string>& wrong) {
  std::set<std::int64_t> seen;
  std::int64_t last = -1;
  std::map<std::pair<std::int32_t, offset_t>, std::int64_t> at_place;
  for (const auto* record : log) {
    auto number = number_of(record->value, producer.key());
    auto place = fmt::format("{} at partition {} offset {}", producer.key(), record->partition,
                             record->offset);
    if (number < 0 || number >= producer.sent())
      wrong.push_back(fmt::format("{}: number {} was never sent", place, number));
    else if (record->value != producer.value_of(number))
      wrong.push_back(fmt::format("{}: number {} has other content", place, number));
    if (!seen.insert(number).second)
      wrong.push_back(fmt::format("{}: number {} is there twice", place, number));
    if (number < last)
      wrong.push_back(fmt::format("{}: number {} comes after {}", place, number, last));
    last = std::max(last, number);
    at_place[{record->partition, record->offset}] = number;
  }
  for (const auto& [number, ack] : producer.acknowledged()) {
    auto found = at_place.find({ack.partition, ack.offset});
    if (found == at_place.end() || found->second != number)
      wrong.push_back(fmt::format("{} number {}: acknowledged at partition {} offset {}, {}",
                                  producer.key(), number, ack.partition, ack.offset,
                                  seen.contains(number) ? "stored elsewhere" : "lost"));
  }
}

}  // namespace

std::vector<std::string> check_history(const std::vector<stored_record>& log,
                                       const std::vector<numbering_producer>& producers) {
  std::map<std::string, std::vector<const stored_record*>> by_key;
  std::vector<std::string> wrong;
  for (const auto& record : log)
    by_key[record.key].push_back(&record);
  for (const auto& producer : producers)
    check_producer(by_key[producer.key()], producer, wrong);
  for (const auto& [key, records] : by_key) {
    bool known = false;
    for (const auto& producer : producers)
      known = known || producer.key() == key;
    if (!known)
      wrong.push_back(fmt::format("key '{}' was never sent", key));
  }
  return wrong;
}

}  // namespace troupe::test
