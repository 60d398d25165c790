// What the client of a subscription asks for.
#include "http/websocket_subscription.hpp"

#include <fmt/format.h>

namespace troupe::http {

void websocket_subscription::on_frame(client_frame frame, std::unique_ptr<websocket_message>&) {
  std::visit([this](const auto& x) { on(x); }, frame);
}

void websocket_subscription::on(const credit_frame& x) {
  if (!query_.manual_credit)
    return send_error({errc::bad_request, "Credit is only counted with ?credit=manual."});
  subscriber_.add_credit(x.records, x.bytes);
  pump();
}

void websocket_subscription::on(const produce_frame& x) {
  send_error({errc::bad_request,
              fmt::format("This socket only reads; produce at /ws/topics/{}/produce.", topic_)},
             x.id);
}

void websocket_subscription::on(const ack_frame&) {
  send_error({errc::bad_request, "Acknowledgements need a consumer group; this socket has none."});
}

void websocket_subscription::on(const seek_frame& x) {
  std::vector<partition_id> which;
  if (x.partition)
    which.push_back(*x.partition);
  using kind = start_position::kind;
  for (partition_slot slot : slots_of(which)) {
    // A newer seek makes the answer to an older one void.
    ++seeks_[slot];
    switch (x.to.at) {
      case kind::offset: seek_to_offset(slot, x.to.value); break;
      case kind::timestamp: seek_to_time(slot, x.to.value); break;
      case kind::earliest: seek_to_time(slot, earliest_timestamp); break;
      case kind::latest: seek_to_time(slot, latest_timestamp); break;
    }
  }
}

void websocket_subscription::on(const pause_frame& x) {
  for (partition_slot slot : slots_of(x.partitions)) {
    forget_queued(slot);
    if (subscriber_.pause(slot))
      detach(slot);
    if (run_ && run_->slot == slot)
      drop_run();
  }
  pump();
}

void websocket_subscription::on(const resume_frame& x) {
  for (partition_slot slot : slots_of(x.partitions))
    subscriber_.resume(slot);
  pump();
}

std::vector<partition_slot> websocket_subscription::slots_of(
    const std::vector<partition_id>& named_ones) {
  std::vector<partition_slot> slots;
  if (named_ones.empty())
    for (partition_slot slot = 0; slot < subscriber_.size(); ++slot)
      slots.push_back(slot);
  for (partition_id each : named_ones) {
    auto slot = subscriber_.find(each);
    if (!slot) {
      send_error({errc::unknown_partition,
                  fmt::format("Partition {} is not read by this socket.", value_of(each))});
      return {};
    }
    slots.push_back(*slot);
  }
  return slots;
}

void websocket_subscription::forget_queued(partition_slot slot) {
  out().forget([&](const outgoing_frame& frame) {
    if (frame.source != slot)
      return false;
    subscriber_.on_forgotten(slot, frame.first, frame.records, frame.size());
    return true;
  });
}

void websocket_subscription::seek_to_offset(partition_slot slot, offset_t to) {
  forget_queued(slot);
  if (subscriber_.seek(slot, to))
    detach(slot);
  if (run_ && run_->slot == slot)
    drop_run();
  pump();
}

void websocket_subscription::seek_to_time(partition_slot slot, timestamp_ms at) {
  list_offsets_request request;
  request.target = named(slot);
  request.timestamp = at;
  auto then = [weak = weak_from_this(), this, slot, at,
               seek = seeks_[slot]](const list_offsets_response& answer) {
    auto alive = weak.lock();
    if (!alive || !serving() || seeks_[slot] != seek)
      return;
    if (!answer.result.ok())
      return send_error({answer.result.code, answer.result.message});
    if (answer.offset != no_offset)
      return seek_to_offset(slot, answer.offset);
    // No record is that young: go on with those to come.
    if (at != latest_timestamp)
      seek_to_time(slot, latest_timestamp);
  };
  services().broker.list_offsets(std::move(request),
                                 callback<void(list_offsets_response)>{std::move(then)});
}

}  // namespace troupe::http
