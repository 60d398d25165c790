// The steps of recover_log(), for the files recovery*.cpp.
#pragma once

#include "runtime/log/log_start_file.hpp"
#include "runtime/log/recovery.hpp"

#include <fmt/format.h>

#include <set>

namespace troupe {

/// Learns leader epochs from the batches themselves. A batch whose successor has a lower epoch is
/// not believed: epochs only grow, and one flipped bit must not make a new one.
class learned_epochs {
 public:
  learned_epochs(epoch_cache& into, leader_epoch newest) : into_(into), newest_(newest) {}

  /// Batches come in order.
  void see(leader_epoch epoch, offset_t at);
  void finish();

 private:
  epoch_cache& into_;
  leader_epoch newest_;  ///< none above it was ever stored
  std::optional<epoch_cache::entry> candidate_;
};

class log_recovery {
 public:
  log_recovery(log_context& in, recovery_report& report) : in_(in), report_(report) {}

  result<recovered_log> run();

 private:
  /// A segment file, before it is known which part of it counts.
  struct found_segment {
    offset_t base = 0;
    std::uint64_t size = 0;
    bool has_index = false;
    std::optional<index_summary> summary;  ///< of the index, when it can be of this segment
  };

  // recovery.cpp: what is there
  result<void> list_files();
  result<void> load_marks();
  void merge_log_start(const std::optional<log_start_mark>& file);
  result<void> finish_beginning_anew();
  result<void> measure_segments();
  result<found_segment> measure(offset_t base);
  void drop_aliens();

  // recovery_finish.cpp: what is kept is made durable
  result<void> finish();
  result<void> make_durable();
  result<void> renew(segment& which, std::uint64_t from);
  result<void> renew_index(segment& which);

  // recovery_epochs.cpp: the leader epochs
  result<void> load_epochs();
  result<void> learn_epochs();
  result<void> learn_epochs_of(const found_segment& which, learned_epochs& learned);
  result<void> store_epochs();
  result<void> renew_epochs();

  // recovery_tail.cpp: what may be cut
  void find_tail();
  void find_tail_without_segment();
  result<void> scan_tail();
  result<void> scan(segment& which, std::uint64_t size);
  result<void> drop_stale_index(const segment& which, const found_segment& found);
  result<void> cut(segment& which, std::uint64_t size);
  result<void> cut_segments(std::size_t first);

  // recovery_sealed.cpp: what may not
  result<void> drop_below_start();
  result<void> drop_sealed_below_start();
  result<void> drop_first();
  void check_front();
  result<void> take_sealed();
  result<void> take_sealed(const found_segment& which, offset_t end);
  result<void> rebuild(segment& which, const found_segment& found);
  void report_damage(const std::string& path, const damaged_range& range);
  offset_t end_of(std::size_t i) const;

  template <class... Args>
  void remark(fmt::format_string<Args...> format, Args&&... args) {
    report_.remarks.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  log_context& in_;
  recovery_report& report_;
  recovered_log log_;

  std::vector<found_segment> found_;
  std::set<offset_t> indexes_;  ///< bases that have an index file of either kind
  std::optional<durable_mark> mark_;
  bytes epochs_content_;
  bool learns_ = false;    ///< the leader-epochs file is not to be believed for the tail
  std::size_t tail_ = 0;   ///< found_[tail_] and what follows is scanned
  batch_place tail_from_;  ///< where in found_[tail_]; the log end when there is none
  bool damage_ = false;
};

}  // namespace troupe
