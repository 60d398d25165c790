#include "http/produce.hpp"

#include "http/ask.hpp"
#include "http/parse_query.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/record/partitioner.hpp"

#include <boost/container/small_vector.hpp>
#include <fmt/format.h>

#include <numeric>

namespace troupe::http {

namespace {

/// Records of one partition, next to each other in the job's order, that became one batch.
struct outgoing_batch {
  std::size_t first = 0;
  std::size_t end = 0;
  produce_request request;
  produce_response answer;
};

/// One in most requests.
using outgoing_batches = boost::container::small_vector<outgoing_batch, 1>;

/// One call of produce_records, up to the sending and from the answers on.
class produce_job {
 public:
  produce_job(const topic_metadata& topic, std::span<const incoming_record> records,
              produce_options options, timestamp_ms now)
      : topic_(topic),
        records_(records),
        options_(options),
        now_(now),
        bytes_max_(topic.config.max_message_bytes()),
        results_(records.size()) {}

  void prepare(sticky_partitioner& sticky) {
    choose_partitions(sticky);
    sort_by_partition();
    build_batches();
  }

  outgoing_batches& batches() { return batches_; }

  std::vector<record_result> finish() {
    for (const auto& batch : batches_)
      for (std::size_t i = batch.first; i < batch.end; ++i)
        report(order_[i], batch.answer, static_cast<offset_t>(i - batch.first));
    return std::move(results_);
  }

 private:
  void choose_partitions(sticky_partitioner& sticky) {
    std::optional<partition_id> unkeyed;
    order_.reserve(records_.size());
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const auto& record = records_[i];
      if (record.rejected) {
        fail(i, *record.rejected);
        continue;
      }
      partition_id chosen{};
      if (record.partition) {
        chosen = *record.partition;
      } else if (record.data.key) {
        chosen = partition_for_key(*record.data.key, topic_.partition_count());
      } else {
        if (!unkeyed)
          unkeyed = sticky.next_batch(topic_.partition_count());
        chosen = *unkeyed;
      }
      admit(i, chosen);
    }
  }

  /// Takes record `i` into the order, unless it can have no place in the log.
  void admit(std::size_t i, partition_id chosen) {
    results_[i].partition = chosen;
    auto number = value_of(chosen);
    if (number < 0 || number >= topic_.partition_count())
      return fail(i, {errc::unknown_partition,
                      fmt::format("Partition {} of topic '{}' does not exist; it has {}.", number,
                                  topic_.name, topic_.partition_count())});
    std::size_t size = batch_header_size + encoded_size_bound(records_[i].data);
    if (size > bytes_max_)
      return fail(i, {errc::record_too_large,
                      fmt::format("The record takes {} bytes; topic '{}' takes up to {} "
                                  "(max.message.bytes).",
                                  size, topic_.name, bytes_max_)});
    order_.push_back(i);
  }

  void sort_by_partition() {
    auto partition_of = [this](std::size_t i) { return results_[i].partition; };
    auto by_partition = [&](std::size_t a, std::size_t b) {
      return partition_of(a) < partition_of(b);
    };
    if (!std::is_sorted(order_.begin(), order_.end(), by_partition))
      std::stable_sort(order_.begin(), order_.end(), by_partition);
  }

  void build_batches() {
    batch_builder builder{topic_.config.compression()};
    for (std::size_t first = 0; first < order_.size();) {
      partition_id partition = results_[order_[first]].partition;
      std::size_t size = batch_header_size;
      std::size_t end = first;
      for (; end < order_.size() && results_[order_[end]].partition == partition; ++end) {
        std::size_t grown = size + encoded_size_bound(records_[order_[end]].data);
        if (grown > bytes_max_)
          break;
        size = grown;
      }
      builder.reserve(size - batch_header_size);
      for (std::size_t i = first; i < end; ++i)
        builder.add(stamped(order_[i]));
      produce_request request{
          {topic_.name, partition}, builder.finish(), options_.acks, options_.timeout_ms};
      batches_.push_back({first, end, std::move(request), {}});
      first = end;
    }
  }

