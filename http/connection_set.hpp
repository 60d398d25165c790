// The connections of one loop: their deadlines, checked by one coarse timer, and the way to stop
// them all.
#pragma once

#include "http/connection.hpp"

#include <functional>

namespace troupe::http {

/// Owned by a loop and used there only. Outlives its slots.
class connection_set {
 public:
  /// How often deadlines are checked.
  static constexpr std::chrono::milliseconds tick{100};

  /// Calls on_deadline of every connection whose deadline has passed.
  void check_deadlines(mono_time now);
  /// Tells all to finish, then calls `when_empty` once the last has gone (at once if none is left).
  void stop(std::function<void()> when_empty);
  /// Tells all that topics have changed.
  void metadata_changed();
  /// Tells all that the grace is nearly over.
  void last_call();
  /// Tells all to close at once.
  void cut();

  bool stopping() const { return stopping_; }
  std::size_t size() const { return entries_.size(); }

 private:
  friend class connection_slot;

  struct entry {
    mono_time deadline;
    live_connection* who;
    connection_slot* slot;
  };

  void remove(std::size_t index);
  template <class F>
  void for_each(F call);

  // Side by side, so that a check of all deadlines reads memory in order.
  std::vector<entry> entries_;
  bool stopping_ = false;
  std::function<void()> when_empty_;
};

}  // namespace troupe::http
