#include "http/gateway.hpp"

#include "http/listener.hpp"
#include "runtime/base/assert.hpp"

#include <boost/asio/post.hpp>

#include <atomic>

namespace troupe::http {

namespace {

class gateway_impl final : public gateway {
 public:
  gateway_impl(gateway_config config, const std::vector<gateway_loop>& loops,
               metric_sources metrics, const clock& time)
      : shared_(std::make_shared<gateway_shared>(std::move(config), std::move(metrics))) {
    for (const auto& x : loops)
      loops_.push_back(std::make_shared<loop>(shared_, x.context->get_executor(), *x.client, time));
    listener_ = std::make_shared<listener>(shared_->inflight, loops_);
  }

  ~gateway_impl() override {
    if (!stopping_)
      stop(std::chrono::milliseconds{0}, [] {});
  }

  result<void> open() { return listener_->open(shared_->config.host, shared_->config.port); }

  void start() {
    for (auto& x : loops_)
      asio::post(x->services().executor, [x] { x->start(); });
    listener_->start();
  }

  std::uint16_t port() const override { return listener_->port(); }

  void stop(std::chrono::milliseconds grace, std::function<void()> done) override {
    troupe_assert(!stopping_);
    stopping_ = true;
    auto left = std::make_shared<std::atomic<std::size_t>>(loops_.size());
    auto finished = [left, done = std::move(done)] {
      if (left->fetch_sub(1) == 1)
        done();
    };
    asio::post(loops_.front()->services().executor, [listening = listener_, loops = loops_, grace,
                                                     finished] {
      listening->close();
      for (const auto& x : loops)
        asio::post(x->services().executor, [x, grace, finished] { x->stop(grace, finished); });
    });
  }

 private:
  std::shared_ptr<gateway_shared> shared_;
  std::vector<std::shared_ptr<loop>> loops_;
  std::shared_ptr<listener> listener_;
  bool stopping_ = false;
};

}  // namespace

result<std::unique_ptr<gateway>> gateway::start(gateway_config config,
                                                const std::vector<gateway_loop>& loops,
                                                metric_sources metrics, const clock& time) {
  troupe_assert(!loops.empty());
  auto made = std::make_unique<gateway_impl>(std::move(config), loops, std::move(metrics), time);
  if (auto opened = made->open(); !opened)
    return opened.error();
  made->start();
  return std::unique_ptr<gateway>{std::move(made)};
}

}  // namespace troupe::http
