#include "runtime/log/file_names.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/env/env.hpp"

#include <charconv>

namespace troupe {

namespace {

constexpr std::string_view leader_epochs_name = "leader-epochs";
constexpr std::string_view log_start_name = "log-start";
constexpr std::string_view durable_name = "durable";
constexpr std::size_t digits = 20;

std::string_view suffix_of(log_file kind) {
  switch (kind) {
    case log_file::segment: return ".log";
    case log_file::index: return ".index";
    case log_file::time_index: return ".timeindex";
    default: troupe_assert(false, "kind {}", static_cast<int>(kind));
  }
  return {};
}

}  // namespace

log_file_name parse_log_file_name(std::string_view name) {
  if (name == leader_epochs_name)
    return {log_file::leader_epochs, no_offset};
  if (name == log_start_name)
    return {log_file::log_start, no_offset};
  if (name == durable_name)
    return {log_file::durable, no_offset};
  if (name.ends_with(temporary_suffix))
    return {log_file::temporary, no_offset};
  if (name.size() <= digits)
    return {};
  offset_t base = 0;
  const auto* end = name.data() + digits;
  const auto parsed = std::from_chars(name.data(), end, base);
  if (parsed.ec != std::errc{} || parsed.ptr != end || base < 0)
    return {};
  for (auto kind : {log_file::segment, log_file::index, log_file::time_index})
    if (name.substr(digits) == suffix_of(kind))
      return {kind, base};
  return {};
}

std::string segment_file_name(offset_t base, log_file kind) {
  return fmt::format("{:020}{}", base, suffix_of(kind));
}

std::string segment_file_path(const std::string& directory, offset_t base, log_file kind) {
  return fmt::format("{}/{:020}{}", directory, base, suffix_of(kind));
}

std::string leader_epochs_path(const std::string& directory) {
  return fmt::format("{}/{}", directory, leader_epochs_name);
}

std::string log_start_path(const std::string& directory) {
  return fmt::format("{}/{}", directory, log_start_name);
}

std::string durable_path(const std::string& directory) {
  return fmt::format("{}/{}", directory, durable_name);
}

std::string parent_directory(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace troupe
