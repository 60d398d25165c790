// The producing end of the fan-out benches: one connection, closed loop.
#pragma once

#include "bench/fanout_frames.hpp"
#include "bench/fanout_socket.hpp"

#include <string>

namespace troupe::bench {

/// How a server takes records.
enum class publish_as {
  tick,   ///< one byte per batch (ws_limit_bench)
  json,   ///< one POST with a JSON body of all records of a batch (Troupe)
  plain,  ///< one POST per record, pipelined (nginx+nchan)
  nats,   ///< the text protocol of NATS, without acknowledgement
};

struct publish_options {
  publish_as as = publish_as::tick;
  unsigned short port = 0;
  std::string target;  ///< path, or subject
  std::size_t batch = 1;
  std::size_t payload = 128;
};

/// Owned by the bench's only thread.
class publisher {
 public:
  explicit publisher(const publish_options& options) : options_(options) {
    socket_ = connect_to(options_.port, 0);
    if (options_.as == publish_as::tick)
      write_all(socket_.get(), "TICK\r\n\r\n");
    if (options_.as == publish_as::nats)
      write_all(socket_.get(), "CONNECT {\"verbose\":false}\r\n");
  }

  int fd() const { return socket_.get(); }
  /// Number of the last record sent; 0 when none was.
  std::uint64_t sent() const { return sent_; }
  /// Whether every request has its answer.
  bool idle() const { return waiting_ == 0; }
  /// Whether answers must be taken before more is sent: a server that cannot get rid of its answers
  /// stops reading.
  bool full() const { return waiting_ >= requests_max; }
  bool enabled() const { return options_.as != publish_as::tick; }

  void send_batch() {
    out_.clear();
    if (options_.as == publish_as::json)
      return send_json();
    if (options_.as == publish_as::tick) {
      sent_ += options_.batch;
      return write_all(socket_.get(), "t");
    }
    for (std::size_t i = 0; i < options_.batch; ++i) {
      auto payload = next_payload();
      if (options_.as == publish_as::plain) {
        append_post("text/plain", payload);
        ++waiting_;
      } else {
        out_ += "PUB " + options_.target + " " + std::to_string(payload.size()) + "\r\n" + payload +
                "\r\n";
      }
    }
    write_all(socket_.get(), out_);
  }

  /// Takes the answers that have come.
  void on_readable() {
    auto data = read_some(socket_.get());
    if (options_.as == publish_as::nats)
      return take_nats(data);
    in_ += data;
    for (std::size_t end; (end = in_.find("\r\n\r\n")) != in_.npos;) {
      auto length = content_length(std::string_view{in_}.substr(0, end));
      if (in_.size() < end + 4 + length)
        return;
      if (!in_.starts_with("HTTP/1.1 2"))
        stop_with("the server refused a record: " + in_.substr(0, end + 4 + length));
      in_.erase(0, end + 4 + length);
      --waiting_;
    }
  }

 private:
  static constexpr std::size_t requests_max = 64;

  std::string next_payload() { return make_payload(options_.payload, {++sent_, now_ns()}); }

  void send_json() {
    std::string body = "{\"records\":[";
    for (std::size_t i = 0; i < options_.batch; ++i)
      body += (i ? ",{\"value\":\"" : "{\"value\":\"") + next_payload() + "\"}";
    append_post("application/vnd.kafka.json.v2+json", body + "]}");
    ++waiting_;
    write_all(socket_.get(), out_);
  }

  void append_post(std::string_view type, std::string_view body) {
    out_ += "POST " + options_.target + " HTTP/1.1\r\nHost: bench\r\nContent-Type: ";
    out_ += type;
    out_ += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    out_ += body;
  }

  void take_nats(std::string_view data) {
    if (data.find("PING\r\n") != data.npos)
      write_all(socket_.get(), "PONG\r\n");
    if (data.find("-ERR") != data.npos)
      stop_with("the server refused a record: " + std::string{data});
  }

  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    auto at = head.find(name);
    std::size_t length = 0;
    if (at != head.npos)
      std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    return length;
  }

  publish_options options_;
  unique_socket socket_;
  std::uint64_t sent_ = 0;
  std::size_t waiting_ = 0;  // answers
  std::string in_;
  std::string out_;
};

}  // namespace troupe::bench
