// Awaiting the broker: `auto answer = co_await ask(&broker_client::fetch, broker, request)`.
#pragma once

#include "http/exchange.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace troupe::http {

inline constexpr asio::use_awaitable_t<loop_executor> use_task{};

/// Sends `what` and resumes the calling coroutine on its loop with the answer. `what` is taken by
/// value and must be a named local moved in: GCC 12 destroys aggregate temporaries inside a
/// co_await expression twice.
template <class Request, class Response>
task<Response> ask(void (broker_client::*method)(Request, callback<void(Response)>),
                   broker_client& broker, Request what) {
  auto start = [method, &broker](auto resume, Request request) {
    // The broker answers on this loop, so the handler may run where the callback runs.
    auto then = [h = std::move(resume)](Response answer) mutable {
      std::move(h)(std::move(answer));
    };
    (broker.*method)(std::move(request), callback<void(Response)>{std::move(then)});
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<loop_executor>,
                                          void(Response)>(start, use_task, std::move(what));
}

}  // namespace troupe::http
