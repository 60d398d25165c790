#include "tests/support/runtime/raft_node.hpp"

#include <gtest/gtest.h>

namespace troupe::test {

using raft::entry;
using raft::entry_kind;

void value_machine::apply(const entry& x) {
  EXPECT_EQ(x.index, index + 1);
  index = x.index;
  if (x.kind != entry_kind::data)
    return;
  if (!values.empty())
    values += ' ';
  values += as_text(x.view());
}

bytes value_machine::encode() const { return {values.begin(), values.end()}; }

void value_machine::restore(raft::index_t at, byte_view from) {
  index = at;
  values = as_text(from);
}

raft_node::raft_node(node_id id, raft::options how, std::uint64_t seed)
    : id_(id), options_(std::move(how)), rng_(seed), disk_(std::make_unique<sim_env>()) {
  (void)disk_->create_directory("data");
  (void)disk_->sync_directory("");
}

raft::replica_id raft_node::prepare() {
  files_.reset();
  auto opened = raft::storage::open(*disk_, directory, id_, rng_, {.segment_bytes = 600});
  EXPECT_TRUE(opened) << opened.error().message;
  files_ = std::move(opened->files);
  return files_->self();
}

void raft_node::found(const raft::voter_set& voters) {
  const auto done = files_->found_cluster(voters);
  EXPECT_TRUE(done);
}

result<void> raft_node::start() {
  files_.reset();
  auto opened = raft::storage::open(*disk_, directory, id_, rng_, {.segment_bytes = 600});
  if (!opened)
    return opened.error();
  files_ = std::move(opened->files);
  remarks_ = std::move(opened->remarks);
  machine_ = {};
  if (opened->log.snapshot.index > 0) {
    const auto content = files_->read_snapshot();
    if (!content)
      return content.error();
    machine_.restore(opened->log.snapshot.index, *content);
  }
  core_.emplace(options_, std::move(opened->log), rng{rng_.next()});
  return {};
}

void raft_node::stop(bool power) {
  core_.reset();
  work_.reset();
  files_.reset();
  reads.clear();
  disk_->fail_nothing();
  if (power)
    disk_->crash(rng_);
  else
    disk_->restart_process();
}

void raft_node::wipe() {
  disk_ = std::make_unique<sim_env>();
  (void)disk_->create_directory("data");
  (void)disk_->sync_directory("");
}

bool raft_node::begin() {
  if (busy() || !core_->has_ready())
    return false;
  work_ = core_->ready();
  return true;
}

result<std::vector<raft::message>> raft_node::finish() {
  if (auto done = files_->persist(*work_); !done)
    return done.error();
  std::vector<raft::message> messages;
  for (auto& m : work_->messages) {
    auto* chunk = std::get_if<raft::snapshot_chunk>(&m.body);
    if (chunk == nullptr || files_->fill(*chunk))
      messages.push_back(std::move(m));
  }
  restored_now = work_->installed.has_value();
  if (work_->installed) {
    const auto content = files_->read_snapshot();
    if (!content)
      return content.error();
    machine_.restore(work_->installed->index, *content);
  }
  for (const auto& x : work_->committed)
    machine_.apply(x);
  applied_now = std::move(work_->committed);
  reads.insert(reads.end(), work_->reads.begin(), work_->reads.end());
  work_.reset();
  core_->advance();
  return messages;
}

bool raft_node::take_snapshot() {
  const auto at = core_->snapshot_point();
  if (at.index <= files_->snapshot().index || at.index != machine_.index)
    return false;
  const auto taken = files_->save_snapshot(at, machine_.encode());
  if (!taken)
    return false;
  core_->compact(*taken);
  return files_->forget_before(core_->log().first()).has_value();
}

}  // namespace troupe::test
