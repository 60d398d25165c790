// A plain blocking HTTP client for tests: whole requests, streams in both directions, and bytes as
// they are for what no client should send. Gives up with an exception after ten seconds of silence.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::testing {

struct http_answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

using http_headers = std::vector<std::pair<std::string, std::string>>;

/// One connection, kept alive. Owned by one thread.
class http_client {
 public:
  explicit http_client(std::uint16_t port);
  http_client(const http_client&) = delete;
  ~http_client();

  http_answer get(std::string_view target, const http_headers& headers = {});
  http_answer send(std::string_view method, std::string_view target, std::string_view body = {},
                   std::string_view content_type = "application/json",
                   const http_headers& headers = {});

  // -- a request whose body is sent in chunks -----------------------------------
  void begin(std::string_view method, std::string_view target, const http_headers& headers = {});
  void send_chunk(std::string_view data);
  void end_chunks();
  /// The head of an answer; its body is read chunk by chunk, "" at the end.
  http_answer read_head();
  std::string read_chunk();
  /// The rest of a chunked body.
  std::string read_chunks();

  // -- bytes ----------------------------------------------------------------------
  void write(std::string_view data);
  http_answer read_answer();
  /// Waits until there is something to read, or the end.
  bool readable(std::chrono::milliseconds within);
  void shutdown_write();
  /// Closes so that the server finds the connection broken.
  void reset();
  /// Whether the server closes the connection without a further byte.
  bool closed_by_server();
  void close();

 private:
  bool receive();
  std::string take(std::size_t size);
  std::string take_line();

  int socket_ = -1;
  std::string port_;
  std::string received_;
};

}  // namespace troupe::testing
