// Every single-bit flip and every truncation of every file of a log: no wrong byte is served,
// nothing crashes, a torn tail is cut, damage is reported.
#include "tests/support/runtime/log_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {
namespace {

using namespace testing;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t stride = 37;  // sanitizers are 10 to 20 times slower
#else
constexpr std::size_t stride = 1;
#endif

class Corruption : public log_test {
 protected:
  static constexpr std::size_t segment_size = 64 * 1024;

  struct original_batch {
    batch_header header;
    std::size_t position = 0;
  };

  /// Batches of one to four records until the file has 64 KiB.
  void fill_segment() {
    rng chance{11};
    std::size_t size = 0;
    while (size < segment_size) {
      std::vector<std::string> some(1 + chance.below(4));
      for (auto& x : some)
        x = fmt::format("{:x}", chance.next()) + std::string(chance.below(60), 'p');
      auto batch = batch_of_values(some, static_cast<timestamp_ms>(1'000 + chance.below(10'000)));
      size += batch.size();
      ASSERT_TRUE(log->append(std::move(batch), leader_epoch{size < segment_size / 2 ? 3 : 4}));
    }
    ASSERT_TRUE(log->write());
  }

  void remember(offset_t base) {
    original = disk.content(segment(base));
    batches.clear();
    std::size_t at = 0;
    batch_cursor cursor{original};
    for (byte_view batch; cursor.next(batch); at += batch.size())
      batches.push_back({decode_batch_header(batch), at});
    end = batches.back().header.next_offset();
    image = disk.save();
  }

  /// A sealed segment of 64 KiB, a small one behind it, everything durable, stopped in order.
  void make_sealed() {
    options.segment_bytes = segment_size + 1'000;
    open();
    fill_segment();
    ASSERT_TRUE(sync());
    options.segment_bytes = 1;
    log->set_options(options);
    write({"last"}, leader_epoch{4});
    options.segment_bytes = segment_size + 1'000;
    ASSERT_TRUE(log->close());
    log.reset();
    remember(0);
  }

  /// 64 KiB above the mark, written by a process that was killed.
  void make_unsynced() {
    open();
    fill_segment();
    kill();
    remember(0);
  }

  const original_batch& batch_at(std::size_t byte) const {
    return *std::prev(
        std::upper_bound(batches.begin(), batches.end(), byte,
                         [](std::size_t x, const original_batch& b) { return x < b.position; }));
  }
  const original_batch& batch_of(offset_t offset) const {
    return *std::prev(std::upper_bound(
        batches.begin(), batches.end(), offset,
        [](offset_t x, const original_batch& b) { return x < b.header.base_offset; }));
  }

  /// Reads [from, to) in slices; whatever is served must be the very bytes that were written.
  /// Returns how many offsets answered damaged_data; -1 when anything else happened.
  int lost_between(offset_t from, offset_t to, std::size_t max_bytes) {
    int lost = 0;
    for (auto at = from; at < to;) {
      const auto slice = log->read(at, max_bytes, log->written_end());
      if (!slice && slice.error().code != errc::damaged_data)
        return -1;
      if (!slice) {
        ++lost;
        ++at;
        continue;
      }
      if (at < end && !equals_original(*slice, at))
        return -1;
      at = slice->next_offset;
    }
    return lost;
  }

  bool equals_original(const log_slice& slice, offset_t at) const {
    const auto& first = batch_of(at);
    return slice.first_offset == first.header.base_offset &&
           slice.batches.size() <= original.size() - first.position &&
           std::equal(slice.batches.begin(), slice.batches.end(),
                      original.begin() + static_cast<std::ptrdiff_t>(first.position));
  }

  void expect_everything(const std::string& what) {
    open();
    ASSERT_EQ(log->log_start(), 0) << what;
    ASSERT_EQ(log->log_end(), end + 1) << what;
    ASSERT_EQ(lost_between(0, end + 1, 1 << 20), 0) << what;
    ASSERT_EQ(report.torn_bytes + report.damaged_bytes, 0u) << what;
    log.reset();
  }

  bytes original;
  std::vector<original_batch> batches;
  offset_t end = 0;
  sim_env::image image;
};

