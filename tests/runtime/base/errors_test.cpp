#include "runtime/base/errors.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace troupe {
namespace {

std::vector<errc> all_codes() {
  return {
#define TROUPE_CODE(name, http, code, kafka, retriable, meaning) errc::name,
      TROUPE_ERRORS(TROUPE_CODE)
#undef TROUPE_CODE
  };
}

// Up to 599 a code is the status itself; above, its first digits say the kind of error, and the
// status is of the same kind. One keeps Confluent's number with the status clients should retry on.
TEST(Errors, CodesFollowTheStatusOfTheirAnswer) {
  for (auto code : all_codes()) {
    const auto& info = info_of(code);
    const bool plain = info.code <= 599;
    const bool same_kind = info.code / 10'000 == info.http_status / 100;
    EXPECT_TRUE(!plain || info.code == info.http_status) << info.name;
    EXPECT_TRUE(plain || same_kind || code == errc::leader_not_available) << info.name;
    EXPECT_TRUE(plain || info.code / 10'000 == 4 || info.code / 10'000 == 5) << info.name;
  }
}

TEST(Errors, NamesAndMeaningsAreThereAndNamesAreUnique) {
  std::set<std::string_view> names;
  for (auto code : all_codes()) {
    const auto& info = info_of(code);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.meaning.empty());
    EXPECT_NE(info.meaning.back(), '.') << info.name;
  }
}

TEST(Errors, OverloadIsRetriableAndMistakesAreNot) {
  EXPECT_TRUE(info_of(errc::overloaded).retriable);
  EXPECT_TRUE(info_of(errc::disk_full).retriable);
  EXPECT_FALSE(info_of(errc::record_too_large).retriable);
  EXPECT_FALSE(info_of(errc::damaged_data).retriable);
}

TEST(Errors, TextNamesCodeAndMessage) {
  EXPECT_EQ(to_string(error{errc::unknown_topic, "Topic 'x' does not exist."}),
            "unknown_topic: Topic 'x' does not exist.");
  EXPECT_EQ(error{errc::disk_full}.message, info_of(errc::disk_full).meaning);
}

TEST(ErrorsDeathTest, AskingAFailedResultForItsValueAborts) {
  const result<int> failed = error{errc::io_error, "no such luck"};
  EXPECT_DEATH((void)failed.value(), "io_error: no such luck");
}

}  // namespace
}  // namespace troupe
