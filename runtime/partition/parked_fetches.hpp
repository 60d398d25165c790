// Fetches that wait for bytes or for their deadline.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/errors.hpp"

#include <algorithm>
#include <vector>

namespace troupe {

/// By what number the driver knows a produce or fetch that waits.
using waiter = std::uint32_t;

/// A fetch to be read again and answered (none), or to be answered with the error.
struct fetch_answer {
  waiter who = 0;
  errc code = errc::none;
};

/// Owned by the leader of a partition. `reached` is a count of bytes that only grows.
class parked_fetches {
 public:
  void park(waiter who, std::uint64_t wake_at, mono_time deadline) {
    all_.push_back({who, wake_at, deadline});
    next_wake_ = std::min(next_wake_, wake_at);
    next_deadline_ = std::min(next_deadline_, deadline);
  }
  void reach(std::uint64_t reached) {
    if (reached >= next_wake_)
      release([reached](const fetch& x) { return x.wake_at <= reached; }, errc::none);
  }
  void expire(mono_time now) {
    if (now >= next_deadline_)
      release([now](const fetch& x) { return x.deadline <= now; }, errc::none);
  }
  void release_all(errc code) {
    release([](const fetch&) { return true; }, code);
  }

  std::size_t size() const { return all_.size(); }
  /// Earliest deadline; mono_time::max() without any.
  mono_time next_deadline() const { return next_deadline_; }
  /// Replaces the content of `into` by what was let go.
  void take(std::vector<fetch_answer>& into) {
    into.clear();
    into.swap(released_);
  }

 private:
  struct fetch {
    waiter who = 0;
    std::uint64_t wake_at = 0;
    mono_time deadline;
  };

  template <class Done>
  void release(Done done, errc code) {
    next_wake_ = UINT64_MAX;
    next_deadline_ = mono_time::max();
    std::erase_if(all_, [&](const fetch& x) {
      if (done(x)) {
        released_.push_back({x.who, code});
        return true;
      }
      next_wake_ = std::min(next_wake_, x.wake_at);
      next_deadline_ = std::min(next_deadline_, x.deadline);
      return false;
    });
  }

  std::vector<fetch> all_;
  std::uint64_t next_wake_ = UINT64_MAX;  // least wake_at of all_
  mono_time next_deadline_ = mono_time::max();
  std::vector<fetch_answer> released_;
};

}  // namespace troupe
