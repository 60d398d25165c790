#include "runtime/cluster/request_window.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace troupe {
namespace {

TEST(RequestWindow, IsFullByCount) {
  auto window = std::make_shared<request_window>(2, 1'000);
  auto first = window->enter(1);
  auto second = window->enter(1);
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(window->enter(1));
  first.leave();
  EXPECT_TRUE(window->enter(1));
}

TEST(RequestWindow, IsFullByBytes) {
  auto window = std::make_shared<request_window>(100, 1'000);
  auto first = window->enter(600);
  EXPECT_FALSE(window->enter(600));
  EXPECT_TRUE(window->enter(400));
  EXPECT_EQ(window->bytes(), 600u);
}

TEST(RequestWindow, GiantPassesAlone) {
  auto window = std::make_shared<request_window>(100, 1'000);
  {
    auto giant = window->enter(5'000);
    EXPECT_TRUE(giant);
    EXPECT_FALSE(window->enter(1));
  }
  auto small = window->enter(1);
  EXPECT_FALSE(window->enter(5'000));
}

TEST(RequestWindow, RefusedOnesAndLeaversTakeNothing) {
  auto window = std::make_shared<request_window>(1, 10);
  {
    auto first = window->enter(5);
    for (int i = 0; i < 100; ++i)
      EXPECT_FALSE(window->enter(5));
    auto moved = std::move(first);
    EXPECT_EQ(window->requests(), 1u);
  }
  EXPECT_EQ(window->requests(), 0u);
  EXPECT_EQ(window->bytes(), 0u);
}

}  // namespace
}  // namespace troupe
