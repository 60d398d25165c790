// Opens a connection to another node without blocking anything.
#pragma once

#include "actors/wire.hpp"
#include "runtime/cluster/link_state.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace troupe {

/// How an attempt has ended.
struct dialled {
  probe_result how{};
  error why{errc::none};
  std::shared_ptr<wire> connection;  ///< when it is connected, unless it was a knock
};

struct dial_options {
  host_port to;
  std::chrono::milliseconds timeout{};     ///< for all of it
  std::shared_ptr<const tls_context> tls;  ///< null: without
  bool knock = false;                      ///< close again as soon as somebody answers
};

/// Resolves the name, connects, and agrees on TLS. `then` is called once, on the loop of `on`, at
/// the latest when the time is over. Thread-safe.
void dial(boost::asio::io_context& on, dial_options use, std::function<void(dialled)> then);

}  // namespace troupe
