// What goes wrong in a simulation: the part of raft_simulation.hpp that breaks things.
#include "tests/support/runtime/raft_simulation.hpp"

#include <algorithm>

namespace troupe::test {

using raft::replica_id;

namespace {

int number_of(const raft_node& x) { return value_of(x.id()); }

}  // namespace

// Swarm testing: most seeds lack some kinds of fault, so that the others get far.
raft_simulation::faults raft_simulation::draw(rng& chance) {
  const auto some = [&](std::uint64_t most) {
    return chance.chance(1, 3) ? 0 : chance.below(most + 1);
  };
  faults x{};
  x.loss = some(200);
  x.doubled = some(200);
  x.late = some(300);
  x.cut = some(40);
  x.heal = 10 + chance.below(80);
  x.crash = some(15);
  x.kill = some(15);
  x.start = 20 + chance.below(150);
  x.slow = some(400);
  x.io_error = some(8);
  x.disk_full = some(8);
  x.damage = some(15);
  x.wipe = some(6);
  x.change = some(60);
  x.transfer = some(20);
  x.snapshot = some(60);
  x.propose = 100 + chance.below(700);
  x.read = some(300);
  return x;
}

void raft_simulation::break_something() {
  if (failed())
    return;
  break_links();
  if (chance(faults_.io_error))
    pick().disk().fail_operation(1 + rng_.below(30));
  if (chance(faults_.disk_full))
    pick().disk().fail_operation(disk_operation::write, 1 + rng_.below(6), errc::disk_full);
  if (auto& node = pick(); node.running() && chance(faults_.crash + faults_.kill))
    stop(node, rng_.below(faults_.crash + faults_.kill) < faults_.crash);
  if (chance(faults_.damage))
    damage(pick());
  if (chance(faults_.wipe))
    wipe(pick());
  for (auto& node : nodes_)
    if (!node->running() && chance(faults_.start))
      start(*node);
}

void raft_simulation::break_links() {
  if (chance(faults_.heal))
    cut_.clear();
  if (!chance(faults_.cut))
    return;
  ++figures_.cuts;
  const auto one = number_of(pick());
  const auto two = number_of(pick());
  switch (rng_.below(4)) {
    case 0:  // one way
      cut_.insert({one, two});
      break;
    case 1:  // hears nothing
      for (const auto& node : nodes_)
        cut_.insert({number_of(*node), one});
      break;
    case 2:  // alone
      for (const auto& node : nodes_) {
        cut_.insert({number_of(*node), one});
        cut_.insert({one, number_of(*node)});
      }
      break;
    default:  // two halves with a bridge between them
      for (const auto& a : nodes_)
        for (const auto& b : nodes_)
          if ((number_of(*a) < one) != (number_of(*b) < one) && number_of(*a) != two &&
              number_of(*b) != two)
            cut_.insert({number_of(*a), number_of(*b)});
  }
}

void raft_simulation::stop(raft_node& node, bool power) {
  ++figures_.crashes;
  mix(static_cast<std::uint64_t>(number_of(node)) + (power ? 1'000 : 2'000));
  disk_done_.erase(number_of(node));
  for (const auto& x : node.reads)
    reads_.erase(x.context);
  node.stop(power);
}

void raft_simulation::start(raft_node& node) {
  const auto done = node.start();
  if (!done) {
    ++figures_.disk_errors;
    if (done.error().code == errc::damaged_data)
      checks_.violated(done.error().message);
    node.stop(chance(500));
    return;
  }
  who_[number_of(node)] = node.core().self();
  if (node.core().damage())
    impaired_.insert(node.core().self());
  else
    impaired_.erase(node.core().self());
  checks_.stored(node, 0);
  after(node);
}

// Whether every set of voters that anybody goes by keeps a majority of whole replicas.
bool raft_simulation::may_lose(const replica_id& who) const {
  return std::ranges::all_of(voters_seen_, [&](const auto& x) { return survives(x.second, &who); });
}

bool raft_simulation::survives(const raft::voter_set& voters, const replica_id* without) const {
  return voters.empty() || voters.majority_of([&](const replica_id& x) {
    return !impaired_.contains(x) && !(without != nullptr && x == *without);
  });
}

// Something that was on the disk for certain changes or goes. The process ends in order first:
// after a power loss nobody can tell the last write from damage.
void raft_simulation::damage(raft_node& node) {
  const auto who = who_.at(number_of(node));
  if (!node.running() || impaired_.contains(who) || !may_lose(who))
    return;
  if (checks_.committed() == raft::no_index)
    return;  // it may have the only copy of the founding
  stop(node, false);
  std::vector<std::pair<std::string, std::size_t>> files;
  for (const auto& [path, content] : node.disk().save())
    if (!path.ends_with("state") && !path.ends_with(".damaged") && !content.empty())
      files.emplace_back(path, content.size());
  if (files.empty())
    return;
  ++figures_.damaged;
  impaired_.insert(who);
  const auto& [path, size] = files[rng_.below(files.size())];
  switch (rng_.below(4)) {
    case 0: return node.disk().cut_file(path, rng_.below(size));
    case 1: return node.disk().drop_file(path);
    default: return node.disk().flip_bit(path, rng_.below(size), static_cast<int>(rng_.below(8)));
  }
}

void raft_simulation::wipe(raft_node& node) {
  const auto who = who_.at(number_of(node));
  if (!node.running() || !may_lose(who) || checks_.committed() == raft::no_index)
    return;
  ++figures_.wiped;
  stop(node, true);
  node.wipe();
  impaired_.insert(who);
  voters_seen_.erase(number_of(node));
}

}  // namespace troupe::test
