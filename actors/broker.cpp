#include "actors/broker.hpp"

#include "actors/data_directory.hpp"
#include "actors/mailbox.hpp"
#include "actors/outcomes.hpp"
#include "actors/partition.hpp"
#include "actors/remover.hpp"

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto tick_interval = 1s;
/// Creations that share one sync.
constexpr std::size_t creations_max = 1'000;
/// Partitions being closed at once: enough to share syncs, few enough for the descriptors that
/// their files need meanwhile.
constexpr std::size_t closing_max = 2'000;

}  // namespace

broker::broker(caf::actor_config& config, broker_options options)
    : broker_actor::base(config), options_(std::move(options)), ids_(options_.seed) {}

broker::~broker() = default;

void broker::on_exit() {
  if (remover_)
    caf::anon_send_exit(remover_, caf::exit_reason::user_shutdown);
  remover_ = nullptr;
}

broker::behavior_type broker::make_behavior() {
  recover();
  watch_disk();
  next_retention_ = options_.node->time.now() + options_.config.retention_interval;
  delayed_send(this, tick_interval, broker_tick{});
  using answered = caf::delegated<topic_response>;
  return {
      [this](const create_topic_request& what) -> answered {
        on_create(what);
        return {};
      },
      [this](const delete_topic_request& what) -> answered {
        on_delete(what);
        return {};
      },
      [this](const create_partitions_request& what) -> answered {
        on_create_partitions(what);
        return {};
      },
      [this](const alter_topic_request& what) -> answered {
        on_alter(what);
        return {};
      },
      [this](const partition_opened& what) { on_opened(what); },
      [this](broker_tick) { on_tick(); },
      [this](await_recovery) -> caf::delegated<recovery_done> {
        recovery_waiter_ = reply_to<recovery_done>::take(*this);
        finish_recovery();
        return {};
      },
      [this](stop_broker) -> caf::delegated<broker_stopped> {
        stop_waiter_ = reply_to<broker_stopped>::take(*this);
        on_stop();
        return {};
      },
  };
}

// -- recovery -------------------------------------------------------------------

void broker::recover() {
  auto& state = options_.store->state();
  auto view = std::make_shared<node_view>();
  view->image = state.image;
  recovering_ = state.partitions;
  recovery_.partitions = state.partitions;
  for (auto& [name, topic] : state.image->topics)
    open_topic(*view, topic, true);
  options_.node->publish(std::move(view));
}

void broker::on_opened(const partition_opened& what) {
  for (auto& remark : what.report.remarks)
    spdlog::warn("{}: {}", to_string(what.id), remark);
  if (!what.result.ok()) {
    spdlog::error("{} cannot be opened: {}", to_string(what.id), what.result.message);
    ++recovery_.failed;
  }
  recovery_.scanned_bytes += what.report.scanned_bytes;
  recovery_.rebuilt_indexes += what.report.rebuilt_indexes;
  recovery_.torn_bytes += what.report.torn_bytes;
  recovery_.damaged_bytes += what.report.damaged_bytes;
  if (recovering_ > 0)
    --recovering_;
  finish_recovery();
}

void broker::finish_recovery() {
  if (recovering_ > 0)
    return;
  options_.node->recovered.store(true, std::memory_order_release);
  if (recovery_waiter_)
    recovery_waiter_.send(*this, recovery_);
}

partition_ref broker::start_partition(const topic_ptr& topic, std::int32_t index, bool report) {
  partition_ref started;
  started.gauges = std::make_shared<partition_gauges>();
  partition_options what;
  what.node = options_.node;
  what.topic = topic;
  what.id = partition_id{index};
  what.gauges = started.gauges;
  what.counters = counters_of(topic->name);
  what.flusher = options_.flusher;
  if (report)
    what.report_to = this;
  started.actor = system().spawn<partition>(std::move(what));
  if (options_.supervisor)
    send(options_.supervisor, watch_request{caf::actor_cast<caf::strong_actor_ptr>(started.actor),
                                            fmt::format("partition {}-{}", topic->name, index)});
  return started;
}

std::shared_ptr<topic_counters> broker::counters_of(const std::string& topic) {
  if (options_.metrics == nullptr)
    return nullptr;
  auto& known = counters_[topic];
  if (known == nullptr)
    known = topic_counters::make(options_.metrics, topic);
  return known;
}

