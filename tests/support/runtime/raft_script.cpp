#include "tests/support/runtime/raft_script.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace troupe::test {

using raft::entry_kind;
using raft::role;

namespace {

std::vector<std::string> split(const std::string& line) {
  std::istringstream in{line};
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

int number(const std::vector<std::string>& w, std::size_t i) {
  return i < w.size() ? std::stoi(w[i]) : 0;
}

int node_of(const raft::replica_id& x) { return value_of(x.node); }

}  // namespace

raft::options raft_script::small_options() {
  raft::options how;
  how.election_ticks = 10;
  how.heartbeat_ticks = 1;
  how.chunk_bytes = 16;
  how.trailing_bytes = 0;
  return how;
}

raft_script::raft_script(raft::options how) : options_(std::move(how)) {}

std::string raft_script::play(const std::string& text) {
  out_.clear();
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (line.empty())
      out_ += '\n';
    if (!line.starts_with("> "))
      continue;
    out_ += line + '\n';
    command(split(line.substr(2)));
  }
  return out_;
}

void raft_script::say(std::string line) {
  if (!quiet_)
    out_ += line + '\n';
}

std::string raft_script::name(const raft::replica_id& x) const {
  return std::to_string(value_of(x.node));
}

std::string raft_script::describe(const raft::entry& x) const {
  const auto at = fmt::format("{}@{}", x.index, value_of(x.term));
  switch (x.kind) {
    case entry_kind::term_start: return at + " start";
    case entry_kind::voters: return at + " voters " + to_string(*raft::voter_set::decode(x.view()));
    case entry_kind::data: break;
  }
  return fmt::format("{} {}", at, as_text(x.view()));
}

// -- commands -----------------------------------------------------------------

void raft_script::command(const words& w) {
  const auto& verb = w.at(0);
  const auto id = number(w, 1);
  if (verb == "cluster") {
    make_cluster(w);
  } else if (verb == "node") {
    make_node(id);
    start(id);
  } else if (verb == "timeout") {
    act(id, [](raft::core& x) { x.campaign(); });
  } else if (verb == "lead") {
    quiet_ = true;
    act(id, [](raft::core& x) { x.campaign(); });
    deliver_all();
    quiet_ = false;
    say(fmt::format("{} is {} of term {}", id, to_string(at(id).core().role()),
                    value_of(at(id).core().term())));
  } else if (verb == "tick") {
    for (int n = number(w, w.size() - 1); n > 0; --n)
      for (auto& [each, node] : nodes_)
        if (node->running() && (w.size() == 2 || each == id))
          act(each, [](raft::core& x) { x.tick(); });
  } else if (verb == "deliver") {
    w.size() == 1 ? deliver_all() : deliver(id, number(w, 2));
  } else if (verb == "drop") {
    drop(id, number(w, 2));
  } else if (verb == "cut") {
    cut_[{id, number(w, 2)}] = true;
  } else if (verb == "isolate") {
    for (const auto& [other, node] : nodes_)
      cut_[{id, other}] = cut_[{other, id}] = true;
  } else if (verb == "heal") {
    cut_.clear();
  } else if (verb == "kill" || verb == "crash") {
    at(id).stop(verb == "crash");
  } else if (verb == "start") {
    start(id);
  } else if (verb == "wipe") {
    at(id).stop(true);
    at(id).wipe();
  } else if (verb == "damage") {
    rot(id, number(w, 2));
  } else if (verb == "snapshot") {
    at(id).take_snapshot();
    say(fmt::format("{} has a snapshot of {}, its log begins at {}", id,
                    at(id).core().snapshot().index, at(id).core().log().first()));
  } else {
    ask(w);
  }
}

