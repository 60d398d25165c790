#include "actors/partition.hpp"

#include "actors/loop_pool.hpp"
#include "actors/mailbox.hpp"
#include "actors/outcomes.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// A burst is written in steps of this size even while more messages arrive.
constexpr std::size_t write_bytes_max = 4 * limits::MiB;

}  // namespace

partition::partition(caf::actor_config& config, partition_options options)
    : partition_actor::base(config), options_(std::move(options)) {}

partition::~partition() = default;

void partition::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) {
  // The flusher and timers of other threads wake the partition where its clients are.
  if (auto* home = home_.load(std::memory_order_relaxed);
      home != nullptr && loop::current() == nullptr)
    unit = home;
  super::enqueue(std::move(what), unit);
}

partition::behavior_type partition::make_behavior() {
  open();
  return {
      [this](produce_request& what) -> caf::delegated<produce_response> {
        on_produce(what);
        end_message();
        return {};
      },
      [this](fetch_request& what) -> caf::delegated<fetch_response> {
        on_fetch(what);
        end_message();
        return {};
      },
      [this](const list_offsets_request& what) {
        auto answer = on_list_offsets(what);
        end_message();
        return answer;
      },
      [this](const delete_records_request& what) {
        auto answer = on_delete_records(what);
        end_message();
        return answer;
      },
      [this](fetch_tick) {
        on_fetch_tick();
        end_message();
      },
      [this](partition_settings& what) {
        on_settings(what);
        end_message();
      },
      [this](retention_tick) {
        on_retention();
        end_message();
      },
      [this](const close_partition& what) -> caf::delegated<partition_closed> {
        on_close(what);
        end_message();
        return {};
      },
  };
}

// -- opening and closing --------------------------------------------------------

void partition::open() {
  auto& node = *options_.node;
  partition_opened report{where(), {}, {}};
  auto opened = partition_log::open(node.files, node.data_directory + "/" + to_string(where()),
                                    options_.topic->config.log(), node.time, report.report);
  if (opened) {
    log_ = std::move(opened.value());
    leader_options options;
    options.flush = options_.topic->config.flush();
    core_ =
        std::make_unique<partition_leader>(options, sole_replica(options.replicas.self, epoch()),
                                           leader_ends{.log_start = log_->log_start(),
                                                       .durable = log_->durable_end(),
                                                       .written = log_->written_end()});
    counted_end_ = log_->log_end();
    dirty_ = core_->should_sync();
    refresh_gauges();
  } else {
    report.result = as_outcome(opened.error());
    fail_storage(opened.error());
  }
  if (options_.report_to)
    send(options_.report_to, std::move(report));
  options_.report_to = nullptr;
  if (dirty_)
    send(this, fetch_tick{});
}

void partition::on_close(const close_partition& what) {
  closed_ = reply_to<partition_closed>::take(*this);
  closing_ = true;
  removed_ = what.remove;
  dirty_ = true;
  if (core_) {
    auto why = what.remove ? errc::unknown_topic : errc::shutting_down;
    core_->release_fetches(why);
    if (what.remove)
      core_->release_produces(why);
  }
  if (what.remove) {
    answer_produces();
    answer_fetches();
  }
}

void partition::try_close() {
  // The flusher must not find that what it is about to sync has been deleted.
  if (removed_ && syncing_)
    return;
  if (removed_ || !log_ || !core_ || core_->has_failed() || !failure_.empty())
    return close_log();
  if (syncing_)
    return;
  if (core_->has_unsynced()) {
    // A topic of the page cache too: what is cached now shall survive an orderly stop.
    auto options = options_.topic->config.log();
    options.syncs = true;
    log_->set_options(options);
    begin_sync();
    if (syncing_)
      return;
  }
  close_log();
}

void partition::close_log() {
  partition_closed answer;
  if (log_ && !removed_) {
    auto ended = log_->close();
    if (!ended && failure_.empty())
      answer.result = as_outcome(ended.error());
  }
  log_.reset();
  options_.counters.reset();
  options_.gauges->online = false;
  closed_.send(*this, std::move(answer));
  quit(caf::exit_reason::normal);
}

void partition::on_settings(partition_settings& what) {
  options_.topic = std::move(what.topic);
  if (!log_)
    return;
  log_->set_options(options_.topic->config.log());
  core_->set_flush(options_.topic->config.flush());
  dirty_ = true;
}

void partition::on_retention() {
  if (!log_ || core_->has_failed() || closing_)
    return;
  auto deleted = log_->apply_retention(core_->high_watermark());
  if (!deleted && log_->poisoned())
    return fail_storage(deleted.error());
  core_->advance_log_start(log_->log_start());
  refresh_gauges();
}

// -- producing ------------------------------------------------------------------

outcome partition::refuse_produce(const produce_request& what) const {
  if (closing_)
    return {errc::shutting_down, "the partition is being closed"};
  if (!log_ || core_->has_failed() || options_.node->failed.load(std::memory_order_relaxed))
    return storage_outcome();
  if (options_.node->disk_full.load(std::memory_order_relaxed))
    return as_outcome(errc::disk_full);
  const auto& config = options_.topic->config;
  if (const auto in_sync = in_sync_replicas();
      what.acks == required_acks::all && in_sync < config.min_insync_replicas())
    return {errc::not_enough_replicas,
            fmt::format("{} of the replicas of {} are in sync; min.insync.replicas is {}", in_sync,
                        to_string(where()), config.min_insync_replicas())};
  auto bytes_max = config.max_message_bytes();
  if (what.batch.size() > bytes_max)
    return {errc::record_too_large,
            fmt::format("the batch has {} bytes; max.message.bytes of {} "
                        "is {}",
                        what.batch.size(), options_.topic->name, bytes_max)};
  if (auto code = core_->admit(what.batch.size()); code != errc::none)
    return as_outcome(code);
  return {};
}

