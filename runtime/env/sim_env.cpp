#include "runtime/env/sim_env.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/env/sim_disk.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

using change = sim::name_change::kind;
using sim::disk_ptr;
using guard = std::lock_guard<std::mutex>;

constexpr std::array<std::string_view, disk_operation_count> operation_names = {
    "open",   "read",   "write",  "truncate",       "sync",   "size",  "list", "exists",
    "create", "remove", "rename", "sync directory", "syncfs", "space", "lock"};

error absent(std::string_view operation, const std::string& path) {
  return {errc::not_found, fmt::format("{} {}: No such file or directory", operation, path)};
}

class sim_lock final : public directory_lock {
 public:
  sim_lock(disk_ptr on, std::string path, std::uint64_t holder)
      : disk_(std::move(on)), path_(std::move(path)), holder_(holder) {}

  ~sim_lock() override {
    const guard held{disk_->mutex};
    const auto found = disk_->locks.find(path_);
    if (found != disk_->locks.end() && found->second == holder_)
      disk_->locks.erase(found);
  }

 private:
  disk_ptr disk_;
  std::string path_;
  std::uint64_t holder_;
};

/// "a" of "a" + "a/b/c" is "b": the entry of `directory` that leads to `path`, or nothing.
std::string_view entry_towards(std::string_view path, const std::string& directory) {
  if (path.size() <= directory.size() + 1 || !path.starts_with(directory) ||
      path[directory.size()] != '/')
    return {};
  const auto rest = path.substr(directory.size() + 1);
  return rest.substr(0, rest.find('/'));
}

}  // namespace

std::string_view to_string(disk_operation x) {
  return operation_names[static_cast<std::size_t>(x)];
}

sim_env::sim_env() : disk_(std::make_shared<sim::disk>()) {}
sim_env::~sim_env() = default;

// -- the env ------------------------------------------------------------------

result<file_ptr> sim_env::open(const std::string& path, open_mode mode) {
  std::unique_lock held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::open, path))
    return *failure;
  auto found = disk_->now.files.find(path);
  if (found == disk_->now.files.end()) {
    const auto directory = sim::parent_of(path);
    if (mode != open_mode::create || !disk_->has_directory(directory))
      return absent("open", path);
    disk_->change({change::create, directory, path, {}, std::make_shared<sim::inode>()});
    found = disk_->now.files.find(path);
  }
  return sim::make_file(disk_, found->second, path);
}

result<std::vector<std::string>> sim_env::list(const std::string& directory) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::list, directory))
    return *failure;
  if (!disk_->has_directory(directory))
    return absent("list", directory);
  std::set<std::string> names;
  const auto take = [&](const std::string& path) {
    if (const auto name = entry_towards(path, directory); !name.empty())
      names.emplace(name);
  };
  const auto& files = disk_->now.files;
  for (auto it = files.lower_bound(directory); it != files.end(); ++it) {
    if (!it->first.starts_with(directory))
      break;
    take(it->first);
  }
  for (const auto& path : disk_->now.directories)
    take(path);
  return std::vector<std::string>{names.begin(), names.end()};
}

result<bool> sim_env::exists(const std::string& path) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::exists, path))
    return *failure;
  return disk_->now.files.contains(path) || disk_->has_directory(path);
}

result<void> sim_env::create_directory(const std::string& path) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::create_directory, path))
    return *failure;
  if (disk_->has_directory(path))
    return {};
  const auto parent = sim::parent_of(path);
  if (!disk_->has_directory(parent))
    return absent("create directory", path);
  disk_->change({change::make_directory, parent, path, {}, nullptr});
  return {};
}

result<void> sim_env::remove_file(const std::string& path) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::remove, path))
    return *failure;
  if (!disk_->now.files.contains(path))
    return absent("remove", path);
  disk_->change({change::remove, sim::parent_of(path), path, {}, nullptr});
  return {};
}

result<void> sim_env::remove_all(const std::string& path) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::remove, path))
    return *failure;
  disk_->change({change::remove_tree, sim::parent_of(path), path, {}, nullptr});
  return {};
}

result<void> sim_env::rename(const std::string& from, const std::string& to) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::rename, from))
    return *failure;
  const auto found = disk_->now.files.find(from);
  if (found == disk_->now.files.end() || !disk_->has_directory(sim::parent_of(to)))
    return absent("rename", from);
  disk_->change({change::rename, sim::parent_of(to), from, to, found->second});
  return {};
}

result<void> sim_env::sync_directory(const std::string& directory) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::sync_directory, directory))
    return *failure;
  if (!disk_->has_directory(directory))
    return absent("sync", directory);
  disk_->sync_directory(directory);
  return {};
}

