#include "tests/support/http/live_gateway.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <cstdlib>
#include <stdexcept>

namespace troupe::testing {

namespace {

template <class T>
T value_or_throw(result<T> from) {
  if (!from)
    throw std::runtime_error{to_string(from.error())};
  return std::move(*from);
}

}  // namespace

scratch_directory::scratch_directory() {
  auto name = (std::filesystem::temp_directory_path() / "troupe-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"mkdtemp failed"};
  path_ = name;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

live_gateway::live_gateway(http::gateway_config config, const clock& time, std::uint16_t port)
    : metrics_(std::make_shared<prometheus::Registry>()) {
  node_options options;
  options.config.data_dir = directory_.path();
  options.config.io_threads = 2;
  options.config.disk_reserve_bytes = 0;
  options.metrics = metrics_;
  node_ = value_or_throw(node::start(std::move(options)));
  std::vector<http::gateway_loop> loops;
  for (auto loop : node_->loops())
    loops.push_back({loop.context, loop.client});
  cluster_id_ = loops[0].client->metadata()->cluster_id;
  config.port = port;
  gateway_ = value_or_throw(http::gateway::start(config, loops, metrics_, time));
}

live_gateway::~live_gateway() {
  if (!stopping_)
    stop(std::chrono::milliseconds{500}).wait_for(std::chrono::seconds{5});
  gateway_.reset();
  (void)node_->stop(std::chrono::seconds{5});
}

std::future<void> live_gateway::stop(std::chrono::milliseconds grace) {
  stopping_ = true;
  auto stopped = std::make_shared<std::promise<void>>();
  gateway_->stop(grace, [stopped] { stopped->set_value(); });
  return stopped->get_future();
}

namespace {

std::unique_ptr<live_gateway>& shared() {
  static std::unique_ptr<live_gateway> only;
  return only;
}

/// The actor system cannot be stopped by a destructor that runs after main.
struct shared_gateway_end : ::testing::Environment {
  void TearDown() override { shared() = nullptr; }
};

[[maybe_unused]] const auto* const registered =
    ::testing::AddGlobalTestEnvironment(new shared_gateway_end);

}  // namespace

live_gateway& shared_gateway() {
  if (!shared())
    shared() = std::make_unique<live_gateway>();
  return *shared();
}

std::string live_gateway::host() const { return fmt::format("127.0.0.1:{}", port()); }

}  // namespace troupe::testing
