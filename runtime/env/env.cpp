#include "runtime/env/env.hpp"

#include <fmt/format.h>

namespace troupe {

namespace {

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

result<void> write_and_sync(env& on, const std::string& path, byte_view content) {
  auto opened = on.open(path, open_mode::create);
  if (!opened)
    return opened.error();
  auto& to = **opened;
  // A leftover of an earlier crash may be longer than what is written now.
  if (auto cut = to.truncate(0); !cut)
    return cut;
  const byte_view parts[] = {content};
  if (auto written = to.write_at(0, parts); !written)
    return written;
  return to.sync();
}

}  // namespace

result<bytes> read_file(env& on, const std::string& path, std::size_t limit) {
  auto opened = on.open(path, open_mode::read_only);
  if (!opened)
    return opened.error();
  auto size = (*opened)->size();
  if (!size)
    return size.error();
  if (*size > limit)
    return error{errc::damaged_data,
                 fmt::format("{} has {} bytes, more than {}", path, *size, limit)};
  bytes content(*size);
  auto got = (*opened)->read_at(0, content);
  if (!got)
    return got.error();
  content.resize(*got);
  return content;
}

result<void> write_file_atomically(env& on, const std::string& path, byte_view content) {
  const auto beside = path + std::string{temporary_suffix};
  if (auto written = write_and_sync(on, beside, content); !written) {
    // It would only take space; what failed is reported, not this.
    (void)on.remove_file(beside);
    return written;
  }
  if (auto renamed = on.rename(beside, path); !renamed)
    return renamed;
  return on.sync_directory(directory_of(path));
}

}  // namespace troupe
