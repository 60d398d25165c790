#include "runtime/log/log_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {

namespace {

/// A position in a segment is kept in 32 bits.
constexpr std::uint64_t segment_bytes_max = (1ull << 31) - 1;

log_options within_bounds(log_options options) {
  options.segment_bytes = std::clamp<std::uint64_t>(options.segment_bytes, 1, segment_bytes_max);
  return options;
}

}  // namespace

result<std::unique_ptr<partition_log>> partition_log::open(env& on, std::string directory,
                                                           log_options options, const clock& time,
                                                           recovery_report& report) {
  auto opened = std::make_unique<partition_log_impl>(on, std::move(directory), options, time);
  if (auto done = opened->open(report); !done)
    return done.error();
  return std::unique_ptr<partition_log>{std::move(opened)};
}

partition_log_impl::partition_log_impl(env& on, std::string directory, const log_options& options,
                                       const clock& time)
    : context_{on, std::move(directory), within_bounds(options), time, {}} {}

result<void> partition_log_impl::open(recovery_report& report) {
  auto found = recover_log(context_, report);
  if (!found)
    return found.error();
  segments_ = std::move(found->segments);
  active_ = found->active;
  directory_exists_ = found->directory_exists;
  resets_ = found->resets;
  log_start_ = found->log_start;
  durable_end_ = found->durable_end;
  written_end_ = log_end_ = found->end;
  stored_epochs_ = found->stored_epochs;
  marks_ = found->marks;
  mark_ = mark_here();
  mark_.synced = durable_end_ == written_end_;
  mark_.clean = report.clean;
  if (directory_exists_ && found->changed)
    return refresh_mark();
  return {};
}

void partition_log_impl::set_options(const log_options& options) {
  const auto begins_to_sync = options.syncs && !context_.options.syncs;
  context_.options = within_bounds(options);
  if (!begins_to_sync || poisoned() || durable_end_ == written_end_)
    return;
  if (auto counted = count_unsynced(); !counted)
    poison(counted.error());
}

std::uint64_t partition_log_impl::size_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& x : segments_)
    sum += x->size();
  return sum;
}

result<void> partition_log_impl::check_in_service() const {
  switch (out_of_service_) {
    case errc::none: return {};
    case errc::log_closed:
      return error{errc::log_closed, fmt::format("{} is closed", context_.directory)};
    default:
      return error{errc::storage_error, fmt::format("{} is out of service until it is opened "
                                                    "again: {}",
                                                    context_.directory, cause_)};
  }
}

error partition_log_impl::poison(const error& cause) {
  drop_pending();
  if (!poisoned()) {
    out_of_service_ = errc::storage_error;
    cause_ = to_string(cause);
  }
  return cause;
}

void partition_log_impl::drop_pending() {
  pending_.clear();
  pending_bytes_ = 0;
  log_end_ = written_end_;
  context_.epochs.truncate(written_end_);
}

}  // namespace troupe