TEST_F(Corruption, EveryBitOfASealedSegment) {
  make_sealed();
  std::size_t cases = 0;
  for (std::size_t byte = 0; byte < original.size(); byte += stride) {
    const auto& hit = batch_at(byte);
    const auto from = std::max<offset_t>(0, hit.header.base_offset - 4);
    const auto in_length = byte - hit.position >= 8 && byte - hit.position < 12;
    for (int bit = 0; bit < 8; ++bit, ++cases) {
      disk.flip_bit(segment(0), byte, bit);
      open();
      ASSERT_EQ(log->log_end(), end + 1);
      // The whole segment now and then, the neighbourhood always.
      const auto all = cases % 256 == 0;
      const auto to = all ? end + 1 : std::min(end, hit.header.next_offset() + 80);
      const auto lost = lost_between(all ? 0 : from, to, all ? 1 << 20 : 2'000);
      const auto records = hit.header.last_offset_delta + 1;
      if (in_length)
        ASSERT_GE(lost, records) << "byte " << byte << " bit " << bit;
      else
        ASSERT_EQ(lost, records) << "byte " << byte << " bit " << bit;
      disk.flip_bit(segment(0), byte, bit);
    }
  }
  log.reset();
  EXPECT_GE(cases * stride, segment_size * 8);
}

TEST_F(Corruption, EveryBitOfAnUnsyncedSegment) {
  make_unsynced();
  const auto file = segment(0);
  for (std::size_t byte = 0; byte < original.size(); byte += stride) {
    const auto& hit = batch_at(byte);
    for (int bit = 0; bit < 8; ++bit) {
      disk.flip_bit(file, byte, bit);
      open();
      ASSERT_EQ(log->log_end(), hit.header.base_offset) << "byte " << byte << " bit " << bit;
      ASSERT_EQ(report.torn_bytes, original.size() - hit.position);
      ASSERT_EQ(report.damaged_bytes, 0u);
      log.reset();
      disk.restore(image);
    }
  }
}

TEST_F(Corruption, EveryLengthOfASealedSegment) {
  make_sealed();
  for (std::size_t size = 0; size < original.size(); size += stride) {
    disk.cut_file(segment(0), size);
    open();
    const auto& hit = batch_at(size);
    ASSERT_EQ(log->log_end(), end + 1);
    ASSERT_FALSE(report.remarks.empty()) << size;
    ASSERT_FALSE(report.clean) << size;
    ASSERT_EQ(report.damaged_bytes, size - hit.position);
    const auto from = std::max<offset_t>(0, hit.header.base_offset - 10);
    ASSERT_EQ(lost_between(from, hit.header.next_offset(), 4'000),
              hit.header.last_offset_delta + 1);
    ASSERT_EQ(lost_between(end, end + 1, 4'000), 0);
    ASSERT_EQ(disk.content(segment(0)).size(), size) << "damage is never cut";
    log.reset();
    disk.restore(image);
  }
}

TEST_F(Corruption, EveryLengthOfAnUnsyncedSegment) {
  make_unsynced();
  for (std::size_t size = 0; size < original.size(); size += stride) {
    disk.cut_file(segment(0), size);
    open();
    const auto& hit = batch_at(size);
    ASSERT_EQ(log->log_end(), hit.header.base_offset);
    ASSERT_EQ(report.torn_bytes, size - hit.position);
    log.reset();
    disk.restore(image);
  }
}

TEST_F(Corruption, EveryBitOfTheSmallFiles) {
  make_sealed();
  open();
  ASSERT_TRUE(log->close());
  image = disk.save();
  for (const auto& [file, content] : sim_env::image{image}) {
    if (file.ends_with(".log"))
      continue;
    for (std::size_t byte = 0; byte < content.size(); byte += stride)
      for (int bit = 0; bit < 8; ++bit) {
        disk.flip_bit(file, byte, bit);
        expect_everything(fmt::format("{} byte {} bit {}", file, byte, bit));
        disk.restore(image);
      }
  }
}

TEST_F(Corruption, EveryLengthOfTheSmallFiles) {
  make_sealed();
  for (const auto& [file, content] : sim_env::image{image}) {
    if (file.ends_with(".log"))
      continue;
    for (std::size_t size = 0; size < content.size(); size += stride) {
      disk.cut_file(file, size);
      expect_everything(fmt::format("{} cut to {}", file, size));
      disk.restore(image);
    }
    disk.drop_file(file);
    expect_everything(fmt::format("{} missing", file));
    disk.restore(image);
  }
}

TEST_F(Corruption, EveryBitOfALogStart) {
  make_sealed();
  open();
  ASSERT_TRUE(log->advance_start(17));
  ASSERT_TRUE(log->close());
  image = disk.save();
  const auto file = path("log-start");
  for (std::size_t byte = 0; byte < disk.content(file).size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      disk.flip_bit(file, byte, bit);
      open();
      ASSERT_EQ(log->log_start(), 17);
      ASSERT_EQ(lost_between(17, end + 1, 1 << 20), 0);
      log.reset();
      disk.restore(image);
    }
}

/// Two bits at once, anywhere: more than a single fault, so more may be lost, but never a lie.
TEST_F(Corruption, PairsOfFaultsAnywhere) {
  make_sealed();
  rng chance{23};
  for (int round = 0; round < 20'000 / static_cast<int>(stride); ++round) {
    std::vector<std::string> files;
    for (const auto& [file, content] : image)
      if (!content.empty())
        files.push_back(file);
    std::string faults;
    for (int fault = 0; fault < 2; ++fault) {
      const auto& file = files[chance.below(files.size())];
      const auto byte = chance.below(image.at(file).size());
      disk.flip_bit(file, byte, static_cast<int>(chance.below(8)));
      faults += fmt::format("{} byte {}; ", file, byte);
    }
    open();
    ASSERT_GE(lost_between(log->log_start(), std::min(end, log->log_end()), 16'000), 0) << faults;
    log.reset();
    disk.restore(image);
  }
}

}  // namespace
}  // namespace troupe
