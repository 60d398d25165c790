#include "http/websocket_subscription.hpp"

#include "http/gateway_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace {

constexpr std::chrono::milliseconds retry_delay{200};

/// Whether the same read may succeed a little later.
bool may_pass(const error& why) {
  switch (why.code) {
    case errc::shutting_down:
    case errc::storage_error:
    case errc::io_error:
    case errc::corrupt_batch: return false;
    default: return info_of(why.code).retriable;
  }
}

close_code close_code_of(const error& why) {
  switch (why.code) {
    case errc::shutting_down: return close_code::going_away;
    default: return close_code::internal_error;
  }
}

}  // namespace

// -- sending -------------------------------------------------------------------------

void websocket_subscription::pump() {
  serve_run();
  if (!serving() || stalled_ || run_ ||
      out().queued_bytes() >= limits::websocket_records_frame_bytes)
    return;
  auto step = subscriber_.next_step();
  using kind = websocket_subscriber::step::kind;
  if (step.what == kind::read)
    start_read(step);
  if (step.what == kind::join)
    start_join(step);
}

void websocket_subscription::serve_run() {
  while (run_ && serving() && subscriber_.has_credit() &&
         out().queued_bytes() < limits::websocket_records_frame_bytes) {
    offset_t first = run_->cutter.position();
    frame_encoder encoder;
    auto more = run_->cutter.next(encoder, subscriber_.budget());
    if (!more)
      return finish(close_code_of(more.error()), more.error());
    if (!*more) {
      subscriber_.on_run_end(run_->slot, run_->cutter.position());
      return drop_run();
    }
    auto data = encoder.finish();
    push_frame(data, frame_list{*data}[0], run_->slot, first);
  }
  // What waits for credit is not kept for long.
  if (run_ && !subscriber_.has_credit())
    expect_progress();
}

void websocket_subscription::drop_run() {
  run_.reset();
  read_bytes_.release();
}

void websocket_subscription::push_frame(const std::shared_ptr<const bytes>& data,
                                        const frame_entry& frame, partition_slot slot,
                                        offset_t first) {
  outgoing_frame queued;
  queued.data = data;
  queued.begin = frame.begin;
  queued.end = frame.end;
  queued.source = slot;
  queued.records = frame.records;
  queued.first = first;
  out().push(std::move(queued));
  subscriber_.on_queued(slot, frame);
}

// -- the log -------------------------------------------------------------------------

void websocket_subscription::start_read(const websocket_subscriber::step& step) {
  if (!read_bytes_.try_hold_answer(step.max_bytes)) {
    subscriber_.on_failed(step.slot);
    return retry_later();
  }
  fetch_request request;
  request.target = named(step.slot);
  request.offset = step.from;
  request.max_bytes = static_cast<std::int32_t>(step.max_bytes);
  auto then = [weak = weak_from_this(), this, slot = step.slot](fetch_response answer) {
    if (auto alive = weak.lock())
      on_read(slot, std::move(answer));
  };
  services().broker.fetch(std::move(request), callback<void(fetch_response)>{std::move(then)});
}

void websocket_subscription::on_read(partition_slot slot, fetch_response answer) {
  if (!serving())
    return read_bytes_.release();
  if (!answer.result.ok()) {
    read_bytes_.release();
    error why{answer.result.code, std::move(answer.result.message)};
    return on_log_error(slot, why, answer.log_start, answer.high_watermark);
  }
  if (answer.batches.empty() && subscriber_.next(slot) > answer.high_watermark) {
    read_bytes_.release();
    return move_inside(slot, answer.log_start, answer.high_watermark);
  }
  bool wanted = subscriber_.on_read(slot, answer);
  if (wanted && !stalled_) {
    run_ = std::make_unique<log_run>(slot, named(slot), std::move(answer.batches),
                                     subscriber_.next(slot), query_.format);
  } else {
    if (wanted)
      subscriber_.on_run_dropped(slot);
    read_bytes_.release();
  }
  if (subscriber_.at(slot) == websocket_subscriber::stage::waiting)
    retry_later();
  pump();
}

void websocket_subscription::on_log_error(partition_slot slot, const error& why, offset_t log_start,
                                          offset_t end) {
  if (why.code == errc::offset_out_of_range)
    return move_inside(slot, log_start, end);
  if (!may_pass(why))
    return finish(close_code_of(why), why);
  subscriber_.on_failed(slot);
  retry_later();
  pump();
}

void websocket_subscription::move_inside(partition_slot slot, offset_t log_start, offset_t end) {
  offset_t asked_for = subscriber_.next(slot);
  offset_t goes_on = subscriber_.on_out_of_range(slot, log_start, end);
  if (goes_on != asked_for)
    send_error(
        {errc::offset_out_of_range,
         fmt::format("Offset {} of partition {} is outside the log, which is [{}, {}); "
                     "reading goes on at offset {}.",
                     asked_for, value_of(subscriber_.partition(slot)), log_start, end, goes_on)});
  pump();
}

void websocket_subscription::retry_later() {
  if (retry_armed_)
    return;
  retry_armed_ = true;
  retry_.expires_after(retry_delay);
  retry_.async_wait([weak = weak_from_this(), this](error_code failure) {
    auto alive = weak.lock();
    if (!alive || failure || !serving())
      return;
    retry_armed_ = false;
    subscriber_.retry();
    pump();
  });
}

