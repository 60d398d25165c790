#include "runtime/metadata/metadata_store.hpp"

#include "runtime/env/sim_env.hpp"
#include "runtime/log/sync.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace troupe {
namespace {

constexpr const char* snapshot_path = "data/metadata/snapshot";
constexpr const char* first_journal = "data/metadata/00000000000000000001.journal";

class MetadataStore : public ::testing::Test {
 protected:
  void SetUp() override { make_data_directory(); }

  // As the node does before it opens the store: its own entry is durable.
  void make_data_directory() {
    ASSERT_TRUE(disk.create_directory("data"));
    ASSERT_TRUE(disk.sync_directory(""));
  }
  result<void> open() {
    store.reset();
    auto opened = metadata_store::open(disk, "data", self, ids, options);
    if (!opened)
      return opened.error();
    store = std::move(*opened);
    return {};
  }
  std::string refusal() {
    const auto done = open();
    return done ? "opened" : to_string(done.error());
  }
  // Appends and syncs, as the broker does with the help of the flusher.
  result<void> commit(const metadata_change& change) {
    if (auto written = store->append({&change, 1}); !written)
      return written;
    return sync();
  }
  result<void> sync() {
    auto ticket = store->begin_sync();
    if (!ticket)
      return {};
    auto outcome = carry_out(disk, *ticket);
    store->end_sync(outcome);
    return outcome;
  }
  // In the page cache only.
  result<void> append(const std::string& name) {
    const metadata_change change = topic_created{name, random_uuid(ids), 1, {}};
    return store->append({&change, 1});
  }
  result<void> create(const std::string& name, std::int32_t partitions = 1) {
    const create_topic_request what{name, partitions, 1, {}, false};
    auto planned = plan_creation(store->state(), what, {}, ids);
    if (!planned)
      return planned.error();
    return commit(*planned);
  }
  bool compact() {
    const auto work = store->begin_compaction();
    if (work)
      store->end_compaction(work->run());
    return work.has_value();
  }
  std::vector<std::string> topics() const { return names(store->state()); }
  static std::vector<std::string> names(const metadata_state& of) {
    std::vector<std::string> found;
    for (const auto& [name, topic] : of.image->topics)
      found.push_back(name);
    return found;
  }
  using list = std::vector<std::string>;

  sim_env disk;
  rng ids{99};
  broker_metadata self{node_id{1}, "localhost", 8082};
  metadata_store::options options;
  std::unique_ptr<metadata_store> store;
};

TEST_F(MetadataStore, ClusterIdIsMadeOnce) {
  ASSERT_TRUE(open());
  const auto id = store->state().image->cluster_id;
  EXPECT_EQ(id.size(), 22u);
  ASSERT_TRUE(open());
  EXPECT_EQ(store->state().image->cluster_id, id);
}

TEST_F(MetadataStore, EveryKindOfChangeIsThereAfterReopening) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("a", 2));
  ASSERT_TRUE(create("b"));
  ASSERT_TRUE(create("c", 4));
  ASSERT_TRUE(create("d"));
  const auto removed = store->state().image->find("d")->id;
  ASSERT_TRUE(commit(plan_partitions(store->state(), {"a", 3}).value()));
  ASSERT_TRUE(commit(plan_alteration(store->state(), {"b", {{"flush", "os"}}}).value()));
  ASSERT_TRUE(commit(topic_deleted{"c"}));
  ASSERT_TRUE(commit(topic_deleted{"d"}));
  ASSERT_TRUE(commit(directories_removed{removed}));
  const auto id = store->state().image->find("a")->id;
  // The second time everything comes from the snapshot.
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(open());
    EXPECT_EQ(topics(), (list{"a", "b"}));
    EXPECT_EQ(store->state().image->find("a")->partition_count(), 3);
    EXPECT_EQ(store->state().image->find("a")->id, id);
    EXPECT_EQ(store->state().image->find("b")->config.flush(), flush_policy::os);
    EXPECT_EQ(store->state().find_deletion("c")->partitions, 4);
    EXPECT_EQ(store->state().find_deletion("d"), nullptr);
    EXPECT_EQ(store->state().partitions, 4u);
  }
}

