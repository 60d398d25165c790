#include "app/sample_check.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace troupe::app {

namespace json = boost::json;

namespace {

constexpr std::size_t differences_max = 3;  // of a partition; one is usually enough to see why

}  // namespace

sample_check::sample_check(std::span<const catalogue_record> records,
                           std::span<const record_ack> acks, std::int32_t partitions)
    : records_(records), acks_(acks), lanes_(static_cast<std::size_t>(partitions)) {
  std::unordered_map<std::string_view, std::int32_t> partition_of_key;
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto partition = acks[i].partition;
    if (!acks[i].ok() || partition < 0 || partition >= partitions || acks[i].offset < 0) {
      before_reading_.push_back(fmt::format("record {} was not acknowledged", i));
      continue;
    }
    lanes_[static_cast<std::size_t>(partition)].expected.push_back(i);
    auto [known, is_new] = partition_of_key.emplace(records[i].key, partition);
    if (!is_new && known->second != partition)
      before_reading_.push_back(fmt::format("key '{}' went to partition {} and to {}",
                                            records[i].key, known->second, partition));
  }
  for (auto& at : lanes_)
    std::sort(at.expected.begin(), at.expected.end(),
              [&](auto a, auto b) { return acks[a].offset < acks[b].offset; });
}

void sample_check::differs(lane& at, std::string what) {
  ++at.wrong;
  if (at.differences.size() < differences_max)
    at.differences.push_back(std::move(what));
}

void sample_check::compare(lane& at, std::size_t index, const json::object& record) {
  const auto& expected = records_[index];
  auto place = fmt::format("partition {} offset {}", acks_[index].partition, acks_[index].offset);
  if (std::string_view(record.at("key").as_string()) != expected.key)
    differs(at, fmt::format("{}: the key is {}, not '{}'", place, json::serialize(record.at("key")),
                            expected.key));
  if (json::serialize(record.at("value")) != expected.value)
    differs(at, fmt::format("{}: the value of '{}' is not what was sent", place, expected.key));
  auto [last, is_new] = at.last_of_key.emplace(expected.key, index);
  if (!is_new && last->second > index)
    differs(at, fmt::format("{}: a later record of key '{}' came before", place, expected.key));
  last->second = std::max(last->second, index);
}

void sample_check::take(const json::object& record) {
  auto partition = record.at("partition").as_int64();
  auto offset = record.at("offset").as_int64();
  auto& at = lanes_.at(static_cast<std::size_t>(partition));
  // What lies between is missing; what is not expected came twice or is somebody else's.
  while (at.next < at.expected.size() && acks_[at.expected[at.next]].offset < offset) {
    differs(at, fmt::format("partition {} offset {}: missing", partition,
                            acks_[at.expected[at.next]].offset));
    ++at.next;
  }
  if (at.next == at.expected.size() || acks_[at.expected[at.next]].offset != offset) {
    differs(at, fmt::format("partition {} offset {}: nobody sent this here", partition, offset));
    return;
  }
  compare(at, at.expected[at.next], record);
  ++at.next;
}

std::size_t sample_check::missing(std::int32_t partition) const {
  const auto& at = lanes_[static_cast<std::size_t>(partition)];
  return at.expected.size() - at.next;
}

std::size_t sample_check::missing() const {
  std::size_t sum = 0;
  for (std::size_t p = 0; p < lanes_.size(); ++p)
    sum += missing(static_cast<std::int32_t>(p));
  return sum;
}

std::size_t sample_check::matched() const {
  std::size_t sum = 0;
  for (const auto& at : lanes_)
    sum += at.next - std::min(at.wrong, at.next);
  return sum;
}

std::vector<std::string> sample_check::differences() const {
  auto out = before_reading_;
  for (const auto& at : lanes_)
    out.insert(out.end(), at.differences.begin(), at.differences.end());
  if (missing() > 0)
    out.push_back(fmt::format("{} records never came", missing()));
  return out;
}

}  // namespace troupe::app