void raft_script::ask(const words& w) {
  const auto& verb = w.at(0);
  const auto id = number(w, 1);
  const auto replica = [&](std::size_t i) { return at(number(w, i)).files().self(); };
  error refusal{errc::none, ""};
  const auto note = [&](const auto& outcome) {
    if (!outcome)
      refusal = outcome.error();
  };
  act(id, [&](raft::core& x) {
    if (verb == "propose")
      note(x.propose({w.at(2).begin(), w.at(2).end()}));
    else if (verb == "add")
      note(x.add_voter(replica(2)));
    else if (verb == "remove")
      note(x.remove_voter(*x.voters().find(node_id{number(w, 2)})));
    else if (verb == "transfer")
      note(x.transfer_leadership(node_id{number(w, 2)}));
    else if (verb == "read")
      note(x.read_index(7));
    else if (verb == "log")
      for (auto i = x.log().first(); i <= x.log().last(); ++i)
        say("  " + describe(x.log().at(i)));
    else if (verb == "show")
      say(fmt::format("  {} is {} in term {}, voters {}, log to {}, committed {}, applied \"{}\"",
                      id, to_string(x.role()), value_of(x.term()), to_string(x.voters()),
                      x.log().last(), x.commit(), at(id).machine().values));
    else
      ADD_FAILURE() << "unknown command: " << verb;
  });
  if (refusal.code != errc::none)
    say(fmt::format("{} refuses: {}", id, to_string(refusal)));
}

void raft_script::make_node(int id) {
  auto how = options_;
  for (const auto& [other, node] : nodes_)
    how.contacts.push_back({node_id{other}, raft::any_directory});
  nodes_[id] = std::make_unique<raft_node>(node_id{id}, how, static_cast<std::uint64_t>(id));
}

void raft_script::make_cluster(const words& w) {
  std::vector<raft::replica_id> voters;
  for (std::size_t i = 1; i < w.size(); ++i)
    make_node(number(w, i));
  for (auto& [id, node] : nodes_)
    voters.push_back(node->prepare());
  for (auto& [id, node] : nodes_) {
    node->found(raft::voter_set{voters});
    ASSERT_TRUE(node->start());
  }
}

void raft_script::start(int id) {
  const auto done = at(id).start();
  for (const auto& remark : at(id).remarks())
    if (remark.find("does not vote") != std::string::npos)
      say(fmt::format("{} finds damage and does not vote", id));
  if (!done)
    say(fmt::format("{} does not start: {}", id, to_string(done.error().code)));
}

void raft_script::rot(int id, raft::index_t index) {
  auto& node = at(id);
  node.stop(false);
  std::string victim;
  for (const auto& [path, content] : node.disk().save())
    if (path.ends_with(raft::segment_suffix))
      victim = path;
  // The last byte of the last record that carries the index.
  const auto content = node.disk().content(victim);
  raft::link at_end =
      *raft::decode_segment_head(content, std::stoll(victim.substr(victim.rfind('/') + 1)));
  auto position = raft::segment_head_size;
  while (position < content.size()) {
    const auto record = raft::decode_record(byte_view{content}.subspan(position), at_end);
    ASSERT_TRUE(record);
    position += record->size;
    at_end = record->end;
    if (record->content.index == index)
      return node.disk().flip_bit(victim, position - 1, 3);
  }
  ADD_FAILURE() << "no entry " << index;
}

// -- messages -----------------------------------------------------------------

void raft_script::deliver(int from, int to) {
  std::vector<raft::message> now;
  std::erase_if(under_way_, [&](const raft::message& m) {
    if (node_of(m.from) != from || node_of(m.to) != to)
      return false;
    now.push_back(m);
    return true;
  });
  for (auto& m : now)
    if (!cut_[{from, to}] && at(to).running())
      act(to, [&](raft::core& x) { x.step(std::move(m)); });
}

void raft_script::deliver_all() {
  for (int left = 10'000; !under_way_.empty(); --left) {
    ASSERT_GT(left, 0) << "the cluster talks for ever";
    auto m = std::move(under_way_.front());
    under_way_.pop_front();
    const std::pair way{node_of(m.from), node_of(m.to)};
    if (!cut_[way] && nodes_.contains(way.second) && at(way.second).running())
      act(way.second, [&](raft::core& x) { x.step(std::move(m)); });
  }
}

