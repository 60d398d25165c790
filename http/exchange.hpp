// One request and its answer, as a handler sees them. Handlers are coroutines that run on the
// loop of their connection; they never touch the socket, other than through this page.
#pragma once

#include "actors/broker_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/verb.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::http {

namespace asio = boost::asio;
using verb = boost::beast::http::verb;

/// The loop's own executor type: no type erasure on the way of a request.
using loop_executor = asio::io_context::executor_type;
template <class T>
using task = asio::awaitable<T, loop_executor>;

class gateway_metrics;
struct gateway_config;

/// A request whose head has been read and, unless the route streams, whose body has too. Views
/// live as long as the exchange. Percent-encoding is undone in parameters, and they are valid
/// UTF-8: what is not was answered with 400 before the handler ran.
struct request {
  verb method = verb::unknown;
  std::string_view target;                                            ///< as sent
  std::string_view path;                                              ///< target before '?'
  std::vector<std::pair<std::string_view, std::string>> path_params;  ///< by name in the pattern
  std::vector<std::pair<std::string, std::string>> query;             ///< decoded, in order
  std::string_view content_type;                                      ///< as sent, or empty
  std::string_view accept;                                            ///< as sent, or empty
  std::string_view body;
  std::string_view host;
  std::string id;  ///< of the client (X-Request-Id) or ours; in every log line and answer

  /// REQUIRES a name of the route's pattern.
  const std::string& param(std::string_view name) const;
  const std::string* find_query(std::string_view name) const;
};

struct response {
  unsigned status = 200;
  errc why = errc::none;  ///< of a failure, for the log
  std::string_view content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;

  static response json(std::string body, unsigned status = 200);
  /// The error body of the API, `{"error_code":..,"message":".."}`, with Retry-After where the
  /// table says the error is retriable and the status is 429 or 503.
  static response failure(const error& what);
  static response no_content() { return {204, {}, {}, {}, {}}; }
  /// The handler has sent everything itself (exchange::begin_stream).
  static response streamed() { return {0, {}, {}, {}, {}}; }
};

struct body_part {
  std::string_view bytes;
  bool end = false;  ///< the body is complete; `bytes` is empty
};

/// What handlers may use. Lives for one request, on its connection's loop.
class exchange {
 public:
  virtual ~exchange() = default;

  request req;

  virtual broker_client& broker() = 0;
  virtual const gateway_config& config() const = 0;
  virtual gateway_metrics& metrics() = 0;
  virtual const clock& time() const = 0;
  virtual loop_executor get_executor() = 0;
  /// Counts bytes the handler is about to hold beside the request's body (the answer of a fetch)
  /// against the gateway's limit, until the exchange ends. Error: overloaded.
  virtual result<void> hold(std::size_t bytes) = 0;

  // -- only for routes that stream ----------------------------------------------

  /// The next part of the request body, as much as has arrived; subject to deadlines and minimum
  /// rate. Valid until the next call.
  virtual task<result<body_part>> read_part() = 0;
  /// Makes the read_part that waits, or else the next one, return at once with nothing (neither
  /// bytes nor end), so that the one coroutine of a stream can answer while no input comes. Called
  /// on the loop; may resume the waiting coroutine before it returns.
  virtual void wake() = 0;
  /// Sends the head; the body follows in chunks. Before the end of the request body is fine.
  virtual task<result<void>> begin_stream(response head) = 0;
  virtual task<result<void>> write_part(std::string_view part) = 0;
};

using handler = task<response> (*)(exchange&);

enum class body_mode {
  none,    ///< a body is ignored
  whole,   ///< read before the handler runs, up to the limit
  stream,  ///< read by the handler
};

/// One row of the routing table. The table is the source of the metrics' `route` label and is
/// checked against openapi.json by a test.
struct route {
  verb method;
  std::string_view pattern;  ///< "/topics/{topic}/partitions/{partition}"
  handler run;
  body_mode body = body_mode::none;
};

/// The tables, one per file that implements them.
std::span<const route> v2_routes();
std::span<const route> v3_routes();
std::span<const route> service_routes();
/// Paths of known APIs that answer 501: consumer groups, transactions.
std::span<const route> unsupported_routes();

}  // namespace troupe::http
