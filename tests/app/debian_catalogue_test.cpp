#include "app/debian_catalogue.hpp"

#include <gtest/gtest.h>

namespace troupe::app {
namespace {

TEST(debian_catalogue, StanzasBecomeJsonObjectsKeyedByPackage) {
  auto read = parse_catalogue(
      "Package: 0ad\nVersion: 0.0.26-3\nInstalled-Size: 28591\n"
      "Tag: game::strategy,\n interface::x11\n\n\n"
      "Package: \"q\"\nDescription: a \\ b\n");
  ASSERT_EQ(read.records.size(), 2u);
  EXPECT_EQ(read.records[0].key, "0ad");
  EXPECT_EQ(read.records[0].value,
            R"({"Package":"0ad","Version":"0.0.26-3","Installed-Size":28591,)"
            R"("Tag":"game::strategy,\ninterface::x11"})");
  EXPECT_EQ(read.records[1].value, R"({"Package":"\"q\"","Description":"a \\ b"})");
  EXPECT_EQ(read.skipped, 0u);
}

TEST(debian_catalogue, SizesThatAreNoNumbersStayText) {
  auto read = parse_catalogue("Package: a\nSize: large\n");
  ASSERT_EQ(read.records.size(), 1u);
  EXPECT_EQ(read.records[0].value, R"({"Package":"a","Size":"large"})");
}

TEST(debian_catalogue, UnreadableStanzasAreSkippedAndCounted) {
  auto read = parse_catalogue(
      "Package: a\nno field here\n\n"
      "Version: 1\n\n"
      "Package: b\nDescription: \xff\n\n"
      " leading\nPackage: c\n\n"
      "Package: good\n");
  ASSERT_EQ(read.records.size(), 1u);
  EXPECT_EQ(read.records[0].key, "good");
  EXPECT_EQ(read.skipped, 4u);
  EXPECT_EQ(read.first_skipped, "line 2: not of the form 'Name: value'");
}

TEST(debian_catalogue, EmptyInputGivesNothing) {
  EXPECT_TRUE(parse_catalogue("").records.empty());
  EXPECT_TRUE(parse_catalogue("\n\n\n").records.empty());
  EXPECT_EQ(parse_catalogue("\n\n").skipped, 0u);
}

}  // namespace
}  // namespace troupe::app
