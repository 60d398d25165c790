#include "tests/support/actors/gated_env.hpp"

#include <stdexcept>

namespace troupe::testing {

class gated_env::gated_file final : public file {
 public:
  gated_file(gated_env& owner, file_ptr inner) : owner_(owner), inner_(std::move(inner)) {}

  result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const override {
    return inner_->read_at(position, into);
  }
  result<void> write_at(std::uint64_t position, std::span<const byte_view> parts) override {
    if (owner_.throw_at_write_.exchange(false))
      throw std::logic_error{"a mistake of ours"};
    return inner_->write_at(position, parts);
  }
  result<void> truncate(std::uint64_t size) override { return inner_->truncate(size); }
  result<void> sync() override {
    owner_.pass(owner_.syncs_);
    return inner_->sync();
  }
  result<std::uint64_t> size() const override { return inner_->size(); }

 private:
  gated_env& owner_;
  file_ptr inner_;
};

void gated_env::close_gate() {
  std::lock_guard guard{mutex_};
  closed_ = true;
}

void gated_env::open_gate() {
  std::lock_guard guard{mutex_};
  closed_ = false;
  changed_.notify_all();
}

void gated_env::hold(held what, std::string part) {
  std::lock_guard guard{mutex_};
  holds_ = what;
  held_part_ = std::move(part);
  changed_.notify_all();
}

int gated_env::held_now() const {
  std::lock_guard guard{mutex_};
  return held_now_;
}

void gated_env::await_release(held kind, const std::string& path) {
  std::unique_lock guard{mutex_};
  const auto free = [&] { return holds_ != kind || path.find(held_part_) == path.npos; };
  ++held_now_;
  changed_.wait(guard, free);
  --held_now_;
}

result<void> gated_env::remove_file(const std::string& path) {
  await_release(held::removals, path);
  return inner_.remove_file(path);
}

result<void> gated_env::remove_all(const std::string& path) {
  await_release(held::removals, path);
  return inner_.remove_all(path);
}

result<void> gated_env::sync_directory(const std::string& directory) {
  await_release(held::directory_syncs, directory);
  return inner_.sync_directory(directory);
}

int gated_env::waiting() const {
  std::lock_guard guard{mutex_};
  return waiting_;
}

void gated_env::pass(std::atomic<int>& counter) {
  std::unique_lock guard{mutex_};
  ++waiting_;
  changed_.wait(guard, [this] { return !closed_; });
  --waiting_;
  ++counter;
}

result<file_ptr> gated_env::open(const std::string& path, open_mode mode) {
  auto opened = inner_.open(path, mode);
  if (!opened)
    return opened.error();
  return file_ptr{std::make_shared<gated_file>(*this, std::move(*opened))};
}

result<void> gated_env::sync_filesystem(const std::string& directory) {
  pass(filesystem_syncs_);
  return inner_.sync_filesystem(directory);
}

result<disk_space> gated_env::space(const std::string&) {
  return disk_space{free_bytes_.load(), 1ull << 41};
}

}  // namespace troupe::testing
