// The queues a partition keeps what waits in.
#include "runtime/partition/fifo.hpp"
#include "runtime/partition/slab.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace troupe {
namespace {

TEST(fifo, KeepsOrderWhileItGrowsAndShrinks) {
  fifo<int> queue;
  int next_in = 0;
  int next_out = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 37; ++i)
      queue.push(next_in++);
    for (int i = 0; i < 30; ++i)
      ASSERT_EQ(queue.pop(), next_out++);
  }
  ASSERT_EQ(queue.size(), 700u);
  while (!queue.empty())
    ASSERT_EQ(queue.pop(), next_out++);
  EXPECT_EQ(next_out, next_in);
}

TEST(fifo, PopFromEmptyIsAnAssertion) {
  fifo<int> queue;
  EXPECT_DEATH(queue.pop(), "");
}

TEST(slab, NumbersAreReusedAndValuesMove) {
  slab<std::unique_ptr<int>> waiting;
  auto a = waiting.put(std::make_unique<int>(1));
  auto b = waiting.put(std::make_unique<int>(2));
  EXPECT_EQ(*waiting.take(a), 1);
  auto c = waiting.put(std::make_unique<int>(3));
  EXPECT_EQ(c, a);
  EXPECT_EQ(*waiting.take(b), 2);
  EXPECT_EQ(*waiting.take(c), 3);
  EXPECT_EQ(waiting.size(), 0u);
}

TEST(slab, LetsMemoryGoAfterABurst) {
  slab<int> waiting;
  std::vector<slab<int>::index> all;
  for (int i = 0; i < 5'000; ++i)
    all.push_back(waiting.put(i));
  for (int i = 0; i < 5'000; ++i)
    ASSERT_EQ(waiting.take(all[static_cast<std::size_t>(i)]), i);
  EXPECT_EQ(waiting.put(7), 0u);
}

}  // namespace
}  // namespace troupe
