// A small blocking HTTP/1.1 client: one connection, kept alive, one request at a time.
#pragma once

#include "app/server_url.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::app {

struct http_request {
  std::string_view method = "GET";
  std::string target;  ///< path and query, encoded
  std::string_view body = {};
  std::string_view content_type = {};
  std::string_view accept = {};
};

struct http_answer {
  unsigned status = 0;
  std::string body;
  std::optional<int> retry_after_s;

  bool ok() const { return status >= 200 && status < 300; }
};

/// Owned by one thread.
class http_client {
 public:
  explicit http_client(server_url where,
                       std::chrono::milliseconds timeout = std::chrono::seconds(60));
  ~http_client();
  http_client(http_client&&) noexcept;

  /// Sends and waits for the whole answer, whatever its status. Connects where needed. Fails with
  /// exit_unreachable when there is no connection or it breaks; retriable only when the request
  /// cannot have reached the server.
  attempt<http_answer> send(const http_request& what);
  const server_url& server() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The failure that an answer outside 2xx stands for, with the words of its error body.
failure failure_of(const http_answer& answer, std::string_view doing);

}  // namespace troupe::app
