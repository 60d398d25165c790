// The log of one partition. For the files log_*.cpp; everybody else uses partition_log.hpp.
#pragma once

#include "runtime/log/recovery.hpp"
#include "runtime/log/segment_reader.hpp"

#include <array>

namespace troupe {

class partition_log_impl final : public partition_log {
 public:
  partition_log_impl(env& on, std::string directory, const log_options& options, const clock& time);

  /// REQUIRES that nothing else was called yet.
  result<void> open(recovery_report& report);

  // log_append.cpp
  result<appended> append(bytes batch, leader_epoch epoch) override;
  result<appended> append_as_follower(bytes batches) override;
  result<void> write() override;
  std::size_t pending_bytes() const override { return pending_bytes_; }

  // log_sync.cpp
  std::optional<sync_ticket> begin_sync() override;
  void end_sync(const result<void>& outcome) override;
  result<void> close() override;

  // log_read.cpp
  result<log_slice> read(offset_t from, std::size_t max_bytes, offset_t limit) override;
  result<std::optional<timestamp_and_offset>> find_timestamp(timestamp_ms at,
                                                             offset_t limit) override;

  // log_cut.cpp
  result<void> truncate_to(offset_t end) override;
  result<void> truncate_fully(offset_t start) override;
  result<void> advance_start(offset_t start) override;
  result<std::size_t> apply_retention(offset_t limit) override;
  result<void> remove() override;

  // log_impl.cpp
  void set_options(const log_options& options) override;
  offset_t log_start() const override { return log_start_; }
  offset_t durable_end() const override { return durable_end_; }
  offset_t written_end() const override { return written_end_; }
  offset_t log_end() const override { return log_end_; }
  leader_epoch last_epoch() const override { return context_.epochs.last(); }
  epoch_end end_offset_for(leader_epoch asked) const override {
    return context_.epochs.end_offset_for(asked, log_end_);
  }
  std::uint64_t size_bytes() const override;
  std::size_t segment_count() const override { return segments_.size(); }
  bool poisoned() const override { return out_of_service_ != errc::none; }

 private:
  /// Whole batches that were taken and not written yet.
  struct pending_run {
    bytes batches;
    offset_t base = 0;
    offset_t next = 0;
  };
  /// Pending runs [first, end) that go into one segment.
  struct write_group {
    std::size_t first = 0;
    std::size_t end = 0;
    segment_ptr fresh;   ///< made for them once it is needed
    bool rolls = false;  ///< they begin a segment; else they go into the active one
  };
  struct growing_segment {
    std::uint64_t size = 0;
    offset_t base = 0;
    timestamp_ms created = no_timestamp;
  };
  /// Where a batch begins, as a reader left it.
  struct reading_place {
    offset_t offset = no_offset;
    offset_t segment_base = no_offset;
    std::uint64_t position = 0;
  };

  result<void> check_in_service() const;
  /// Takes the log out of service (S8) and passes the cause on.
  error poison(const error& cause);
  void drop_pending();

  std::vector<write_group> plan_write() const;
  bool must_roll(const growing_segment& to, const pending_run& run, timestamp_ms now) const;
  result<void> perform(std::vector<write_group>& plan);
  result<void> write_runs(segment& to, const write_group& group);
  result<void> undo_write(std::vector<write_group>& plan, const error& cause);
  result<void> take_back(std::vector<write_group>& plan);
  result<void> take_back_epochs();
  result<void> commit_write(std::vector<write_group>& plan);
  result<void> make_directory();
  result<void> store_epochs();
  result<void> roll();
  result<void> pin_mark();

  /// The file is part of the next ticket.
  void must_sync(file_ptr written);
  result<void> sync_all();
  /// Every file that may hold unsynced bytes, of a log that has not kept count.
  result<void> count_unsynced();
  durable_mark mark_here() const;
  result<void> store_mark(const durable_mark& mark);
  result<void> store_mark_everywhere(durable_mark mark);
  result<void> refresh_mark();
  result<void> update_mark();
  result<void> mark_clean();

  segment* segment_of(offset_t offset);
  segment* active() { return active_ ? segments_.back().get() : nullptr; }
  const segment* active() const { return active_ ? segments_.back().get() : nullptr; }
  void keep_few_open(const segment& used);
  std::optional<batch_place> remembered(offset_t offset, offset_t segment_base) const;
  void remember(reading_place place);
  void forget_places();

  /// Where a log is cut: the first `segments` segments stay, the last of them up to `place`.
  struct cut_place {
    std::size_t segments = 0;
    batch_place place;
    bool inside = false;  ///< the last one loses its end
  };

  result<cut_place> find_cut(offset_t end);
  result<void> cut_at(const cut_place& cut);
  result<void> cut_inside(segment& last, batch_place end);
  result<void> cut_epochs_file();
  durable_mark mark_at(const cut_place& cut) const;
  result<void> begin_anew(offset_t start);
  result<std::size_t> change_start(offset_t start);
  bool is_expired(const segment& x) const;
  std::size_t expired_segments(offset_t limit) const;

  log_context context_;
  std::vector<segment_ptr> segments_;  ///< in order; each begins where the one before it ends
  std::vector<pending_run> pending_;
  std::size_t pending_bytes_ = 0;

  // Invariant: log_start_ <= durable_end_ <= written_end_ <= log_end_, but for log_start_ of a log
  // that never syncs.
  offset_t log_start_ = 0;
  offset_t durable_end_ = 0;
  offset_t written_end_ = 0;
  offset_t log_end_ = 0;

  durable_mark_file marks_;
  durable_mark mark_;                      ///< what is known to be durable, as the file should say
  std::optional<durable_mark> in_flight_;  ///< what will be, when the ticket is carried out
  mono_time mark_stored_at_{};
  std::vector<file_ptr> to_sync_;
  std::size_t stored_epochs_ = 0;  ///< entries in the leader-epochs file
  std::uint32_t resets_ = 0;

  std::array<reading_place, 4> places_;
  std::vector<offset_t> open_sealed_;  ///< bases, the longest unused first

  std::string cause_;  ///< why the log is out of service
  errc out_of_service_ = errc::none;
  bool active_ = false;  ///< the last segment may be appended to
  bool directory_exists_ = false;
  bool directory_changed_ = false;  ///< its entries are part of the next ticket
  bool parent_changed_ = false;
  bool mark_is_due_ = false;     ///< store it at the next chance, whatever the time
  bool mark_is_pinned_ = false;  ///< some mark of this log is on the disk for certain
  std::uint8_t next_place_ = 0;
};

}  // namespace troupe
