#include "app/config_file.hpp"

#include "app/nearest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace troupe::app {
namespace {

using testing::HasSubstr;

std::string value_of(std::string_view line) {
  auto entry = parse_config_line(line);
  return entry ? entry->value : "failed: " + entry.error().message;
}

std::string complaint(std::string_view line) {
  auto entry = parse_config_line(line);
  return entry ? "" : entry.error().message;
}

TEST(config_line, HoldsANameAndAValue) {
  auto entry = parse_config_line("  data-dir\t=  \"/var/lib/troupe\"   # where\r");
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->key, "data-dir");
  EXPECT_EQ(entry->value, "/var/lib/troupe");
  EXPECT_EQ(parse_config_line("\"node-id\" = 1")->key, "node-id");
}

TEST(config_line, MayBeEmptyOrAComment) {
  for (auto line : {"", "   ", "# data-dir = 1", "\r"})
    EXPECT_EQ(parse_config_line(line)->key, "") << line;
}

TEST(config_line, ValuesAreThoseOfToml) {
  EXPECT_EQ(value_of("x = 16_777_216"), "16777216");
  EXPECT_EQ(value_of("x = -1"), "-1");
  EXPECT_EQ(value_of("x = true # yes"), "true");
  EXPECT_EQ(value_of("x = \"\""), "");
  EXPECT_EQ(value_of("x = \"a # b\""), "a # b");
  EXPECT_EQ(value_of(R"(x = "a\"b\\c\t\u00e9\U0001F600")"), "a\"b\\c\t\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(value_of(R"(x = 'C:\new')"), R"(C:\new)");
}

TEST(config_line, WhatIsNoValueIsRefusedWithAdvice) {
  EXPECT_THAT(complaint("x ="), HasSubstr("'x' has no value"));
  EXPECT_THAT(complaint("x = # 1"), HasSubstr("'x' has no value"));
  EXPECT_THAT(complaint("max-body = 16MiB"), HasSubstr("max-body = \"16MiB\""));
  EXPECT_THAT(complaint("x = \"open"), HasSubstr("closing \" is missing"));
  EXPECT_THAT(complaint("x = \"a\" b"), HasSubstr("behind the value of 'x': b"));
  EXPECT_THAT(complaint(R"(x = "\q")"), HasSubstr(R"('\q' is no escape)"));
  EXPECT_THAT(complaint(R"(x = "\ud800")"), HasSubstr("is no escape"));
  EXPECT_THAT(complaint("x = [1]"), HasSubstr("list"));
  EXPECT_THAT(complaint("x = \"\"\"a"), HasSubstr("several lines"));
  EXPECT_THAT(complaint("= 1"), HasSubstr("not name = value"));
  EXPECT_THAT(complaint("a b = 1"), HasSubstr("not name = value"));
}

TEST(config_file, LastLineNeedsNoEnd) {
  auto path = testing::TempDir() + "troupe-config-lines.toml";
  std::ofstream(path) << "a = 1\n\nb = 2";
  auto entries = read_config_file(path);
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[1].key, "b");
  EXPECT_EQ((*entries)[1].line, 3u);
}

TEST(nearest, FindsWhatWasMeant) {
  std::vector<std::string> known{"data-dir", "node-id", "max-body", "max-connections"};
  EXPECT_EQ(nearest("dta-dir", known), "data-dir");
  EXPECT_EQ(nearest("max-bdoy", known), "max-body");
  EXPECT_EQ(nearest("max-conections", known), "max-connections");
  EXPECT_EQ(nearest("colour", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), known), "");
}

}  // namespace
}  // namespace troupe::app
