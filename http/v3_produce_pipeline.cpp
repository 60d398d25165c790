#include "http/v3_produce_pipeline.hpp"

#include "http/ask.hpp"
#include "http/gateway_config.hpp"
#include "runtime/base/limits.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>

namespace troupe::http {

namespace {

/// What a record takes beside its text, so that many tiny ones count for what they are.
constexpr std::size_t record_overhead = sizeof(incoming_record) + sizeof(record_result);

/// JSON text of the largest record that could be stored: every byte of it may be an escape of six
/// characters, and fields and spaces come on top.
std::size_t record_text_max(const exchange& at, const topic_metadata& topic) {
  return std::min(at.config().body_bytes_max,
                  6 * topic.config.max_message_bytes() + 64 * limits::KiB);
}

}  // namespace

v3_produce_pipeline::v3_produce_pipeline(exchange& at, const v3_place& place,
                                         produce_options options)
    : at_(&at),
      image_(place.image),
      topic_(place.topic),
      options_(options),
      sticky_(sticky_seed(at)),
      splitter_(record_text_max(at, *place.topic)),
      done_(at.get_executor(), event::time_point::max()) {}

auto v3_produce_pipeline::open() -> group& {
  if (!open_)
    open_ = std::make_shared<group>();
  return *open_;
}

void v3_produce_pipeline::feed(std::string_view part) {
  auto found = splitter_.feed(part);
  if (found.pieces.empty()) {
    admit(open_ ? open_->bytes : 0);
    return;
  }
  any_ = true;
  auto& into = open();
  const auto& text = into.records.storage.emplace_back(std::move(found.text));
  into.bytes += text.size() + found.pieces.size() * record_overhead;
  for (auto& piece : found.pieces) {
    if (piece.bad)
      into.records.reject(std::move(*piece.bad));
    else
      parse_v3_record(std::string_view{text}.substr(piece.begin, piece.size), into.records);
  }
  if (!admit(into.bytes)) {
    // Nothing of the group is sent, so every record of it is known not to be stored.
    for (auto& record : into.records.records)
      if (!record.rejected)
        record.rejected = error{errc::overloaded};
  }
  ended_ = splitter_.lost();
}

/// Counts what is held against the gateway's limit, if it can be. Held until the exchange ends,
/// since a stream that once needed it will need it again.
bool v3_produce_pipeline::admit(std::size_t bytes) {
  std::size_t all = bytes + splitter_.pending_bytes();
  for (const auto& each : groups_)
    all += each->bytes;
  if (all <= held_)
    return true;
  if (!at_->hold(all - held_))
    return false;
  held_ = all;
  return true;
}

void v3_produce_pipeline::end(std::optional<error> why) {
  if (ended_)
    return;
  ended_ = true;
  if (!why)
    why = splitter_.finish();
  if (!why && !any_)
    why = error{errc::empty_body, "The body has no records."};
  if (why)
    open().records.reject(std::move(*why));
}

bool v3_produce_pipeline::full() const {
  return open_ && open_->bytes >= limits::produce_stream_group_bytes &&
         groups_.size() >= limits::produce_stream_groups_max;
}

void v3_produce_pipeline::send() {
  if (!open_ || groups_.size() >= limits::produce_stream_groups_max)
    return;
  auto sent = std::exchange(open_, nullptr);
  groups_.push_back(sent);
  const std::span<const incoming_record> records{sent->records.records};
  auto job =
      produce_records(at_->broker(), *topic_, records, options_, sticky_, at_->time().wall_ms());
  auto then = [self = shared_from_this(), sent](const std::exception_ptr& thrown,
                                                std::vector<record_result> results) {
    if (thrown)
      results.assign(sent->records.records.size(),
                     record_result{errc::unknown, error{errc::unknown}.message});
    self->finish(*sent, std::move(results));
  };
  asio::co_spawn(at_->get_executor(), std::move(job), std::move(then));
}

void v3_produce_pipeline::finish(group& of, std::vector<record_result> results) {
  of.results = std::move(results);
  of.done = true;
  if (at_ == nullptr || !groups_.front()->done)
    return;
  done_.cancel();
  // Last: the handler may go on, and end, inside of this.
  at_->wake();
}

std::string v3_produce_pipeline::take_reports() {
  std::string out;
  if (groups_.empty() || !groups_.front()->done)
    return out;
  const auto done = std::move(groups_.front());
  groups_.pop_front();
  const report_target target{image_->cluster_id, topic_->name};
  const auto& records = done->records;
  for (std::size_t i = 0; i < records.records.size(); ++i) {
    append_report(out, target, records.records[i], records.types[i], done->results[i]);
    out += '\n';
  }
  return out;
}

task<void> v3_produce_pipeline::wait() {
  if (groups_.front()->done)
    co_return;
  boost::system::error_code cancelled;
  co_await done_.async_wait(asio::redirect_error(use_task, cancelled));
}

}  // namespace troupe::http
