#include "app/line_reader.hpp"
#include "app/logging.hpp"
#include "app/output.hpp"
#include "app/progress.hpp"
#include "app/record_printer.hpp"
#include "app/table.hpp"
#include "app/units.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace troupe::app {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(units, AreForPeople) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(63'666), "63,666");
  EXPECT_EQ(with_commas(1'234'567), "1,234,567");
  EXPECT_EQ(as_size(512), "512 B");
  EXPECT_EQ(as_size(50.0 * 1024 * 1024), "50.0 MiB");
  EXPECT_EQ(as_duration(900ns), "900 ns");
  EXPECT_EQ(as_duration(12'345us), "12.3 ms");
  EXPECT_EQ(as_duration(4'200ms), "4.20 s");
}

TEST(units, CountOneThingAsOne) {
  EXPECT_EQ(counted(1, "record"), "1 record");
  EXPECT_EQ(counted(0, "record"), "0 records");
  EXPECT_EQ(counted(2'000, "batch", "batches"), "2,000 batches");
}

TEST(json_output, WritesNumbersAsPeopleDo) {
  auto value = json::parse(R"({"a":1.0,"b":[0.25,-3,18446744073709551615,null,true],"c\"":"d\n"})");
  std::string text;
  append_json(text, value);
  EXPECT_EQ(text, R"({"a":1,"b":[0.25,-3,18446744073709551615,null,true],"c\"":"d\n"})");
  text.clear();
  append_json(text, json::object{{"empty", json::object{}}, {"list", json::array{}}});
  EXPECT_EQ(text, R"({"empty":{},"list":[]})");
}

TEST(progress, ShowsBarCountRateAndTimeLeft) {
  EXPECT_EQ(progress_line("produce", 500, 1000, 5s, 120),
            "produce      [############------------]  50 %  500 of 1,000  100/s  5 s left");
  EXPECT_EQ(progress_line("produce", 1000, 1000, 5s, 120),
            "produce      [########################] 100 %  1,000 of 1,000  200/s");
  EXPECT_EQ(progress_line("read", 300, 0, 3s, 120), "read         300  100/s");
  EXPECT_EQ(progress_line("produce", 500, 1000, 5s, 20).size(), 19u);
}

TEST(table, AlignsNumbersToTheRight) {
  table rows({"name", "count"});
  rows.add({"a", "1"});
  rows.add({"longer", "1,000"});
  EXPECT_EQ(rows.text(), "name    count\na           1\nlonger  1,000\n");
}

TEST(log, JsonLinesHoldWhateverAMessageHolds) {
  EXPECT_EQ(json_log_line(1'700'000'000'123, "info", "a \"b\"\n"),
            R"({"time":"2023-11-14T22:13:20.123Z","level":"info","message":"a \"b\"\n"})");
  auto line = json_log_line(0, "error", "\xff");
  EXPECT_TRUE(json::parse(line).at("message").is_string());
}

TEST(record_text, PrintsWhatIsAskedFor) {
  json::object record{{"topic", "t"},
                      {"partition", 3},
                      {"offset", 17},
                      {"key", "azE="},
                      {"value", "dg=="},
                      {"timestamp", 1000},
                      {"headers", {{{"key", "h"}, {"value", "eA=="}}}}};
  print_options options;
  options.format = http::embedded_format::binary;
  EXPECT_EQ(record_text(record, options), "v");
  options.key = options.offset = options.partition = options.timestamp = options.headers = true;
  options.separator = "|";
  EXPECT_EQ(record_text(record, options), "3|17|1000|h=x|k1|v");
  record["key"] = nullptr;
  record["value"] = nullptr;
  EXPECT_EQ(record_text(record, options), "3|17|1000|h=x|null|null");
}

TEST(record_text, JsonIsTheRecordAsItCame) {
  json::object record{{"key", "k"}, {"value", {{"a", 1}}}};
  print_options options;
  options.json = true;
  EXPECT_EQ(record_text(record, options), R"({"key":"k","value":{"a":1}})");
}

struct line_file : testing::Test {
  std::vector<std::string> lines_of(const std::string& content) {
    auto path = testing::TempDir() + "troupe-lines";
    std::ofstream(path, std::ios::binary) << content;
    auto reader = line_reader::open(path);
    EXPECT_TRUE(reader);
    EXPECT_EQ(reader->size(), content.size());
    std::vector<std::string> lines;
    std::string_view line;
    for (;;) {
      auto state = reader->next(line, 1s);
      EXPECT_TRUE(state);
      if (!state || *state != line_state::line)
        break;
      lines.emplace_back(line);
    }
    EXPECT_EQ(reader->line_number(), lines.size());
    return lines;
  }
};

TEST_F(line_file, IsReadLineByLine) {
  EXPECT_THAT(lines_of("a\nb\n"), ElementsAre("a", "b"));
  EXPECT_THAT(lines_of("a\n\nb"), ElementsAre("a", "", "b"));
  EXPECT_THAT(lines_of(""), ElementsAre());
  EXPECT_THAT(lines_of("\n"), ElementsAre(""));
}

TEST_F(line_file, LinesLongerThanAnyBufferAreWhole) {
  std::string large(3'000'000, 'x');
  EXPECT_THAT(lines_of("a\n" + large + "\nb\n"), ElementsAre("a", large, "b"));
}

TEST(line_reader, MissingFileIsAFailureThatNamesIt) {
  auto reader = line_reader::open("/nonexistent/file");
  ASSERT_FALSE(reader);
  EXPECT_THAT(reader.error().message, testing::HasSubstr("/nonexistent/file"));
}

}  // namespace
}  // namespace troupe::app