void raft_script::drop(int from, int to) {
  std::erase_if(under_way_, [&](const raft::message& m) {
    return from == 0 || (node_of(m.from) == from && node_of(m.to) == to);
  });
}

template <class F>
void raft_script::act(int id, F&& what) {
  const auto before = look(id);
  what(at(id).core());
  tell(id, before, look(id));
  carry_out(id);
}

void raft_script::carry_out(int id) {
  auto& node = at(id);
  for (int left = 100; node.begin(); --left) {
    ASSERT_GT(left, 0) << "node " << id << " is never done";
    const auto before = look(id);
    auto sent = node.finish();
    ASSERT_TRUE(sent) << sent.error().message;
    tell(id, before, look(id));
    tell_applied(id);
    for (auto& m : *sent)
      under_way_.push_back(std::move(m));
  }
}

// -- telling ------------------------------------------------------------------

raft_script::snap raft_script::look(int id) const {
  const auto& x = nodes_.at(id)->core();
  snap now{x.role(), x.term(),   x.vote(),   x.leader(),
           {},       x.voters(), x.commit(), x.damage().has_value()};
  for (auto i = x.log().base().index; i <= x.log().last(); ++i)
    now.log.push_back({i, *x.log().term_at(i)});
  return now;
}

void raft_script::tell(int id, const snap& before, const snap& after) {
  tell_office(id, before, after);
  tell_log(id, before, after);
  if (after.commit > before.commit)
    say(fmt::format("{} commits {}", id, after.commit));
  if (before.damaged && !after.damaged)
    say(fmt::format("{} is repaired", id));
}

void raft_script::tell_office(int id, const snap& before, const snap& after) {
  const auto term = value_of(after.term);
  if (after.vote && (after.vote != before.vote || after.term != before.term) &&
      node_of(*after.vote) != id)
    say(fmt::format("{} votes for {} in term {}", id, name(*after.vote), term));
  const bool news = after.role != before.role || after.term != before.term;
  if (news && after.role == role::pre_candidate)
    say(fmt::format("{} asks who would vote for it in term {}", id, term + 1));
  if (news && after.role == role::candidate)
    say(fmt::format("{} campaigns in term {}", id, term));
  if (news && after.role == role::leader)
    say(fmt::format("{} leads term {}", id, term));
  if (before.role == role::leader && after.role != role::leader)
    say(fmt::format("{} steps down in term {}", id, term));
  if (after.role == role::follower && after.leader && after.leader != before.leader)
    say(fmt::format("{} follows {} in term {}", id, name(*after.leader), term));
}

void raft_script::tell_log(int id, const snap& before, const snap& after) {
  const auto& log = at(id).core().log();
  const auto has = [](const snap& x, const raft::position& p) {
    return std::ranges::binary_search(x.log, p);
  };
  if (after.log.front().index > before.log.back().index ||
      (after.log.size() == 1 && after.log != before.log && after.commit == after.log[0].index))
    return say(fmt::format("{} installs a snapshot of {}", id, after.log.front().index));
  for (const auto& p : before.log)
    if (p.index > after.log.front().index && !has(after, p))
      say(fmt::format("{} drops {}@{}", id, p.index, value_of(p.term)));
  for (const auto& p : after.log)
    if (p.index >= log.first() && !has(before, p) && p.index > before.log.front().index)
      say(fmt::format("{} appends {}", id, describe(log.at(p.index))));
}

void raft_script::tell_applied(int id) {
  auto& node = at(id);
  std::string values;
  for (const auto& x : node.applied_now)
    if (x.kind == entry_kind::data)
      values += " " + std::string{as_text(x.view())};
  if (!values.empty())
    say(fmt::format("{} applies{}", id, values));
  for (const auto& x : std::exchange(node.reads, {}))
    say(x.index ? fmt::format("{} may read once {} is applied", id, *x.index)
                : fmt::format("{} cannot answer a read: it does not lead any more", id));
}

}  // namespace troupe::test