void broker::open_topic(node_view& view, const topic_ptr& topic, bool report) {
  auto partitions = std::make_shared<std::vector<partition_ref>>();
  if (auto known = view.topics.find(topic->name); known != view.topics.end())
    *partitions = *known->second;
  partitions->reserve(topic->partitions.size());
  for (auto i = static_cast<std::int32_t>(partitions->size()); i < topic->partition_count(); ++i)
    partitions->push_back(start_partition(topic, i, report));
  view.topics.insert_or_assign(topic->name, std::move(partitions));
}

// -- changes --------------------------------------------------------------------

void broker::on_create(const create_topic_request& what) {
  auto who = reply::take(*this);
  auto same_name = [&](const planned_creation& x) { return x.what.name == what.name; };
  if (std::any_of(creations_.begin(), creations_.end(), same_name))
    commit_creations();
  topic_defaults defaults{options_.config.partitions, options_.config.flush};
  auto plan = plan_creation(options_.store->state(), what, defaults, ids_);
  if (!plan)
    answer(who, plan.error());
  else if (what.validate_only)
    answer(who, {});
  else
    creations_.push_back({std::move(who), std::move(plan.value())});
  if (is_last_of_burst(*this) || creations_.size() >= creations_max)
    commit_creations();
}

void broker::commit_creations() {
  if (creations_.empty())
    return;
  auto burst = std::move(creations_);
  creations_.clear();
  std::vector<metadata_change> changes;
  for (auto& each : burst)
    changes.emplace_back(each.what);
  auto ended = commit(changes);
  if (ended) {
    auto view = next_view();
    for (auto& each : burst)
      open_topic(*view, view->image->find(each.what.name), false);
    options_.node->publish(std::move(view));
  }
  for (auto& each : burst)
    answer(each.who, ended);
}

void broker::on_delete(const delete_topic_request& what) {
  commit_creations();
  auto who = reply::take(*this);
  auto plan = plan_deletion(options_.store->state(), what);
  if (!plan)
    return answer(who, plan.error());
  auto topic = options_.store->state().image->find(what.name);
  metadata_change change = std::move(plan.value());
  if (auto ended = commit({&change, 1}); !ended)
    return answer(who, ended);
  auto view = next_view();
  auto partitions = view->topics.at(what.name);
  view->topics.erase(what.name);
  options_.node->publish(std::move(view));
  struct progress {
    std::size_t left;
    bool clean = true;
    reply who;
  };
  auto state = std::make_shared<progress>(progress{partitions->size(), true, std::move(who)});
  auto closed = [this, state, topic](bool clean) {
    state->clean = state->clean && clean;
    if (--state->left == 0)
      remove_files(topic, state->clean, std::move(state->who));
  };
  for (auto& each : *partitions)
    request(each.actor, caf::infinite, close_partition{true})
        .then([closed](const partition_closed& x) { closed(x.result.ok()); },
              [closed](const caf::error&) { closed(false); });
}

void broker::remove_files(const topic_ptr& topic, bool closed, reply who) {
  if (!closed)
    return finish_deletion(*topic, error{errc::storage_error}, who);
  if (!remover_)
    remover_ = system().spawn<remover, caf::detached>(options_.node);
  auto waiting = std::make_shared<reply>(std::move(who));
  request(remover_, caf::infinite, remove_directories{topic->name, topic->partition_count()})
      .then(
          [this, topic, waiting](const directories_gone& x) {
            finish_deletion(*topic, as_result(x.result), *waiting);
          },
          [this, topic, waiting](const caf::error&) {
            finish_deletion(*topic, error{errc::storage_error}, *waiting);
          });
}

void broker::finish_deletion(const topic_metadata& topic, const result<void>& removed, reply& who) {
  // Otherwise the name stays taken, and the next start tries again.
  if (!removed) {
    spdlog::warn("the files of topic {} are not all removed: {}", topic.name,
                 removed.error().message);
  } else {
    metadata_change change = directories_removed{topic.id};
    if (auto ended = commit({&change, 1}); !ended)
      spdlog::warn("deletion of topic {} is not written down: {}", topic.name,
                   ended.error().message);
  }
  // The partitions have let go of it.
  counters_.erase(topic.name);
  answer(who, {});
}

