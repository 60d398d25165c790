// Awaiting the broker: `auto answer = co_await ask(&broker_client::fetch, broker, request)`.
#pragma once

#include "http/exchange.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace troupe::http {

inline constexpr asio::use_awaitable_t<loop_executor> use_task{};

/// What a coroutine may `co_await`, once: `start(resume)` is called when it waits, and it goes on
/// where and when `resume` is called with what `Signature` says. Lighter than use_awaitable, which
/// makes a coroutine frame for each wait.
template <class Signature, class Start>
auto waiting(Start start) {
  return asio::async_initiate<const asio::deferred_t, Signature>(std::move(start), asio::deferred);
}

/// Sends `what` and resumes the calling coroutine on its loop with the answer. `what` is taken by
/// value and must be a named local moved in: GCC 12 destroys aggregate temporaries inside a
/// co_await expression twice.
template <class Request, class Response>
task<Response> ask(void (broker_client::*method)(Request, callback<void(Response)>),
                   broker_client& broker, Request what) {
  auto answer = waiting<void(Response)>([method, &broker, &what](auto resume) {
    // The broker answers on this loop, so the handler may run where the callback runs.
    auto then = [h = std::move(resume)](Response x) mutable { std::move(h)(std::move(x)); };
    (broker.*method)(std::move(what), callback<void(Response)>{std::move(then)});
  });
  co_return co_await std::move(answer);
}

}  // namespace troupe::http
