#include "runtime/controller/crash_watch.hpp"

#include "runtime/base/mutants.hpp"

#include <algorithm>

namespace troupe::controller {

void crash_watch::take_over(const metadata_image& image) {
  all_.clear();
  for (const auto& broker : image.brokers)
    if (!broker.fenced)
      all_[broker.id].suspected = true;
}

void crash_watch::sign_of_life(watched& x, std::string_view incarnation, mono_time now) {
  if (x.declared == incarnation) {
    ++false_alarms_;
    x.trusted_until = now + options_.out_of_force;
    x.declared.clear();
  }
  x.suspected = x.replaced = false;
  x.refusals = 0;
}

void crash_watch::connected(node_id broker, std::string_view incarnation, mono_time now) {
  auto& x = all_[broker];
  ++x.links[std::string{incarnation}];
  if (x.lost == incarnation || x.declared == incarnation)
    sign_of_life(x, incarnation, now);
}

void crash_watch::disconnected(node_id broker, std::string_view incarnation) {
  auto& x = all_[broker];
  const auto i = x.links.find(std::string{incarnation});
  if (i == x.links.end() || --i->second > 0)
    return;
  x.links.erase(i);
  x.lost = incarnation;
  x.suspected = true;
}

void crash_watch::alive(node_id broker, std::string_view incarnation, mono_time now) {
  sign_of_life(all_[broker], incarnation, now);
}

void crash_watch::suspect(node_id broker) { all_[broker].suspected = true; }

std::vector<node_id> crash_watch::probes(const metadata_image& image, mono_time now) {
  std::vector<node_id> found;
  for (auto& [id, x] : all_) {
    const auto* broker = image.find_broker(id);
    const bool due = !x.probed || now - *x.probed >= options_.probe_every;
    if (broker == nullptr || broker->fenced || !x.suspected || !due || now < x.trusted_until)
      continue;
    x.probed = now;
    found.push_back(id);
  }
  return found;
}

void crash_watch::refused(node_id broker, mono_time now) {
  auto& x = all_[broker];
  if (x.refusals++ == 0)
    x.first_refusal = now;
  x.last_refusal = now;
}

void crash_watch::answered(const metadata_image& image, node_id broker,
                           std::string_view incarnation, mono_time now) {
  const auto* known = image.find_broker(broker);
  if (known == nullptr)
    return;
  auto& x = all_[broker];
  if (known->incarnation == incarnation)
    sign_of_life(x, incarnation, now);
  else
    x.replaced = true;
}

void crash_watch::unclear(node_id broker) { all_[broker].refusals = 0; }

std::vector<node_id> crash_watch::crashed(const metadata_image& image, mono_time now) {
  std::vector<node_id> found;
  for (auto& [id, x] : all_) {
    const auto* broker = image.find_broker(id);
    if (broker == nullptr || broker->fenced || !x.suspected || now < x.trusted_until)
      continue;
    if (x.links.contains(broker->incarnation))
      continue;
    const auto span =
        x.lost == broker->incarnation ? options_.refused_for : options_.refused_for_stranger;
    const bool refused = broken(rule::crash_by_one_refusal)
                             ? x.refusals >= 1
                             : x.refusals >= 2 && x.last_refusal - x.first_refusal >= span;
    if (!refused && !x.replaced)
      continue;
    x.suspected = x.replaced = false;
    x.refusals = 0;
    x.declared = broker->incarnation;
    found.push_back(id);
  }
  return found;
}

}  // namespace troupe::controller
