// Names of the files in a log's directory.
#pragma once

#include "runtime/base/types.hpp"

namespace troupe {

enum class log_file : std::uint8_t {
  segment,        ///< 00000000000000000000.log
  index,          ///< 00000000000000000000.index
  time_index,     ///< 00000000000000000000.timeindex
  leader_epochs,  ///< leader-epochs
  log_start,      ///< log-start
  durable,        ///< durable
  temporary,      ///< left over by write_file_atomically
  other,          ///< not ours
};

struct log_file_name {
  log_file kind = log_file::other;
  offset_t base = no_offset;  ///< of a segment and its indexes
};

log_file_name parse_log_file_name(std::string_view name);

/// The name of a file that exists once per segment.
std::string segment_file_name(offset_t base, log_file kind);
std::string segment_file_path(const std::string& directory, offset_t base, log_file kind);

std::string leader_epochs_path(const std::string& directory);
std::string log_start_path(const std::string& directory);
std::string durable_path(const std::string& directory);

/// "a/b" of "a/b/c"; "." when there is no slash.
std::string parent_directory(const std::string& path);

}  // namespace troupe
