#include "runtime/controller/plan.hpp"

#include <algorithm>

namespace troupe::controller {

std::string_view to_string(election_kind x) {
  switch (x) {
    case election_kind::clean: return "clean";
    case election_kind::eligible: return "eligible";
    case election_kind::recovered: return "recovered";
    case election_kind::unclean: return "unclean";
  }
  return "unknown";
}

live_brokers::live_brokers(const metadata_image& image) {
  for (const auto& broker : image.brokers)
    if (broker.is_live())
      ids_.push_back(broker.id);
}

bool live_brokers::contains(node_id id) const { return std::ranges::binary_search(ids_, id); }

void live_brokers::insert(node_id id) {
  const auto at = std::ranges::lower_bound(ids_, id);
  if (at == ids_.end() || *at != id)
    ids_.insert(at, id);
}

void live_brokers::erase(node_id id) { std::erase(ids_, id); }

bool contains(const node_list& in, node_id id) { return std::ranges::find(in, id) != in.end(); }

bool has_duplicates(node_list nodes) {
  std::ranges::sort(nodes);
  return std::ranges::adjacent_find(nodes) != nodes.end();
}

node_list minus(const node_list& of, const node_list& without) {
  node_list rest;
  for (auto node : of)
    if (!contains(without, node))
      rest.push_back(node);
  return rest;
}

node_list both(const node_list& of, const node_list& with) {
  node_list common;
  for (auto node : of)
    if (contains(with, node))
      common.push_back(node);
  return common;
}

std::string to_text(const node_list& nodes) {
  std::string text;
  for (auto node : nodes)
    text += (text.empty() ? "" : ", ") + std::to_string(value_of(node));
  return text;
}

}  // namespace troupe::controller
