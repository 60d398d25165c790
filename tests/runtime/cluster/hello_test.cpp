#include "runtime/cluster/hello.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

const node_identity self{node_id{1}, 11, "blue"};

errc verdict(const node_identity& other, int meant = 1, int found = 1) {
  auto x = check_hello(self, other, node_id{meant}, node_id{found});
  return x ? errc::none : x.error().code;
}

TEST(Hello, MemberOfTheClusterIsTaken) { EXPECT_EQ(verdict({node_id{2}, 22, "blue"}), errc::none); }

TEST(Hello, NodeWithoutAClusterYetIsTaken) { EXPECT_EQ(verdict({node_id{2}, 22, ""}), errc::none); }

TEST(Hello, EachReasonHasItsOwnError) {
  EXPECT_EQ(verdict({node_id{2}, 22, "blue", 9, 12}), errc::unsupported_version);
  EXPECT_EQ(verdict({node_id{2}, 22, "blue", 0, 0}), errc::unsupported_version);
  EXPECT_EQ(verdict({node_id{2}, 22, "red"}), errc::inconsistent_cluster_id);
  EXPECT_EQ(verdict({node_id{1}, 99, "blue"}), errc::duplicate_broker_registration);
  EXPECT_EQ(verdict({node_id{1}, 11, "blue"}), errc::invalid_registration);
  EXPECT_EQ(verdict({node_id{2}, 22, "blue"}, 3, 1), errc::invalid_registration);
}

TEST(Hello, WordsNameBothSides) {
  auto x = check_hello(self, {node_id{2}, 22, "red"}, node_id{1}, node_id{1});
  EXPECT_EQ(x.error().message, "Node 2 belongs to cluster 'red', node 1 to cluster 'blue'.");
  x = check_hello(self, {node_id{2}, 22, "blue", 3, 4}, node_id{1}, node_id{1});
  EXPECT_EQ(
      x.error().message,
      "Node 2 speaks versions 3 to 4 of the protocol between nodes, node 1 speaks version 1.");
}

}  // namespace
}  // namespace troupe
