#include "runtime/base/limits.hpp"
#include "runtime/log/batch_scanner.hpp"
#include "runtime/log/recovery_steps.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t epochs_file_max = 64 * limits::MiB;

}  // namespace

result<void> log_recovery::load_epochs() {
  const auto path = leader_epochs_path(in_.directory);
  auto content = read_file(in_.on, path, epochs_file_max);
  if (!content && content.error().code != errc::not_found &&
      content.error().code != errc::damaged_data)
    return content.error();
  const auto exists = content || content.error().code != errc::not_found;
  if (content)
    epochs_content_ = std::move(*content);
  auto decoded = epoch_cache::decode(epochs_content_);
  in_.epochs = std::move(decoded.epochs);

  const auto has_data =
      std::any_of(found_.begin(), found_.end(), [](const found_segment& x) { return x.size > 0; });
  const auto lost = epochs_content_.empty() && has_data;
  const auto too_short = mark_ && in_.epochs.last() < mark_->newest_epoch;
  learns_ = lost || too_short || !decoded.intact;
  if (!learns_)
    return {};
  // Only what lies above the mark is in question: it is read in any case.
  if (mark_ && in_.epochs.last() >= mark_->last_epoch) {
    remark("{} is incomplete: completed from the batches", path);
    return {};
  }
  remark("{} is {}: rebuilt from the batches", path, exists ? "damaged" : "missing");
  return learn_epochs();
}

result<void> log_recovery::learn_epochs() {
  in_.epochs = epoch_cache{};
  learned_epochs learned{in_.epochs, mark_ ? mark_->newest_epoch : leader_epoch{INT32_MAX}};
  for (const auto& segment : found_)
    if (auto done = learn_epochs_of(segment, learned); !done)
      return done;
  learned.finish();
  return {};
}

result<void> log_recovery::learn_epochs_of(const found_segment& which, learned_epochs& learned) {
  auto in = in_.on.open(segment_file_path(in_.directory, which.base, log_file::segment),
                        open_mode::read_only);
  if (!in)
    return in.error();
  batch_scanner scanner{**in, 0, which.size};
  auto expected = which.base;
  for (;;) {
    auto found = scanner.next();
    if (!found)
      return found.error();
    if (*found != batch_scanner::step::batch || scanner.header().base_offset != expected)
      return {};
    const auto& header = scanner.header();
    learned.see(header.epoch, expected);
    expected = header.next_offset();
    report_.scanned_bytes += header.size();
  }
}

void learned_epochs::see(leader_epoch epoch, offset_t at) {
  if (candidate_ && epoch >= candidate_->epoch)
    into_.add(candidate_->epoch, candidate_->start);
  candidate_.reset();
  if (epoch != into_.last() && epoch <= newest_ && into_.can_follow(epoch, at))
    candidate_ = {epoch, at};
}

void learned_epochs::finish() {
  if (candidate_)
    into_.add(candidate_->epoch, candidate_->start);
  candidate_.reset();
}

result<void> log_recovery::store_epochs() {
  in_.epochs.truncate(log_.end);
  log_.stored_epochs = in_.epochs.entries().size();
  const auto content = in_.epochs.encode(0);
  if (content == epochs_content_)
    return {};
  return write_file_atomically(in_.on, leader_epochs_path(in_.directory), content);
}

/// Batches of an epoch are worth nothing without its entry; written again for the same reason as
/// the tail (see renew).
result<void> log_recovery::renew_epochs() {
  const auto content = in_.epochs.encode(0);
  if (content.empty())
    return {};
  auto to = in_.on.open(leader_epochs_path(in_.directory), open_mode::create);
  if (!to)
    return to.error();
  const byte_view parts[] = {content};
  if (auto written = (*to)->write_at(0, parts); !written)
    return written;
  return (*to)->sync();
}

}  // namespace troupe