TEST_F(MetadataStore, ChangeIsDurableOnlyAfterItsSync) {
  ASSERT_TRUE(open());
  const metadata_change change = topic_created{"a", "id", 1, {}};
  ASSERT_TRUE(store->append({&change, 1}));
  EXPECT_EQ(topics(), list{"a"});
  EXPECT_EQ(names(store->durable_state()), list{});
  const auto ticket = store->begin_sync();
  ASSERT_TRUE(ticket);
  const metadata_change later = topic_created{"b", "id2", 1, {}};
  ASSERT_TRUE(store->append({&later, 1}));
  store->end_sync({});
  EXPECT_EQ(names(store->durable_state()), list{"a"});
  ASSERT_TRUE(sync());
  EXPECT_EQ(names(store->durable_state()), (list{"a", "b"}));
  EXPECT_FALSE(store->begin_sync());
}

TEST_F(MetadataStore, CreatingATopicWritesOnlyThatTopic) {
  ASSERT_TRUE(open());
  std::vector<metadata_change> many;
  for (int i = 0; i < 1'000; ++i)
    many.emplace_back(topic_created{"topic-" + std::to_string(i), random_uuid(ids), 1, {}});
  ASSERT_TRUE(store->append(many));
  ASSERT_TRUE(sync());
  const auto before = disk.content(first_journal).size();
  ASSERT_TRUE(create("one-more"));
  EXPECT_LT(disk.content(first_journal).size() - before, 100u);
  ASSERT_TRUE(open());
  EXPECT_EQ(topics().size(), 1'001u);
}

TEST_F(MetadataStore, EveryTornTailIsCutAndTheRestKept) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("a"));
  const auto acknowledged = disk.content(first_journal).size();
  const metadata_change change = topic_created{"b", "id", 1, {}};
  ASSERT_TRUE(store->append({&change, 1}));
  store.reset();
  const auto saved = disk.save();
  const auto whole = disk.content(first_journal).size();
  for (auto size = acknowledged; size < whole; ++size) {
    disk.restore(saved);
    disk.cut_file(first_journal, size);
    ASSERT_TRUE(open()) << size;
    ASSERT_EQ(topics(), list{"a"}) << size;
    ASSERT_EQ(store->remarks().size(), size == acknowledged ? 0u : 1u) << size;
  }
}

TEST_F(MetadataStore, CutBelowWhatWasAcknowledgedIsRefused) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("a"));
  ASSERT_TRUE(create("b"));
  store.reset();
  const auto saved = disk.save();
  const auto whole = disk.content(first_journal).size();
  for (std::size_t size = 0; size < whole; ++size) {
    disk.restore(saved);
    disk.cut_file(first_journal, size);
    ASSERT_NE(refusal().find("damaged_data"), std::string::npos) << size;
  }
}

// Whatever bit turns over, no acknowledged topic is missing in silence.
TEST_F(MetadataStore, EveryBitFlipIsRefusedOrHarmless) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("a"));
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("b", 2));
  ASSERT_TRUE(create("c"));
  store.reset();
  const auto saved = disk.save();
  std::size_t refused = 0;
  for (const auto& [path, content] : saved)
    for (std::size_t at = 0; at < content.size(); ++at)
      for (int bit = 0; bit < 8; ++bit) {
        disk.restore(saved);
        disk.flip_bit(path, at, bit);
        const auto done = open();
        if (done) {
          ASSERT_EQ(topics(), (list{"a", "b", "c"})) << path << " byte " << at << " bit " << bit;
          ASSERT_EQ(store->state().partitions, 4u);
          continue;
        }
        ++refused;
        ASSERT_TRUE(done.error().code == errc::damaged_data ||
                    done.error().code == errc::unsupported_format)
            << to_string(done.error());
      }
  EXPECT_GT(refused, 1'000u);
}

TEST_F(MetadataStore, RefusalsSayWhatToDo) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("a"));
  disk.flip_bit(snapshot_path, 40, 3);
  const auto text = refusal();
  EXPECT_NE(text.find("data/metadata/snapshot: the metadata snapshot has a wrong CRC"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Restore the directory 'metadata' from a copy"), std::string::npos);
}

TEST_F(MetadataStore, MissingFilesAreNotANewBeginning) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("a"));
  store.reset();
  const auto saved = disk.save();
  disk.drop_file(first_journal);
  EXPECT_NE(refusal().find("the journal is missing"), std::string::npos);
  disk.restore(saved);
  disk.drop_file(snapshot_path);
  EXPECT_NE(refusal().find("there are changes and no snapshot"), std::string::npos);
}

