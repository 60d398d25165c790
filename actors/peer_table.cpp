#include "actors/peer_table.hpp"

#include <algorithm>

namespace troupe {

const peer_ref* peer_view::find(node_id which) const {
  auto at = std::ranges::lower_bound(peers, which, {}, &peer_ref::id);
  return at == peers.end() || at->id != which ? nullptr : &*at;
}

peer_table::peer_table() { view_.store(std::make_shared<const peer_view>()); }

template <class F>
void peer_table::change(F f) {
  std::lock_guard guard{mutex_};
  auto next = std::make_shared<peer_view>(*view());
  f(next->peers);
  view_.store(std::move(next), std::memory_order_release);
  version_.fetch_add(1, std::memory_order_acq_rel);
}

void peer_table::put(peer_ref row) {
  change([&](std::vector<peer_ref>& peers) {
    auto at = std::ranges::lower_bound(peers, row.id, {}, &peer_ref::id);
    if (at != peers.end() && at->id == row.id)
      *at = std::move(row);
    else
      peers.insert(at, std::move(row));
  });
}

void peer_table::remove(node_id which) {
  change([&](std::vector<peer_ref>& peers) {
    std::erase_if(peers, [&](const peer_ref& x) { return x.id == which; });
  });
}

void peer_table::clear() {
  change([](std::vector<peer_ref>& peers) { peers.clear(); });
}

}  // namespace troupe
