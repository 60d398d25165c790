// What the traces of replication share: a cluster that must be in order when the test ends.
#pragma once

#include "tests/support/runtime/replica_cluster.hpp"

#include <gtest/gtest.h>

namespace troupe::testing {

class replication_trace : public ::testing::Test {
 protected:
  replica_cluster& make(cluster_options options) {
    c_ = std::make_unique<replica_cluster>(options);
    return *c_;
  }
  void TearDown() override {
    c_->check_logs();
    EXPECT_EQ(c_->broken_rule(), "");
  }
  std::string outcome_of(std::size_t record) const {
    const auto& x = c_->sent(record);
    return x.answered ? std::string{to_string(x.code)} : "waiting";
  }

  std::unique_ptr<replica_cluster> c_;
};

}  // namespace troupe::testing