std::int32_t partition::in_sync_replicas() const {
  const auto& known = options_.topic->partitions[static_cast<std::size_t>(value_of(options_.id))];
  // The leader is always in sync with itself.
  return std::max(1, static_cast<std::int32_t>(known.isr.size()));
}

void partition::on_produce(produce_request& what) {
  home_.store(loop::current(), std::memory_order_relaxed);
  auto reply = reply_to<produce_response>::take(*this);
  produce_response answer;
  answer.result = refuse_produce(what);
  const auto size = what.batch.size();
  // Gateways of this node build or check what they send; nobody else is believed.
  if (answer.result.ok() && reply && reply.source()->node() != this->node())
    if (auto good = check_produced_batch(what.batch, size); !good)
      answer.result = as_outcome(good.error());
  if (!answer.result.ok())
    return reply.send(*this, std::move(answer));
  auto taken = log_->append(std::move(what.batch), epoch());
  if (!taken) {
    fail_storage(taken.error());
    answer.result = storage_outcome();
    return reply.send(*this, std::move(answer));
  }
  core_->appended(taken->last_offset + 1, size);
  produced_bytes_ += size;
  dirty_ = true;
  if (what.acks != required_acks::none && reply)
    return core_->await_ack(
        what.acks, produces_.put({std::move(reply), taken->base_offset, taken->append_time}));
  answer.base_offset = taken->base_offset;
  answer.append_time = taken->append_time;
  answer.log_start = core_->log_start();
  reply.send(*this, std::move(answer));
}

void partition::end_message() {
  if (!dirty_)
    return;
  if (is_last_of_burst(*this) || (log_ && log_->pending_bytes() >= write_bytes_max))
    step();
}

void partition::step() {
  dirty_ = false;
  if (log_ && core_) {
    if (core_->should_write())
      write();
    if (core_->should_sync() && !removed_)
      begin_sync();
    answer_produces();
    answer_fetches();
    refresh_gauges();
  }
  if (closing_ && (log_ || closed_))
    try_close();
}

void partition::write() {
  auto ended = log_->write();
  if (ended) {
    core_->written();
    count_produced();
  } else if (!log_->poisoned()) {
    core_->write_refused(ended.error().code);
    produced_bytes_ = 0;
  } else {
    fail_storage(ended.error());
  }
}

void partition::count_produced() {
  auto records = core_->log_end() - counted_end_;
  counted_end_ = core_->log_end();
  if (options_.counters)
    options_.counters->produced(records, produced_bytes_);
  produced_bytes_ = 0;
}

void partition::begin_sync() {
  auto ticket = log_->begin_sync();
  if (!ticket)
    return;
  syncing_ = true;
  flush_request what{std::move(*ticket)};
  request(options_.flusher, caf::infinite, std::move(what))
      .then([this](const flush_response& ended) { end_sync(as_result(ended.result)); },
            [this](const caf::error&) {
              end_sync(error{errc::storage_error, "the flusher has ended"});
            });
}

void partition::end_sync(const result<void>& how) {
  syncing_ = false;
  if (!log_)
    return;
  log_->end_sync(how);
  if (how)
    core_->synced(log_->durable_end());
  else
    fail_storage(how.error());
  dirty_ = true;
  end_message();
}

void partition::answer_produces() {
  core_->take_produces(produce_answers_);
  for (auto [who, code] : produce_answers_) {
    auto waiting = produces_.take(who);
    produce_response answer;
    if (code == errc::storage_error)
      answer.result = storage_outcome();
    else if (code != errc::none)
      answer.result = as_outcome(code);
    else
      answer.base_offset = waiting.base_offset;
    answer.append_time = waiting.append_time;
    answer.log_start = core_->log_start();
    waiting.reply.send(*this, std::move(answer));
  }
}

void partition::fail_storage(const error& why) {
  if (failure_.empty())
    failure_ = fmt::format("{}: {}", to_string(where()), why.message);
  options_.gauges->online = false;
  if (core_ && !core_->has_failed())
    core_->failed();
  dirty_ = true;
}

outcome partition::storage_outcome() const {
  if (!failure_.empty())
    return {errc::storage_error, failure_};
  if (auto status = options_.node->status(); status.failed)
    return {errc::storage_error, status.reason};
  return as_outcome(errc::storage_error);
}

void partition::refresh_gauges() {
  auto& gauges = *options_.gauges;
  gauges.log_start.store(core_->log_start(), std::memory_order_relaxed);
  gauges.high_watermark.store(core_->high_watermark(), std::memory_order_relaxed);
  gauges.log_end.store(core_->log_end(), std::memory_order_relaxed);
  if (!log_)
    return;
  gauges.size_bytes.store(log_->size_bytes(), std::memory_order_relaxed);
  gauges.segments.store(static_cast<std::uint32_t>(log_->segment_count()),
                        std::memory_order_relaxed);
}

}  // namespace troupe