result<void> sim_env::sync_filesystem(const std::string& directory) {
  const guard held{disk_->mutex};
  auto failure = disk_->begin(disk_operation::sync_filesystem, directory);
  for (auto& [path, node] : disk_->now.files) {
    if (failure)
      node->lose_dirty();
    else
      node->sync();
  }
  if (failure)
    return *failure;
  disk_->durable = disk_->now;
  disk_->unsynced.clear();
  return {};
}

result<disk_space> sim_env::space(const std::string& directory) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::space, directory))
    return *failure;
  const auto used = disk_->used();
  return disk_space{.free_bytes = disk_->capacity > used ? disk_->capacity - used : 0,
                    .total_bytes = disk_->capacity};
}

result<std::unique_ptr<directory_lock>> sim_env::lock_directory(const std::string& path) {
  const guard held{disk_->mutex};
  if (auto failure = disk_->begin(disk_operation::lock, path))
    return *failure;
  if (!disk_->has_directory(path))
    return absent("lock", path);
  const auto holder = disk_->operations();
  if (!disk_->locks.try_emplace(path, holder).second)
    return error{errc::directory_in_use, fmt::format("{} is in use by another holder", path)};
  return std::unique_ptr<directory_lock>{std::make_unique<sim_lock>(disk_, path, holder)};
}

// -- faults -------------------------------------------------------------------

void sim_env::fail_operation(std::uint64_t n, errc code) {
  const guard held{disk_->mutex};
  disk_->fail(std::nullopt, n, code);
}

void sim_env::fail_operation(disk_operation kind, std::uint64_t n, errc code) {
  const guard held{disk_->mutex};
  disk_->fail(kind, n, code);
}

void sim_env::fail_nothing() {
  const guard held{disk_->mutex};
  disk_->fail_nothing();
}

void sim_env::crash(rng& chance) {
  const guard held{disk_->mutex};
  disk_->crash(chance);
}

void sim_env::restart_process() {
  const guard held{disk_->mutex};
  for (auto& [path, node] : disk_->now.files)
    node->sync_failed = false;
}

void sim_env::limit_space(std::uint64_t capacity) {
  const guard held{disk_->mutex};
  disk_->capacity = capacity;
}

// -- damage and looking -------------------------------------------------------

void sim_env::flip_bit(const std::string& path, std::size_t byte, int bit) {
  const guard held{disk_->mutex};
  auto& node = *disk_->now.files.at(path);
  const auto flipped = [&](bytes& of) {
    if (byte < of.size())
      of[byte] = static_cast<char>(of[byte] ^ (1 << bit));
  };
  flipped(node.content);
  flipped(node.durable);
}

void sim_env::cut_file(const std::string& path, std::size_t size) {
  const guard held{disk_->mutex};
  auto& node = *disk_->now.files.at(path);
  auto content = node.content;
  content.resize(size);
  node.replace(std::move(content));
}

void sim_env::put_file(const std::string& path, bytes content) {
  const guard held{disk_->mutex};
  auto node = std::make_shared<sim::inode>();
  node->replace(std::move(content));
  disk_->now.files[path] = node;
  disk_->durable.files[path] = node;
}

void sim_env::drop_file(const std::string& path) {
  const guard held{disk_->mutex};
  disk_->now.files.erase(path);
  disk_->durable.files.erase(path);
}

bytes sim_env::content(const std::string& path) const {
  const guard held{disk_->mutex};
  return disk_->now.files.at(path)->content;
}

sim_env::image sim_env::save() const {
  const guard held{disk_->mutex};
  image saved;
  for (const auto& [path, node] : disk_->now.files)
    saved[path] = node->content;
  return saved;
}

void sim_env::restore(const image& saved) {
  const guard held{disk_->mutex};
  disk_->now.files.clear();
  for (const auto& [path, content] : saved) {
    auto node = std::make_shared<sim::inode>();
    node->replace(content);
    disk_->now.files[path] = std::move(node);
    for (auto above = sim::parent_of(path); !above.empty(); above = sim::parent_of(above))
      disk_->now.directories.insert(above);
  }
  disk_->unsynced.clear();
  disk_->durable = disk_->now;
}

std::uint64_t sim_env::operations() const {
  const guard held{disk_->mutex};
  return disk_->operations();
}

std::uint64_t sim_env::operations(disk_operation kind) const {
  const guard held{disk_->mutex};
  return disk_->operations(kind);
}

bool sim_env::failed() const {
  const guard held{disk_->mutex};
  return disk_->failed();
}

std::uint64_t sim_env::syncs_after_failure() const {
  const guard held{disk_->mutex};
  return disk_->syncs_after_failure;
}

std::size_t sim_env::open_files() const {
  const guard held{disk_->mutex};
  return disk_->open_files;
}

}  // namespace troupe
