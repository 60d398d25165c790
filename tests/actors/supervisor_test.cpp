#include "actors/supervisor.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <gtest/gtest.h>

namespace troupe {
namespace {

class idle_worker final : public caf::event_based_actor {
 public:
  explicit idle_worker(caf::actor_config& config) : event_based_actor(config) {}

  caf::behavior make_behavior() override {
    return {[](int) {}};
  }
};

class supervisor_test : public testing::Test {
 protected:
  supervisor_test() {
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    supervisor_ =
        system_->spawn<supervisor>([this](const std::string& why) { fatal_.push_back(why); });
    worker_ = system_->spawn<idle_worker>();
    caf::anon_send(supervisor_,
                   watch_request{caf::actor_cast<caf::strong_actor_ptr>(worker_), "worker"});
    run();
  }
  ~supervisor_test() override {
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(worker_, caf::exit_reason::user_shutdown);
    run();
  }

  void run() { dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler()).run(); }
  void end_worker(caf::error why) {
    caf::anon_send(worker_, caf::exit_msg{worker_->address(), std::move(why)});
    run();
  }

  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  supervisor_actor supervisor_;
  caf::actor worker_;
  std::vector<std::string> fatal_;
};

TEST_F(supervisor_test, OrderlyEndIsNobodysBusiness) {
  end_worker(caf::exit_reason::user_shutdown);
  EXPECT_TRUE(fatal_.empty());
}

TEST_F(supervisor_test, UnexpectedEndIsFatalAndNamed) {
  end_worker(caf::sec::runtime_error);
  ASSERT_EQ(fatal_.size(), 1u);
  EXPECT_NE(fatal_[0].find("worker ended unexpectedly"), std::string::npos) << fatal_[0];
}

TEST_F(supervisor_test, KillIsFatal) {
  end_worker(caf::exit_reason::kill);
  EXPECT_EQ(fatal_.size(), 1u);
}

}  // namespace
}  // namespace troupe
