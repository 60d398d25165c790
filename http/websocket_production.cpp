#include "http/websocket_production.hpp"

#include "http/parse_produce.hpp"
#include "http/websocket_frames.hpp"

#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

namespace troupe::http {

namespace {

std::string produced_text(std::string_view id, const std::vector<record_result>& results) {
  std::string text = R"({"type":"produced","id":)";
  text += id;
  text += R"(,"offsets":[)";
  for (const auto& one : results) {
    if (text.back() != '[')
      text += ',';
    if (one.code == errc::none) {
      text += R"({"partition":)";
      append_json_number(text, value_of(one.partition));
      text += R"(,"offset":)";
      if (one.offset == no_offset)
        text += "null";
      else
        append_json_number(text, one.offset);
    } else {
      text += R"({"error_code":)";
      append_json_number(text, info_of(one.code).code);
      text += R"(,"message":)";
      append_error_message(text, one.code, one.message);
    }
    text += '}';
  }
  text += "]}";
  return text;
}

}  // namespace

websocket_production::websocket_production(tcp_socket socket, websocket_upgrade upgrade,
                                           connection_services& services)
    : websocket_session(std::move(socket), std::move(upgrade), services),
      topic_(asked().param("topic")),
      format_(parse_produce_query(asked().query).value()),
      options_(parse_produce_options(asked()).value()),
      sticky_(static_cast<std::uint32_t>(services.random.next())) {}

task<result<void>> websocket_production::prepare() { co_return result<void>{}; }

bool websocket_production::may_read() const {
  return pending_.size() < limits::websocket_produces_max &&
         pending_bytes_ < limits::websocket_produce_bytes_max;
}

void websocket_production::on_frame(client_frame frame,
                                    std::unique_ptr<websocket_message>& message) {
  auto* wish = std::get_if<produce_frame>(&frame);
  if (wish == nullptr)
    return send_error({errc::bad_request,
                       fmt::format("This socket only produces; read at /ws/topics/{}.", topic_)});
  if (stopping_)
    return send_error(error{errc::shutting_down}, wish->id);
  std::size_t size = message->text().size();
  auto& into = pending_.emplace_back(wish->id, size);
  pending_bytes_ += size;
  auto ended = [self = shared_from_this()](const std::exception_ptr& thrown) {
    // Memory that could not be had: the client cannot be told what became of its records.
    if (thrown)
      self->abandon();
  };
  auto work = produce(wish->records, std::move(message), into);
  asio::co_spawn(services().executor, std::move(work), std::move(ended));
}

task<void> websocket_production::produce(std::string_view records,
                                         std::unique_ptr<websocket_message> message,
                                         pending& into) {
  auto results = co_await send(records);
  message = nullptr;
  into.answer = results ? produced_text(into.id, *results) : error_text(results.error(), into.id);
  answer_ready();
}

task<result<std::vector<record_result>>> websocket_production::send(std::string_view records) {
  auto body = parse_produce_records(records, format_, true);
  if (!body)
    co_return body.error();
  auto topic = services().broker.metadata()->find(topic_);
  if (!topic)
    co_return error{errc::unknown_topic, fmt::format("Topic '{}' does not exist.", topic_)};
  co_return co_await produce_records(services().broker, *topic, body->records, options_, sticky_,
                                     services().time.wall_ms());
}

void websocket_production::answer_ready() {
  while (!pending_.empty() && !pending_.front().answer.empty()) {
    send_text(pending_.front().answer);
    pending_bytes_ -= pending_.front().size;
    pending_.pop_front();
  }
  if (stopping_ && pending_.empty())
    return finish(close_code::going_away, error{errc::shutting_down});
  wake_reader();
}

void websocket_production::on_stopping() {
  stopping_ = true;
  answer_ready();
}

}  // namespace troupe::http