  record_data stamped(std::size_t i) {
    record_data data = records_[i].data;
    if (!records_[i].has_timestamp)
      data.timestamp = now_;
    results_[i].timestamp = data.timestamp;
    return data;
  }

  void report(std::size_t i, const produce_response& answer, offset_t delta) {
    if (!answer.result.ok())
      return fail(i, {answer.result.code, answer.result.message});
    if (answer.append_time != no_timestamp)
      results_[i].timestamp = answer.append_time;
    if (options_.acks != required_acks::none && answer.base_offset != no_offset)
      results_[i].offset = answer.base_offset + delta;
  }

  void fail(std::size_t i, error why) {
    results_[i].code = why.code;
    results_[i].message = std::move(why.message);
  }

  const topic_metadata& topic_;
  std::span<const incoming_record> records_;
  produce_options options_;
  timestamp_ms now_;
  std::size_t bytes_max_;
  std::vector<record_result> results_;
  boost::container::small_vector<std::size_t, 8> order_;  // of those sent, by partition
  outgoing_batches batches_;
};

/// Sends the only batch.
template <class Resume>
void send_one(broker_client& broker, outgoing_batch& batch, Resume resume) {
  auto store = [then = std::move(resume), &batch](produce_response answer) mutable {
    batch.answer = std::move(answer);
    std::move(then)();
  };
  broker.produce(std::move(batch.request), callback<void(produce_response)>{std::move(store)});
}

/// Sends several side by side; the last answer resumes.
template <class Resume>
void send_several(broker_client& broker, outgoing_batches& batches, Resume resume) {
  struct countdown {
    Resume then;
    std::size_t left;
  };
  auto shared = std::make_shared<countdown>(countdown{std::move(resume), batches.size()});
  for (auto& batch : batches) {
    auto store = [shared, &batch](produce_response answer) {
      batch.answer = std::move(answer);
      if (--shared->left != 0)
        return;
      // Out of the shared state first: the coroutine that goes on may destroy it.
      auto then = std::move(shared->then);
      std::move(then)();
    };
    broker.produce(std::move(batch.request), callback<void(produce_response)>{std::move(store)});
  }
}

/// Sends all batches at once, in order, and resumes when the last answer has come.
auto answers_of(broker_client& broker, outgoing_batches& batches) {
  return waiting<void()>([&broker, &batches](auto resume) {
    if (batches.size() == 1)
      send_one(broker, batches.front(), std::move(resume));
    else
      send_several(broker, batches, std::move(resume));
  });
}

}  // namespace

result<produce_options> parse_produce_options(const request& from) {
  produce_options out;
  if (const auto* acks = from.find_query("acks")) {
    if (*acks == "0")
      out.acks = required_acks::none;
    else if (*acks == "1")
      out.acks = required_acks::leader;
    else if (*acks != "all" && *acks != "-1")
      return error{errc::invalid_required_acks,
                   fmt::format("acks must be 0, 1 or all, not '{}'.", *acks)};
  }
  auto timeout =
      query_integer(from.query, "timeout", out.timeout_ms, 1, limits::produce_timeout_ms_max);
  if (!timeout)
    return timeout.error();
  out.timeout_ms = static_cast<std::int32_t>(*timeout);
  return out;
}

std::uint32_t sticky_seed(exchange& from) {
  auto ticks = static_cast<std::uint64_t>(from.time().now().time_since_epoch().count());
  return static_cast<std::uint32_t>(
      (ticks + std::hash<std::string>{}(from.req.id)) * 0x9e3779b97f4a7c15u >> 32);
}

task<std::vector<record_result>> produce_records(broker_client& broker, const topic_metadata& topic,
                                                 std::span<const incoming_record> records,
                                                 produce_options options,
                                                 sticky_partitioner& sticky, timestamp_ms now) {
  produce_job job{topic, records, options, now};
  job.prepare(sticky);
  if (!job.batches().empty()) {
    auto answers = answers_of(broker, job.batches());
    // Awaitable once only, though it may be as small as a copy.
    co_await std::move(answers);  // NOLINT(performance-move-const-arg)
  }
  co_return job.finish();
}

}  // namespace troupe::http
