#include "runtime/env/sim_disk.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cstring>

namespace troupe::sim {

namespace {

constexpr auto sector = sim_env::sector_bytes;

/// How a power loss treats the unsynced writes of one file.
enum class fate { lost, kept, torn };

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

// -- inode --------------------------------------------------------------------

void inode::mark_dirty(std::size_t begin, std::size_t end) {
  if (!dirty.empty() && dirty.back().end == begin)
    dirty.back().end = end;  // appends make one range, however many they are
  else if (begin < end)
    dirty.push_back({begin, end});
}

void inode::write(std::size_t position, byte_view data) {
  if (position + data.size() > content.size())
    resize(position + data.size());
  std::copy(data.begin(), data.end(), content.begin() + static_cast<std::ptrdiff_t>(position));
  mark_dirty(position, position + data.size());
}

void inode::resize(std::size_t size) {
  const auto before = content.size();
  content.resize(size);
  if (size > before)
    mark_dirty(before, size);
}

void inode::sync() {
  durable.resize(content.size());
  for (const auto& part : dirty) {
    const auto end = std::min(part.end, content.size());
    if (part.begin < end)
      std::memcpy(durable.data() + part.begin, content.data() + part.begin, end - part.begin);
  }
  dirty.clear();
}

void inode::lose_dirty() {
  dirty.clear();
  sync_failed = true;
}

std::size_t inode::size_after_crash(rng& chance) const {
  if (content.size() == durable.size() || chance.chance(1, 3))
    return durable.size();
  if (content.size() < durable.size() || chance.chance(1, 2))
    return content.size();
  return durable.size() + chance.below(content.size() - durable.size() + 1);
}

void inode::crash(rng& chance) {
  const auto how = static_cast<fate>(chance.below(3));
  const auto keeps = [&] {
    return how == fate::kept || (how == fate::torn && chance.chance(1, 2));
  };
  const auto size = size_after_crash(chance);
  auto after = durable;
  after.resize(size);
  for (const auto& part : dirty) {
    const auto end = std::min({part.end, content.size(), size});
    for (auto at = part.begin; at < end;) {
      const auto next = std::min(end, (at / sector + 1) * sector);
      if (keeps())
        std::memcpy(after.data() + at, content.data() + at, next - at);
      at = next;
    }
  }
  replace(std::move(after));
}

void inode::replace(bytes with) {
  content = with;
  durable = std::move(with);
  dirty.clear();
  sync_failed = false;
}

// -- names --------------------------------------------------------------------

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

void name_space::remove_tree(const std::string& path) {
  std::erase_if(files, [&](const auto& x) { return x.first == path || is_below(x.first, path); });
  std::erase_if(directories, [&](const auto& x) { return x == path || is_below(x, path); });
}

void name_space::drop_orphans() {
  const auto has = [this](const std::string& directory) {
    return directory.empty() || directories.contains(directory);
  };
  // Sorted: a directory comes before what is in it, so its own loss is seen first.
  for (auto it = directories.begin(); it != directories.end();)
    it = has(parent_of(*it)) ? std::next(it) : directories.erase(it);
  std::erase_if(files, [&](const auto& x) { return !has(parent_of(x.first)); });
}

void name_change::apply(name_space& to) const {
  switch (what) {
    case kind::create: to.files[path] = node; break;
    case kind::make_directory: to.directories.insert(path); break;
    case kind::remove: to.files.erase(path); break;
    case kind::remove_tree: to.remove_tree(path); break;
    case kind::rename:
      to.files.erase(path);
      to.files[target] = node;
      break;
  }
}

// -- disk ---------------------------------------------------------------------

std::optional<error> disk::begin(disk_operation kind, const std::string& path) {
  ++total_;
  ++counts_[static_cast<std::size_t>(kind)];
  if (!failure_ || (failure_->kind && *failure_->kind != kind) || --failure_->left > 0)
    return std::nullopt;
  const auto is_sync = kind == disk_operation::sync || kind == disk_operation::sync_directory ||
                       kind == disk_operation::sync_filesystem;
  const auto code = is_sync ? errc::io_error : failure_->code;
  failure_.reset();
  failed_ = true;
  return error{code, fmt::format("{} {}: simulated failure", to_string(kind), path)};
}

void disk::fail(std::optional<disk_operation> kind, std::uint64_t n, errc code) {
  troupe_assert(n > 0);
  failure_ = planned_failure{kind, n, code};
  failed_ = false;
}

void disk::change(name_change made) {
  made.apply(now);
  unsynced.push_back(std::move(made));
}

void disk::sync_directory(const std::string& directory) {
  std::erase_if(unsynced, [&](const name_change& x) {
    if (x.directory != directory)
      return false;
    x.apply(durable);
    return true;
  });
}

void disk::crash(rng& chance) {
  // Either the directories were journalled in order up to some point, or each change went its own
  // way; both kinds of file system exist.
  const auto in_order = chance.chance(1, 2);
  const auto journalled = chance.below(unsynced.size() + 1);
  for (std::size_t i = 0; i < unsynced.size(); ++i)
    if (in_order ? i < journalled : chance.chance(1, 2))
      unsynced[i].apply(durable);
  unsynced.clear();
  durable.drop_orphans();
  now = durable;
  for (auto& [path, node] : now.files)
    node->crash(chance);
  locks.clear();
  failure_.reset();
  ++generation;
}

std::uint64_t disk::used() const {
  std::uint64_t sum = 0;
  for (const auto& [path, node] : now.files)
    sum += node->content.size();
  return sum;
}

bool disk::has_directory(const std::string& path) const {
  return path.empty() || now.directories.contains(path);
}

}  // namespace troupe::sim