TEST_F(MetadataStore, NewerFormatIsRefused) {
  ASSERT_TRUE(open());
  auto content = disk.content(snapshot_path);
  content[9] = 2;
  disk.put_file(snapshot_path, content);
  EXPECT_EQ(refusal(),
            "unsupported_format: data/metadata/snapshot: the metadata snapshot has "
            "format 2, this version knows formats up to 1");
}

TEST_F(MetadataStore, DirectoryOfAnotherNodeIsRefused) {
  ASSERT_TRUE(open());
  self.id = node_id{2};
  EXPECT_NE(refusal().find("belongs to node 1, this is node 2"), std::string::npos);
}

TEST_F(MetadataStore, CompactionKeepsEverythingAndDropsOldJournals) {
  options.journal_bytes = 200;
  ASSERT_TRUE(open());
  list expected;
  std::size_t compactions = 0;
  for (int i = 100; i < 160; ++i) {
    expected.push_back("t" + std::to_string(i));
    ASSERT_TRUE(create(expected.back()));
    compactions += compact() ? 1 : 0;
  }
  EXPECT_GT(compactions, 3u);
  EXPECT_LE(disk.list("data/metadata")->size(), 3u);
  ASSERT_TRUE(open());
  EXPECT_EQ(topics(), expected);
}

TEST_F(MetadataStore, ChangesDuringACompactionAreKept) {
  options.journal_bytes = 100;
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("a"));
  ASSERT_TRUE(create("b"));
  ASSERT_TRUE(create("c"));
  const auto work = store->begin_compaction();
  ASSERT_TRUE(work);
  ASSERT_TRUE(create("d"));
  ASSERT_TRUE(work->run());
  ASSERT_TRUE(create("e"));
  store->end_compaction({});
  ASSERT_TRUE(create("f"));
  ASSERT_TRUE(open());
  EXPECT_EQ(topics(), (list{"a", "b", "c", "d", "e", "f"}));
}

// A journal that another one follows must not end torn, so changes go on into the present one.
TEST_F(MetadataStore, NextJournalWaitsUntilThePresentOneIsDurable) {
  constexpr auto next_journal = "data/metadata/00000000000000000002.journal";
  options.journal_bytes = 100;
  ASSERT_TRUE(open());
  for (const auto* name : {"a", "b", "c"})
    ASSERT_TRUE(create(name));
  const auto work = store->begin_compaction();
  ASSERT_TRUE(work);
  ASSERT_TRUE(work->run());
  const auto empty = disk.content(next_journal);
  ASSERT_TRUE(append("unsynced"));
  store->end_compaction({});
  ASSERT_TRUE(append("behind unsynced"));
  const auto ticket = store->begin_sync();
  ASSERT_TRUE(ticket);
  ASSERT_TRUE(append("while syncing"));
  EXPECT_EQ(disk.content(next_journal), empty);
  ASSERT_TRUE(carry_out(disk, *ticket));
  store->end_sync({});
  ASSERT_TRUE(append("behind the sync"));
  EXPECT_EQ(disk.content(next_journal), empty);
  ASSERT_TRUE(sync());
  ASSERT_TRUE(append("switched"));
  EXPECT_GT(disk.content(next_journal).size(), empty.size());
  rng chance{3};
  disk.crash(chance);
  ASSERT_EQ(refusal(), "opened");
  const list durable{"a", "b",        "behind the sync", "behind unsynced",
                     "c", "unsynced", "while syncing"};
  EXPECT_TRUE(std::ranges::includes(topics(), durable));
}

TEST_F(MetadataStore, FullDiskRefusesTheChangeAndGoesOn) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(create("a"));
  disk.fail_operation(disk_operation::write, 1, errc::disk_full);
  EXPECT_EQ(create("b").error().code, errc::disk_full);
  EXPECT_FALSE(store->poisoned());
  EXPECT_EQ(topics(), list{"a"});
  ASSERT_TRUE(create("c"));
  ASSERT_TRUE(open());
  EXPECT_EQ(topics(), (list{"a", "c"}));
}

TEST_F(MetadataStore, FailedSyncIsNeverTriedAgain) {
  ASSERT_TRUE(open());
  disk.fail_operation(disk_operation::sync, 1);
  EXPECT_FALSE(create("a"));
  EXPECT_TRUE(store->poisoned());
  EXPECT_EQ(names(store->durable_state()), list{});
  EXPECT_EQ(create("b").error().code, errc::storage_error);
  EXPECT_FALSE(store->begin_sync());
  EXPECT_EQ(disk.syncs_after_failure(), 0u);
}

