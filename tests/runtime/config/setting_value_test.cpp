#include "runtime/config/setting_value.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace troupe {
namespace {

using enum setting_unit;

TEST(SettingValue, PlainNumbers) {
  EXPECT_EQ(parse_number("0", number), 0);
  EXPECT_EQ(parse_number("-1", number), -1);
  EXPECT_EQ(parse_number("9223372036854775807", number), std::numeric_limits<std::int64_t>::max());
  for (const auto* bad : {"", " 1", "1 ", "+1", "1.0", "0x10", "1e3", "9223372036854775808", "KiB"})
    EXPECT_EQ(parse_number(bad, number), std::nullopt) << bad;
}

TEST(SettingValue, UnitsMultiply) {
  EXPECT_EQ(parse_number("3", size), 3);
  EXPECT_EQ(parse_number("3B", size), 3);
  EXPECT_EQ(parse_number("16MiB", size), 16 << 20);
  EXPECT_EQ(parse_number("2TiB", size), 2LL << 40);
  EXPECT_EQ(parse_number("30s", duration), 30'000);
  EXPECT_EQ(parse_number("250ms", duration), 250);
  EXPECT_EQ(parse_number("7d", duration), 604'800'000);
}

TEST(SettingValue, UnitsOfOthersAreRefused) {
  EXPECT_EQ(parse_number("1KiB", number), std::nullopt);
  EXPECT_EQ(parse_number("1s", size), std::nullopt);
  EXPECT_EQ(parse_number("1KiB", duration), std::nullopt);
  EXPECT_EQ(parse_number("1MB", size), std::nullopt);
  EXPECT_EQ(parse_number("1 MiB", size), std::nullopt);
}

TEST(SettingValue, OverflowOfAUnitIsRefused) {
  EXPECT_EQ(parse_number("8388608TiB", size), std::nullopt);
  EXPECT_EQ(parse_number("8388607TiB", size), 8388607LL << 40);
}

TEST(SettingValue, BooleansAreTrueOrFalse) {
  EXPECT_EQ(parse_boolean("true"), true);
  EXPECT_EQ(parse_boolean("false"), false);
  for (const auto* bad : {"", "1", "yes", "True", "on"})
    EXPECT_EQ(parse_boolean(bad), std::nullopt) << bad;
}

TEST(SettingValue, RangesReadWell) {
  EXPECT_EQ(range_text(1, 20, number), "1..20");
  EXPECT_EQ(range_text(-1, 20, duration), "-1..20 ms");
  constexpr std::string_view three[] = {"a", "b", "c"};
  EXPECT_EQ(choices_text(three), "a, b or c");
  EXPECT_EQ(choices_text(std::span{three}.first(1)), "a");
}

}  // namespace
}  // namespace troupe
