#include "actors/flusher_crew.hpp"

namespace troupe {

flusher_crew::~flusher_crew() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  begun_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

result<void> flusher_crew::sync(std::vector<file_ptr> files) {
  if (files.size() > 1 && threads_.size() < helpers_)
    start();
  std::unique_lock held{mutex_};
  files_ = std::move(files);
  taken_ = 0;
  done_ = 0;
  outcome_ = {};
  ++round_;
  if (files_.size() > 1)
    begun_.notify_all();
  work(held);
  ended_.wait(held, [this] { return done_ == files_.size(); });
  files_.clear();
  return outcome_;
}

void flusher_crew::start() {
  while (threads_.size() < helpers_)
    threads_.emplace_back([this] { help(); });
}

void flusher_crew::help() {
  std::unique_lock held{mutex_};
  std::uint64_t seen = 0;
  for (;;) {
    begun_.wait(held, [&] { return stopping_ || round_ != seen; });
    if (stopping_)
      return;
    seen = round_;
    work(held);
  }
}

void flusher_crew::work(std::unique_lock<std::mutex>& held) {
  while (taken_ < files_.size()) {
    auto mine = files_[taken_++];
    if (outcome_) {
      held.unlock();
      auto ended = mine->sync();
      held.lock();
      if (!ended && outcome_)
        outcome_ = ended;
    }
    if (++done_ == files_.size())
      ended_.notify_one();
  }
}

}  // namespace troupe
