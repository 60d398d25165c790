// The pipeline of one streaming produce: text in, reports out, in the same order.
//
//   feed() -> splitter -> parser -> open group --send()--> groups in flight -> take_reports()
//
// What arrives is gathered in the open group, which is sent as soon as fewer than
// limits::produce_stream_groups_max groups wait for their acknowledgement: so a lonely record goes
// at once, and under load batches grow by themselves. Groups are sent in order and each partition's
// records of a group form one batch, so the order of the stream is the order of each partition.
#pragma once

#include "http/parse_v3_splitter.hpp"
#include "http/v3_place.hpp"
#include "http/v3_report.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <deque>
#include <memory>

namespace troupe::http {

/// Owned by the handler's coroutine and by the groups in flight; lives on one loop.
class v3_produce_pipeline : public std::enable_shared_from_this<v3_produce_pipeline> {
 public:
  v3_produce_pipeline(exchange& at, const v3_place& place, produce_options options);

  /// Takes a part of the body.
  void feed(std::string_view part);
  /// The body has ended, or cannot be read further for the reason given, which is reported last.
  void end(std::optional<error> why = {});
  /// No more records will be taken: the body ended or its framing is lost.
  bool ended() const { return ended_; }

  /// Sends the open group if there is room.
  void send();
  /// Reports of the groups that are done, of at most one group at a time.
  std::string take_reports();
  /// Feeding more would exceed the bounds.
  bool full() const;
  /// Everything was reported.
  bool empty() const { return groups_.empty() && open_ == nullptr; }
  /// Until a group in flight is done. REQUIRES one in flight.
  task<void> wait();
  /// The handler is about to end; groups still in flight no longer touch the exchange.
  void detach() { at_ = nullptr; }

 private:
  struct group {
    v3_records records;
    std::vector<record_result> results;
    std::size_t bytes = 0;
    bool done = false;
  };
  using event =
      asio::basic_waitable_timer<std::chrono::steady_clock,
                                 asio::wait_traits<std::chrono::steady_clock>, loop_executor>;

  group& open();
  bool admit(std::size_t bytes);
  void finish(group& of, std::vector<record_result> results);

  exchange* at_;
  image_ptr image_;
  topic_ptr topic_;
  produce_options options_;
  sticky_partitioner sticky_;
  json_splitter splitter_;
  std::shared_ptr<group> open_;                // gathered, not sent
  std::deque<std::shared_ptr<group>> groups_;  // sent, in order
  event done_;
  std::size_t held_ = 0;  // of the gateway's bytes, at their highest
  bool any_ = false;      // a record, or something in place of one, has come
  bool ended_ = false;
};

}  // namespace troupe::http
