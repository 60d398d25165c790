// One HTTP connection, from accept to close: reads requests one after another, runs their handlers
// and writes the answers. Not used outside http/.
//
//   idle --first byte--> reading --complete--> handling --answer--> writing --keep-alive--> idle
//                           |                                          |
//                           +--bad or late: error answer---------------+--close--> lingering
//
// Deadlines: idle: closed in silence. reading: 408. writing without progress, lingering: cut.
#pragma once

#include "http/input_buffer.hpp"
#include "http/loop.hpp"
#include "http/parse_request.hpp"
#include "http/stream.hpp"

namespace troupe::http {

/// Lives on one loop; keeps itself alive until it is closed.
class session final : public exchange,
                      public live_connection,
                      public std::enable_shared_from_this<session> {
 public:
  /// Takes ownership of a non-blocking socket. Without a permit every request is answered with 503.
  static void start(std::shared_ptr<loop> home, int fd, connection_permit permit);
  session(std::shared_ptr<loop> home, int fd, connection_permit permit);
  ~session() override;

  // -- exchange
  broker_client& broker() override { return services_.broker; }
  const gateway_config& config() const override { return services_.config; }
  gateway_metrics& metrics() override { return services_.metrics; }
  const clock& time() const override { return services_.time; }
  loop_executor get_executor() override { return services_.executor; }
  result<void> hold(std::size_t bytes) override;
  task<result<body_part>> read_part() override;
  void wake() override;
  task<result<void>> begin_stream(response head) override;
  task<result<void>> write_part(std::string_view part) override;

  // -- live_connection
  void on_deadline(mono_time now) override;
  void on_stop() override;
  void on_last_call() override;
  void on_cut() override;

 private:
  enum class phase : std::uint8_t { idle, reading, handling, writing, lingering };
  enum class next_step : std::uint8_t { serve, wait, stop };

  task<void> run();
  task<void> serve();
  next_step look_for_request();
  void enter_idle(mono_time now);
  mono_time finish_request();
  std::string_view method_name() const;
  void log_request(mono_duration took) const;
  void log_failure(const response& what) const;
  response crashed(const std::exception& why) const;
  task<void> linger();

  // -- session_read.cpp: heads
  io_status receive();
  bool find_head();
  result<void> accept_request();
  void reset_request();
  void take_request_id(std::string_view asked);
  result<void> take_target(std::string_view target);
  result<void> find_route();
  result<void> frame_body();
  void hand_over();

  // -- session_body.cpp
  bool body_is_here();
  task<result<void>> read_whole_body();
  task<result<void>> read_sized_body();
  task<result<void>> read_chunked_body();
  result<body_piece> take_piece();
  result<void> append_chunk(std::string_view data);
  task<result<void>> wait_for_body(bool endless);
  void set_body_deadline(bool endless);
  task<bool> send_continue();
  error give_up(errc code, std::string message);
  error too_much_held();

  // -- session_write.cpp
  void decide_connection();
  bool try_send(const response& what);
  task<bool> send_rest(const response& what);
  task<bool> write_all(std::string_view first, std::string_view second);

  const std::shared_ptr<loop> home_;
  connection_services& services_;
  connection_slot slot_;
  stream stream_;
  input_buffer in_;
  held_bytes held_;  ///< for the present request
  const bool refused_;

  // The connection.
  phase phase_ = phase::idle;
  bool expired_ = false;    ///< a deadline passed while the coroutine waited
  bool last_call_ = false;  ///< the grace of a stop is nearly over
  bool closing_ = false;    ///< no further request
  bool lingers_ = false;    ///< the client may still be sending
  bool idle_shrunk_ = false;
  mono_time idle_since_{};
  std::size_t seen_ = 0;     ///< of the buffer, searched for the end of a head
  std::size_t discard_ = 0;  ///< of a body nobody wants, still to come
  std::string out_;          ///< head of the answer, and its body when that is small

  // The present request.
  std::string head_bytes_;  ///< views of `req` point into it
  std::optional<request_parser> parser_;
  std::optional<error> problem_;  ///< why there is no complete head
  std::string chunked_body_;
  std::size_t chunked_held_ = 0;
  std::string allow_;
  std::string cross_origin_;  ///< headers for a page of another origin
  const route* route_ = nullptr;
  std::size_t route_index_ = gateway_metrics::no_route;
  unsigned answer_status_ = 0;
  mono_time started_{};
  std::size_t part_bytes_ = 0;  ///< at the front of the buffer, handed out to the handler
  std::size_t body_bytes_ = 0;
  std::size_t sent_bytes_ = 0;
  std::string_view unsent_body_;  ///< of the answer, when it is not in out_
  bool continue_due_ = false;     ///< the client waits for 100
  bool woken_ = false;
  bool stream_begun_ = false;
};

}  // namespace troupe::http
