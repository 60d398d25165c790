// A whole node in this process, asked from the test's thread as gateways ask it from a loop.
#pragma once

#include "actors/node.hpp"
#include "runtime/env/sim_env.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace troupe::testing {

/// Longest a test waits for anything; what takes longer has failed.
inline constexpr std::chrono::seconds patience{20};

/// One batch with a record for each value.
bytes make_batch(const std::vector<std::string>& values);
/// The values of all records from `from` on.
std::vector<std::string> values_of(byte_view batches, offset_t from = 0);

/// Waits until `done()` holds, for at most `patience`.
template <class F>
bool eventually(F done) {
  for (auto end = std::chrono::steady_clock::now() + patience;
       std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(std::chrono::milliseconds{1}))
    if (done())
      return true;
  return done();
}

/// Options for tests: two loops, no reserve on the disk. Makes the parent of the directory.
node_options small_node(env& files, std::string directory = "disk/data");

/// Owned by the test's thread. Throws when it cannot start.
class live_node {
 public:
  explicit live_node(env& files) : live_node(small_node(files)) {}
  explicit live_node(node_options options);

  node& broker() { return *node_; }
  broker_client& client(std::size_t loop = 0) { return *node_->loops()[loop].client; }
  boost::asio::io_context& context(std::size_t loop = 0) { return *node_->loops()[loop].context; }

  /// Runs `f` on a loop and waits for what it returns.
  template <class F>
  auto on_loop(F f, std::size_t loop = 0) {
    std::promise<std::invoke_result_t<F>> promise;
    auto future = promise.get_future();
    boost::asio::post(context(loop), [&] {
      if constexpr (std::is_void_v<std::invoke_result_t<F>>)
        f(), promise.set_value();
      else
        promise.set_value(f());
    });
    return future.get();
  }

  /// Sends a request from a loop; the answer comes through the future.
  template <class Request, class Response>
  std::future<Response> send(void (broker_client::*method)(Request, callback<void(Response)>),
                             Request what, std::size_t loop = 0) {
    auto promise = std::make_shared<std::promise<Response>>();
    auto future = promise->get_future();
    boost::asio::post(context(loop),
                      [this, method, what = std::move(what), promise, loop]() mutable {
                        (client(loop).*method)(std::move(what), [promise](Response answer) {
                          promise->set_value(std::move(answer));
                        });
                      });
    return future;
  }
  template <class Request, class Response>
  Response ask(void (broker_client::*method)(Request, callback<void(Response)>), Request what,
               std::size_t loop = 0) {
    auto future = send(method, std::move(what), loop);
    if (future.wait_for(patience) != std::future_status::ready)
      throw std::runtime_error{"no answer"};
    return future.get();
  }

  // -- the vocabulary of the tests ------------------------------------------------

  outcome create(const std::string& topic, std::int32_t partitions = 1,
                 std::map<std::string, std::string> configs = {});
  outcome remove(const std::string& topic);
  produce_response produce(const std::string& topic, const std::vector<std::string>& values,
                           required_acks acks = required_acks::all, std::int32_t partition = 0);
  std::future<produce_response> produce_later(const std::string& topic,
                                              const std::vector<std::string>& values,
                                              required_acks acks = required_acks::all,
                                              std::int32_t timeout_ms = 30'000);
  fetch_response fetch(const std::string& topic, offset_t from, std::int32_t wait_ms = 0,
                       std::int32_t min_bytes = 1);
  std::future<fetch_response> fetch_later(const std::string& topic, offset_t from,
                                          std::int32_t wait_ms, std::int32_t min_bytes = 1);
  /// All values of a partition from its log start.
  std::vector<std::string> read_all(const std::string& topic, std::int32_t partition = 0);

 private:
  std::unique_ptr<node> node_;
};

}  // namespace troupe::testing