void broker::on_create_partitions(const create_partitions_request& what) {
  commit_creations();
  auto who = reply::take(*this);
  auto plan = plan_partitions(options_.store->state(), what);
  if (!plan)
    return answer(who, plan.error());
  if (what.validate_only)
    return answer(who, {});
  metadata_change change = std::move(plan.value());
  auto ended = commit({&change, 1});
  if (ended) {
    auto view = next_view();
    open_topic(*view, view->image->find(what.name), false);
    options_.node->publish(std::move(view));
  }
  answer(who, ended);
}

void broker::on_alter(const alter_topic_request& what) {
  commit_creations();
  auto who = reply::take(*this);
  auto plan = plan_alteration(options_.store->state(), what);
  if (!plan)
    return answer(who, plan.error());
  if (what.validate_only)
    return answer(who, {});
  metadata_change change = std::move(plan.value());
  auto ended = commit({&change, 1});
  if (ended) {
    auto view = next_view();
    for (auto& each : *view->topics.at(what.name))
      send(each.actor, partition_settings{view->image->find(what.name)});
    options_.node->publish(std::move(view));
  }
  answer(who, ended);
}

result<void> broker::commit(std::span<const metadata_change> changes) {
  if (options_.node->failed.load(std::memory_order_acquire))
    return error{errc::storage_error, options_.node->status().reason};
  auto ended = options_.store->append(changes);
  if (ended) {
    ended = sync_metadata(options_.node->files, *options_.store);
    if (!ended)
      options_.node->fail("sync of the metadata failed: " + ended.error().message);
  }
  if (!ended)
    spdlog::error("metadata cannot be written: {}", ended.error().message);
  return ended;
}

std::shared_ptr<node_view> broker::next_view() const {
  auto next = std::make_shared<node_view>(*options_.node->view());
  next->image = options_.store->state().image;
  return next;
}

void broker::answer(reply& who, const result<void>& how) {
  who.send(*this, topic_response{as_outcome(how)});
}

// -- stopping -------------------------------------------------------------------

void broker::on_stop() {
  commit_creations();
  options_.node->stopping.store(true, std::memory_order_release);
  const auto view = options_.node->view();
  for (auto& [name, partitions] : view->topics)
    for (auto& each : *partitions)
      to_close_.push_back(each.actor);
  close_next();
}

void broker::close_next() {
  while (closing_ < closing_max && !to_close_.empty()) {
    ++closing_;
    auto next = std::move(to_close_.back());
    to_close_.pop_back();
    request(next, caf::infinite, close_partition{})
        .then([this](const partition_closed& x) { on_closed(x.result); },
              [this](const caf::error&) {
                on_closed({errc::log_closed, "a partition has ended already"});
              });
  }
  if (closing_ > 0)
    return;
  stop_waiter_.send(*this, stopped_);
  options_.store = nullptr;
  quit(caf::exit_reason::normal);
}

void broker::on_closed(const outcome& how) {
  if (!how.ok() && stopped_.result.ok())
    stopped_.result = how;
  --closing_;
  close_next();
}

// -- now and then ---------------------------------------------------------------

void broker::on_tick() {
  watch_disk();
  if (options_.node->time.now() >= next_retention_) {
    next_retention_ = options_.node->time.now() + options_.config.retention_interval;
    apply_retention();
  }
  delayed_send(this, tick_interval, broker_tick{});
}

void broker::watch_disk() {
  auto& node = *options_.node;
  auto space = node.files.space(node.data_directory);
  if (!space)
    return;
  node.set_space(*space);
  const auto reserve = options_.config.disk_reserve_bytes;
  const bool was_full = node.disk_full.load(std::memory_order_relaxed);
  // Above the reserve by a tenth before writes are taken again, so that it does not flutter.
  const bool is_full = space->free_bytes < (was_full ? reserve + reserve / 10 : reserve);
  if (is_full == was_full)
    return;
  node.disk_full.store(is_full, std::memory_order_relaxed);
  if (is_full)
    spdlog::warn("{} bytes are free on the disk of {}: produce is refused", space->free_bytes,
                 node.data_directory);
  else
    spdlog::info("{} bytes are free on the disk of {}: produce is taken again", space->free_bytes,
                 node.data_directory);
}

void broker::apply_retention() {
  auto view = options_.node->view();
  for (auto& [name, partitions] : view->topics)
    for (auto& each : *partitions)
      // Only sealed segments are ever deleted.
      if (each.gauges->segments.load(std::memory_order_relaxed) > 1)
        send(each.actor, retention_tick{});
}

}  // namespace troupe