// Any operation may fail; what was acknowledged is there afterwards, and a power loss takes the
// rest only.
TEST_F(MetadataStore, EveryFailingOperationLosesNothingAcknowledged) {
  options.journal_bytes = 100;
  rng chance{5};
  for (std::uint64_t n = 1;; ++n) {
    ASSERT_TRUE(disk.remove_all("data"));
    make_data_directory();
    disk.fail_operation(n);
    list acknowledged;
    list attempted;
    if (open())
      for (const auto* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
        attempted.emplace_back(name);
        if (create(name))
          acknowledged.emplace_back(name);
        compact();
      }
    const bool failed = disk.failed();
    EXPECT_EQ(disk.syncs_after_failure(), 0u) << n;
    disk.fail_nothing();
    store.reset();
    disk.crash(chance);
    ASSERT_EQ(refusal(), "opened") << n;
    const auto found = topics();
    EXPECT_TRUE(std::ranges::includes(found, acknowledged)) << "operation " << n;
    EXPECT_TRUE(std::ranges::includes(attempted, found)) << "operation " << n;
    if (!failed)
      break;
    ASSERT_LT(n, 500u);
  }
}

TEST_F(MetadataStore, PowerLossAtAnyMomentKeepsWhatWasAcknowledged) {
  options.journal_bytes = 150;
  rng chance{7};
  ASSERT_TRUE(open());
  list acknowledged;
  for (int round = 0; round < 200; ++round) {
    for (auto steps = chance.below(6); steps > 0; --steps) {
      const auto name = "t" + std::to_string(1'000 + round) + "-" + std::to_string(steps);
      if (chance.chance(1, 4)) {
        ASSERT_TRUE(append(name));
      } else {
        ASSERT_TRUE(create(name));
        acknowledged = topics();
      }
      if (chance.chance(1, 3))
        compact();
    }
    store.reset();
    disk.crash(chance);
    ASSERT_EQ(refusal(), "opened") << "round " << round;
    const auto found = topics();
    ASSERT_TRUE(std::ranges::includes(found, acknowledged)) << "round " << round;
    acknowledged = found;
  }
  EXPECT_GT(acknowledged.size(), 200u);
}

// The same with every step apart: syncs and compactions under way, some of them failing, while
// changes are appended.
TEST_F(MetadataStore, PowerLossBetweenAnyTwoStepsKeepsWhatWasPublished) {
  options.journal_bytes = 100;
  rng chance{13};
  std::size_t switches = 0;
  for (int round = 0; round < 500; ++round) {
    if (round % 4 == 0) {  // or the state soon outgrows what makes a compaction due
      ASSERT_TRUE(disk.remove_all("data"));
      make_data_directory();
    }
    ASSERT_EQ(refusal(), "opened") << "round " << round;
    std::optional<sync_ticket> ticket;
    std::optional<metadata_compaction> work;
    std::optional<result<void>> ended;
    for (auto steps = chance.below(120); steps > 0; --steps) {
      const auto what = chance.below(6);
      if (what < 2) {
        ASSERT_TRUE(append("t" + std::to_string(round) + "-" + std::to_string(steps)));
      } else if (what == 2 && !ticket) {
        ticket = store->begin_sync();
      } else if (what == 3 && ticket) {
        store->end_sync(carry_out(disk, *ticket));
        ticket.reset();
      } else if (what == 4 && !work) {
        work = store->begin_compaction();
        ended.reset();
      } else if (what == 5 && work && !ended) {
        if (chance.chance(1, 4))
          disk.fail_operation(1 + chance.below(12));
        ended = work->run();
        disk.fail_nothing();
      } else if (what == 5 && work) {
        store->end_compaction(*ended);
        work.reset();
        ++switches;
      }
    }
    ASSERT_FALSE(store->poisoned());
    const auto published = names(store->durable_state());
    store.reset();
    disk.crash(chance);
    ASSERT_EQ(refusal(), "opened") << "round " << round;
    ASSERT_TRUE(std::ranges::includes(topics(), published)) << "round " << round;
  }
  EXPECT_GT(switches, 50u);
}

}  // namespace
}  // namespace troupe
