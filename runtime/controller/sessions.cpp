#include "runtime/controller/sessions.hpp"

#include "runtime/base/mutants.hpp"

#include <algorithm>

namespace troupe::controller {

void sessions::take_over(const metadata_image& image, mono_time now) {
  all_.clear();
  if (broken(rule::r21_takeover_forgets_sessions))
    return;
  for (const auto& broker : image.brokers)
    if (!broker.fenced)
      all_[broker.id] = {now, broker.epoch, no_offset, image.offset};
}

void sessions::heard(const broker_metadata& broker, offset_t metadata_offset, mono_time now) {
  auto& known = all_[broker.id];
  if (known.epoch != broker.epoch)
    known = {};
  known.epoch = broker.epoch;
  known.heard = now;
  known.metadata_offset = std::max(known.metadata_offset, metadata_offset);
}

void sessions::end(node_id broker) { all_.erase(broker); }

bool sessions::valid(node_id broker, mono_time now) const {
  const auto i = all_.find(broker);
  return i != all_.end() && now - i->second.heard < options_.timeout;
}

std::vector<node_id> sessions::expired(const metadata_image& image, mono_time now) const {
  std::vector<node_id> found;
  for (const auto& broker : image.brokers)
    if (!broker.fenced && !valid(broker.id, now))
      found.push_back(broker.id);
  return found;
}

std::optional<mono_time> sessions::next_expiry() const {
  std::optional<mono_time> first;
  for (const auto& [id, known] : all_)
    if (!first || known.heard + options_.timeout < *first)
      first = known.heard + options_.timeout;
  return first;
}

void sessions::shutdown_at(node_id broker, offset_t moved) { all_[broker].shutdown_offset = moved; }

bool sessions::may_shut_down(const metadata_image& image, node_id broker) const {
  const auto own = all_.find(broker);
  if (own == all_.end() || broken(rule::r23_shutdown_before_others_know))
    return true;
  return std::all_of(image.brokers.begin(), image.brokers.end(), [&](const auto& other) {
    if (other.id == broker || !other.is_live())
      return true;
    const auto i = all_.find(other.id);
    return i != all_.end() && i->second.metadata_offset >= own->second.shutdown_offset;
  });
}

}  // namespace troupe::controller
