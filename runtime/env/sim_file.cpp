#include "runtime/env/sim_disk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace troupe::sim {

namespace {

using guard = std::lock_guard<std::mutex>;

class sim_file final : public file {
 public:
  sim_file(disk_ptr on, inode_ptr node, std::string path)
      : disk_(std::move(on)),
        node_(std::move(node)),
        path_(std::move(path)),
        generation_(disk_->generation) {
    ++disk_->open_files;
  }

  ~sim_file() override {
    const guard held{disk_->mutex};
    --disk_->open_files;
  }

  result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const override {
    const guard held{disk_->mutex};
    if (auto failure = begin(disk_operation::read))
      return *failure;
    if (position >= node_->content.size())
      return std::size_t{0};
    const auto n = std::min<std::size_t>(into.size(), node_->content.size() - position);
    std::memcpy(into.data(), node_->content.data() + position, n);
    return n;
  }

  result<void> write_at(std::uint64_t position, std::span<const byte_view> parts) override {
    const guard held{disk_->mutex};
    std::size_t size = 0;
    for (const auto& part : parts)
      size += part.size();
    auto failure = begin(disk_operation::write);
    auto room = size;
    if (failure)
      room = size * (disk_->operations() % 4) / 4;
    else if (const auto fits = room_for(position + size); fits < position + size) {
      failure = error{errc::disk_full, fmt::format("write {}: No space left on device", path_)};
      room = fits > position ? fits - position : 0;
    }
    store(position, parts, room);
    if (failure)
      return *failure;
    return {};
  }

  result<void> truncate(std::uint64_t size) override {
    const guard held{disk_->mutex};
    if (auto failure = begin(disk_operation::truncate))
      return *failure;
    node_->resize(size);
    return {};
  }

  result<void> sync() override {
    const guard held{disk_->mutex};
    disk_->syncs_after_failure += node_->sync_failed ? 1 : 0;
    if (auto failure = begin(disk_operation::sync)) {
      node_->lose_dirty();
      return *failure;
    }
    node_->sync();
    return {};
  }

  result<std::uint64_t> size() const override {
    const guard held{disk_->mutex};
    if (auto failure = begin(disk_operation::size))
      return *failure;
    return std::uint64_t{node_->content.size()};
  }

 private:
  std::optional<error> begin(disk_operation kind) const {
    if (generation_ != disk_->generation)
      return error{errc::io_error,
                   fmt::format("{} {}: the power was lost", to_string(kind), path_)};
    return disk_->begin(kind, path_);
  }

  /// The size this file may grow to.
  std::uint64_t room_for(std::uint64_t size) const {
    if (disk_->capacity == UINT64_MAX || size <= node_->content.size())
      return size;
    const auto others = disk_->used() - node_->content.size();
    const auto most = disk_->capacity > others ? disk_->capacity - others : 0;
    return std::min(size, std::max<std::uint64_t>(most, node_->content.size()));
  }

  void store(std::uint64_t position, std::span<const byte_view> parts, std::size_t room) {
    for (const auto& part : parts) {
      const auto n = std::min(room, part.size());
      if (n > 0)
        node_->write(position, part.first(n));
      position += n;
      room -= n;
    }
  }

  disk_ptr disk_;
  inode_ptr node_;
  std::string path_;
  std::uint64_t generation_;
};

}  // namespace

file_ptr make_file(disk_ptr on, inode_ptr node, std::string path) {
  return std::make_shared<sim_file>(std::move(on), std::move(node), std::move(path));
}

}  // namespace troupe::sim
