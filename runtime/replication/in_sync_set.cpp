#include "runtime/replication/in_sync_set.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"

#include <utility>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto answer_timeout = 2s;
constexpr auto resend_after = 50ms;
/// Whatever was refused for is known to the controller first and arrives as metadata soon.
constexpr auto quiet_after_refusal = 250ms;

enum class reaction : std::uint8_t { commit, roll_back, stay, send_again };

reaction reaction_to(errc code) {
  switch (code) {
    case errc::none: return reaction::commit;
    case errc::operation_not_attempted:
    case errc::ineligible_replica: return reaction::roll_back;
    case errc::unknown_topic:
    case errc::unknown_partition:
    case errc::fenced_leader_epoch:
    case errc::invalid_update_version:
    case errc::bad_request:
    case errc::new_leader_elected: return reaction::stay;
    default:
      return broken(rule::r14_roll_back_when_unknown) ? reaction::roll_back : reaction::send_again;
  }
}

}  // namespace

in_sync_set::in_sync_set(const partition_assignment& at)
    : epoch_(at.epoch), partition_epoch_(at.partition_epoch), committed_(at.isr) {}

void in_sync_set::propose(std::vector<assigned_replica> isr) {
  troupe_assert(!pending_);
  change next{.what = {.number = ++proposals_,
                       .epoch = epoch_,
                       .partition_epoch = partition_epoch_,
                       .isr = std::move(isr)}};
  next.grows = next.what.isr.size() > committed_.size();
  pending_ = std::move(next);
}

std::optional<isr_proposal> in_sync_set::take(mono_time now) {
  if (!pending_ || pending_->send_at > now)
    return std::nullopt;
  pending_->send_at = now + answer_timeout;
  ++pending_->sent;
  return pending_->what;
}

mono_time in_sync_set::due() const { return pending_ ? pending_->send_at : mono_time::max(); }

void in_sync_set::answered(const isr_answer& what, mono_time now) {
  const auto is_current = pending_ && pending_->what.number == what.number && what.epoch == epoch_;
  if (!is_current && !broken(rule::r14_any_answer))
    return;
  switch (reaction_to(what.code)) {
    case reaction::commit:
      if (what.partition_epoch > partition_epoch_ || broken(rule::r14_any_answer) ||
          (pending_->confirms && what.partition_epoch == partition_epoch_))
        commit(what.partition_epoch, what.isr);
      break;
    case reaction::roll_back: refused(now); break;
    case reaction::stay:
      if (pending_)
        pending_->send_at = mono_time::max();
      break;
    case reaction::send_again:
      if (pending_)
        pending_->send_at = now + resend_after;
      break;
  }
}

void in_sync_set::refused(mono_time now) {
  if (!pending_)
    return;
  if (pending_->confirms) {
    // One of the committed ones is not eligible any more: metadata will say so.
    pending_->send_at = now + quiet_after_refusal;
    return;
  }
  const auto old = *std::exchange(pending_, std::nullopt);
  quiet_until_ = now + quiet_after_refusal;
  if (!old.grows || old.sent < 2)
    return;
  auto committed = old.what.isr;
  std::erase_if(committed,
                [this](const assigned_replica& x) { return !contains(committed_, x.id); });
  propose(std::move(committed));
  pending_->confirms = old.what.isr;
  pending_->send_at = quiet_until_;
}

bool in_sync_set::update(std::int32_t partition_epoch, const std::vector<node_id>& isr) {
  // Of the same partition epoch it may be the answer's twin, and a next proposal on its way.
  if (partition_epoch < partition_epoch_ ||
      (partition_epoch == partition_epoch_ && !broken(rule::tr10_same_metadata_ends_proposal)))
    return false;
  commit(partition_epoch, isr);
  return true;
}

void in_sync_set::commit(std::int32_t partition_epoch, const std::vector<node_id>& isr) {
  partition_epoch_ = partition_epoch;
  committed_ = isr;
  pending_.reset();
  quiet_until_ = mono_time::min();
}

bool in_sync_set::counts(node_id id) const {
  const auto is_in = [id](const std::vector<assigned_replica>& set) {
    return std::any_of(set.begin(), set.end(),
                       [id](const assigned_replica& x) { return x.id == id; });
  };
  if (pending_ && !pending_->grows && broken(rule::r8_shrink_counts_at_once))
    return is_in(pending_->what.isr);
  if (contains(committed_, id))
    return true;
  if (!pending_ || broken(rule::r8_growth_does_not_count))
    return false;
  return (pending_->grows && is_in(pending_->what.isr)) ||
         (pending_->confirms && is_in(*pending_->confirms));
}

}  // namespace troupe
