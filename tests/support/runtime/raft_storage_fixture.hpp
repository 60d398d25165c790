// Writing to the disk of a replica, in few words.
#pragma once

#include "runtime/env/sim_env.hpp"
#include "runtime/raft/storage.hpp"
#include "runtime/record/crc32c.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace troupe::raft {

inline constexpr const char* directory = "data/raft";
inline constexpr const char* first_segment = "data/raft/00000000000000000001.raft";
inline constexpr node_id self{1};

inline bytes text(std::string_view x) { return {x.begin(), x.end()}; }

inline entry value(index_t index, int term, std::string_view data = "value") {
  return {index, term_t{term}, entry_kind::data, share(text(data))};
}

inline std::vector<entry> values(index_t from, index_t to, int term) {
  std::vector<entry> some;
  for (auto i = from; i <= to; ++i)
    some.push_back(value(i, term, fmt::format("value {} of term {}", i, term)));
  return some;
}

inline ready_work with_entries(std::vector<entry> entries) {
  ready_work work;
  work.entries = std::move(entries);
  return work;
}

inline ready_work with_state(int term, std::optional<replica_id> vote) {
  ready_work work;
  work.state = hard_state{term_t{term}, vote};
  return work;
}

class RaftStorage : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(disk.create_directory("data"));
    ASSERT_TRUE(disk.sync_directory(""));
  }

  result<restored_log> open() {
    files.reset();
    auto opened = storage::open(disk, directory, self, ids, {.segment_bytes = 200});
    if (!opened)
      return opened.error();
    files = std::move(opened->files);
    return std::move(opened->log);
  }
  void write(const ready_work& work) {
    const auto done = files->persist(work);
    ASSERT_TRUE(done) << done.error().message;
  }
  snapshot_info save(index_t index, int term, std::string_view content) {
    const auto taken = files->save_snapshot({index, term_t{term}, voters, 0, 0}, text(content));
    EXPECT_TRUE(taken);
    return *taken;
  }
  static std::string shown(const std::vector<entry>& entries) {
    std::string line;
    for (const auto& x : entries)
      line += fmt::format("{}@{} ", x.index, value_of(x.term));
    return line;
  }
  static ready_work arriving(const snapshot_info& at, std::string_view content) {
    ready_work work;
    const auto half = content.size() / 2;
    work.chunks = {{at, 0, static_cast<std::uint32_t>(half), share(text(content.substr(0, half)))},
                   {at, half, static_cast<std::uint32_t>(content.size() - half),
                    share(text(content.substr(half)))}};
    work.installed = at;
    return work;
  }
  static snapshot_info info_of(index_t index, int term, const voter_set& who,
                               std::string_view content) {
    return {index, term_t{term}, who, content.size(), crc32c(as_bytes(content))};
  }

  sim_env disk;
  rng ids{7};
  voter_set voters{{{node_id{1}, directory_id{11}}, {node_id{2}, directory_id{22}}}};
  std::unique_ptr<storage> files;
};

}  // namespace troupe::raft