// -- the tail ------------------------------------------------------------------------

void websocket_subscription::start_join(const websocket_subscriber::step& step) {
  std::shared_ptr<tail_sink> port{shared_from_this(), &ports_[step.slot]};
  auto then = [weak = weak_from_this(), this, slot = step.slot](const tail_position& answer) {
    if (auto alive = weak.lock())
      on_joined(slot, answer);
  };
  services().broker.attach_tail(named(step.slot), step.from, port,
                                callback<void(tail_position)>{std::move(then)});
}

void websocket_subscription::on_joined(partition_slot slot, const tail_position& answer) {
  if (!serving()) {
    if (answer.attached)
      detach(slot);
    return;
  }
  offset_t next = subscriber_.next(slot);
  if (!answer.result.ok())
    return on_log_error(slot, {answer.result.code, answer.result.message}, next, next);
  if (!answer.attached && answer.tail < next)
    return move_inside(slot, answer.tail, answer.tail);
  if (!answer.attached && answer.tail == next) {
    subscriber_.on_failed(slot);
    return retry_later();
  }
  using joined = websocket_subscriber::joined;
  switch (subscriber_.on_joined(slot, answer)) {
    case joined::caught_up: send_text(caught_up_text(named(slot), next)); break;
    case joined::leave_again: detach(slot); break;
    case joined::yes:
    case joined::no: break;
  }
  pump();
}

void websocket_subscription::tail_port::on_tail(const std::shared_ptr<const tail_chunk>& chunk) {
  session->on_chunk(slot, chunk);
}

void websocket_subscription::on_chunk(partition_slot slot,
                                      const std::shared_ptr<const tail_chunk>& chunk) {
  if (!serving() || subscriber_.at(slot) != websocket_subscriber::stage::tail)
    return;
  if (stalled_)
    return fall_behind(slot, chunk->next_offset());
  auto data = chunk->encoded(tail_slot_of(query_.format), encoder_);
  // What is damaged is met again, and reported, by reading on alone.
  if (!data || chunk->first_offset() != subscriber_.next(slot))
    return fall_behind(slot, chunk->next_offset());
  frame_list frames{*data};
  offset_t first = chunk->first_offset();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    auto frame = frames[i];
    if (!has_room() || !subscriber_.may_take(frame))
      return fall_behind(slot, chunk->next_offset());
    push_frame(data, frame, slot, first);
    first = frame.next;
  }
  subscriber_.on_chunk_end(slot, chunk->next_offset());
}

bool websocket_subscription::has_room() {
  auto full = [this] { return out().queued_bytes() >= limits::websocket_queue_bytes_max; };
  // A chunk may be larger than the queue; a socket that takes it at once has room for it.
  if (full())
    out().flush_now();
  return serving() && !full();
}

void websocket_subscription::fall_behind(partition_slot slot, offset_t end) {
  detach(slot);
  subscriber_.leave_tail(slot, end);
  pump();
}

void websocket_subscription::tail_port::on_tail_end(const error& why) {
  auto& s = *session;
  if (!s.serving() || s.subscriber_.at(slot) != websocket_subscriber::stage::tail)
    return;
  // Reading on tells what has become of the partition.
  s.subscriber_.leave_tail(slot, s.subscriber_.next(slot));
  if (!may_pass(why))
    return s.finish(close_code_of(why), why);
  s.pump();
}

void websocket_subscription::detach(partition_slot slot) {
  services().broker.detach_tail(named(slot), &ports_[slot]);
}

topic_partition websocket_subscription::named(partition_slot slot) const {
  return {topic_, subscriber_.partition(slot)};
}

// -- pauses of the socket ------------------------------------------------------------

void websocket_subscription::on_drained() {
  websocket_session::on_drained();
  set_stalled(false);
  pump();
}

void websocket_subscription::set_stalled(bool stalled) {
  if (stalled == stalled_)
    return;
  stalled_ = stalled;
  services().metrics.stalled_subscribers_changed(stalled ? 1 : -1);
}

void websocket_subscription::on_stalled() {
  set_stalled(serving() && out().blocked());
  using stage = websocket_subscriber::stage;
  std::vector<bool> forgotten(subscriber_.size());
  out().forget([&](const outgoing_frame& frame) {
    subscriber_.on_forgotten(frame.source, frame.first, frame.records, frame.size());
    forgotten[frame.source] = true;
    return true;
  });
  for (partition_slot slot = 0; slot < forgotten.size(); ++slot) {
    if (!forgotten[slot] || subscriber_.at(slot) != stage::tail)
      continue;
    detach(slot);
    subscriber_.leave_tail(slot, no_offset);
  }
  if (run_) {
    subscriber_.on_run_dropped(run_->slot);
    drop_run();
  }
  out().shrink();
}

void websocket_subscription::on_stopping() {
  // A reader goes on from its offset elsewhere; it need not read what is queued to hear of it.
  out().forget([](const outgoing_frame&) { return true; });
  finish(close_code::going_away, error{errc::shutting_down});
}

void websocket_subscription::on_end() {
  retry_.cancel();
  set_stalled(false);
  services().metrics.subscriptions_changed(-static_cast<std::int64_t>(subscriber_.size()));
  drop_run();
  for (partition_slot slot = 0; slot < subscriber_.size(); ++slot)
    if (subscriber_.at(slot) == websocket_subscriber::stage::tail)
      detach(slot);
}

}  // namespace troupe::http
