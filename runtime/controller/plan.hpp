// What every decision of the controller is made of. A decision is planned against a cluster_state,
// which it does not change; its records are then appended to the metadata log as one batch.
#pragma once

#include "runtime/controller/cluster_state.hpp"

namespace troupe::controller {

/// How a leader was found.
enum class election_kind : std::uint8_t {
  clean,      ///< from the in-sync replicas
  eligible,   ///< from the eligible leader replicas (KIP-966): nothing lost either
  recovered,  ///< the longest log of all last known eligible replicas: possible data loss
  unclean,    ///< the longest log of those that are live: data loss is likely
};
std::string_view to_string(election_kind x);

struct election {
  topic_partition target;
  node_id from = no_node;
  node_id to = no_node;
  election_kind kind = election_kind::clean;
};

/// One batch for the metadata log, and the elections in it (for the metrics and the log).
struct changes {
  records list;
  std::vector<election> elections;

  bool empty() const { return list.empty(); }
};

/// The answer counts once the batch is committed.
template <class Answer>
struct decision {
  changes what;
  Answer answer;
};

/// Nodes that may lead and be in sync.
class live_brokers {
 public:
  explicit live_brokers(const metadata_image& image);

  bool contains(node_id id) const;
  void insert(node_id id);
  void erase(node_id id);
  bool empty() const { return ids_.empty(); }

 private:
  std::vector<node_id> ids_;  // ascending
};

using node_list = std::vector<node_id>;
bool contains(const node_list& in, node_id id);
bool has_duplicates(node_list nodes);
/// Those of `of` that are not in `without`, in order.
node_list minus(const node_list& of, const node_list& without);
/// Those of `of` that are in `with` too, in order.
node_list both(const node_list& of, const node_list& with);
/// "1, 2, 3"
std::string to_text(const node_list& nodes);

}  // namespace troupe::controller
