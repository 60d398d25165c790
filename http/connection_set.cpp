#include "http/connection_set.hpp"

#include "runtime/base/assert.hpp"

#include <utility>

namespace troupe::http {

connection_slot::connection_slot(std::shared_ptr<connection_set> set, live_connection& who,
                                 connection_permit permit)
    : set_(std::move(set)), index_(set_->entries_.size()), permit_(std::move(permit)) {
  set_->entries_.push_back({mono_time::max(), &who, this});
}

connection_slot::connection_slot(connection_slot&& other) noexcept { *this = std::move(other); }

connection_slot& connection_slot::operator=(connection_slot&& other) noexcept {
  if (this == &other)
    return *this;
  leave();
  set_ = std::exchange(other.set_, nullptr);
  index_ = other.index_;
  permit_ = std::move(other.permit_);
  if (set_ != nullptr)
    set_->entries_[index_].slot = this;
  return *this;
}

connection_slot::~connection_slot() { leave(); }

void connection_slot::leave() {
  if (set_ != nullptr)
    set_->remove(index_);
  set_ = nullptr;
  permit_ = {};
}

void connection_slot::give_to(live_connection& who) {
  troupe_assert(set_ != nullptr);
  set_->entries_[index_].who = &who;
}

void connection_slot::set_deadline(mono_time when) {
  troupe_assert(set_ != nullptr);
  set_->entries_[index_].deadline = when;
}

bool connection_slot::stopping() const { return set_ != nullptr && set_->stopping_; }

void connection_set::remove(std::size_t index) {
  entries_[index] = entries_.back();
  entries_[index].slot->index_ = index;
  entries_.pop_back();
  if (entries_.empty() && when_empty_) {
    auto call = std::exchange(when_empty_, nullptr);
    call();
  }
}

/// From the back: a connection that goes away is replaced by one that was called already.
template <class F>
void connection_set::for_each(F call) {
  for (std::size_t i = entries_.size(); i-- > 0;)
    if (i < entries_.size())
      call(entries_[i]);
}

void connection_set::check_deadlines(mono_time now) {
  for_each([now](entry& x) {
    if (x.deadline > now)
      return;
    x.deadline = mono_time::max();
    x.who->on_deadline(now);
  });
}

void connection_set::stop(std::function<void()> when_empty) {
  stopping_ = true;
  for_each([](entry& x) { x.who->on_stop(); });
  if (entries_.empty())
    when_empty();
  else
    when_empty_ = std::move(when_empty);
}

void connection_set::metadata_changed() {
  for_each([](entry& x) { x.who->on_metadata(); });
}

void connection_set::last_call() {
  for_each([](entry& x) { x.who->on_last_call(); });
}

void connection_set::cut() {
  for_each([](entry& x) { x.who->on_cut(); });
}

}  // namespace troupe::http
