// A process that has crashed is known at once, without waiting for its session to run out: the
// kernel of its machine resets its connections and refuses new ones. The rule must not be usable,
// by mistake or on purpose, to fence a broker that is well:
//
//   1. Only what this controller's own node sees counts. A report of another broker makes it look,
//      nothing more.
//   2. Silence proves nothing. Only a positive answer of the machine does: a connection to the
//      address of the registration is *refused*, or the same node answers there as another process.
//      A timeout or an unreachable host undoes what was counted before.
//   3. The registered process may have no connection to this controller, so a healthy broker whose
//      listener is broken, or hidden by a firewall that refuses, stays.
//   4. It takes two refusals, apart by a while; every sign of life in between (a heartbeat, a
//      connection, an answer of the same process) begins the count anew. A controller that has
//      never had a connection of the broker (it has just taken over) takes longer.
//   5. If the process turns out to be alive afterwards, the rule was wrong: for this broker it is
//      out of force for ten minutes, and only the session counts. The broker is unfenced by its
//      next heartbeat, under the same epoch.
//
//            link lost, other registration, hint, take-over         refused twice, or replaced
//   trusted ───────────────────────────────────────────► suspected ────────────────────────►
//   crashed
//      ▲                                                      │                                  │
//      └──────────────────── sign of life ────────────────────┴──── sign of life: rule 5 ────────┘
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/metadata/image.hpp"

#include <map>
#include <optional>

namespace troupe::controller {

struct crash_options {
  mono_duration probe_every = std::chrono::milliseconds{50};
  /// From the first refusal to the one that counts.
  mono_duration refused_for = std::chrono::milliseconds{100};
  /// The same for a broker this controller never had a connection with.
  mono_duration refused_for_stranger = std::chrono::milliseconds{500};
  mono_duration out_of_force = std::chrono::minutes{10};
};

/// Soft state of the active controller. No clock of its own. Brokers that are fenced or not
/// registered are not watched.
class crash_watch {
 public:
  explicit crash_watch(crash_options how = {}) : options_(how) {}

  /// All that are not fenced are looked at once.
  void take_over(const metadata_image& image);

  /// A process has a connection to this controller (it said who it is), or has it no more.
  void connected(node_id broker, std::string_view incarnation, mono_time now);
  void disconnected(node_id broker, std::string_view incarnation);
  /// A registration or a heartbeat of this process was accepted.
  void alive(node_id broker, std::string_view incarnation, mono_time now);
  /// Somebody believes that it has crashed, or another process wants its place.
  void suspect(node_id broker);

  /// Whom to connect to now, at the address of the registration. Each with one of the three below.
  std::vector<node_id> probes(const metadata_image& image, mono_time now);
  void refused(node_id broker, mono_time now);
  /// A process of this node answered.
  void answered(const metadata_image& image, node_id broker, std::string_view incarnation,
                mono_time now);
  /// Timed out, unreachable, or the answer makes no sense.
  void unclear(node_id broker);

  /// Registered processes that have certainly ended: the caller ends their sessions and fences
  /// them.
  std::vector<node_id> crashed(const metadata_image& image, mono_time now);

  /// How often rule 5 came true.
  std::int64_t false_alarms() const { return false_alarms_; }
  const crash_options& options() const { return options_; }

 private:
  struct watched {
    std::map<std::string, int> links;  // connections that are up, by the process at the other end
    std::string lost;                  // the process whose last connection went
    std::string declared;              // handed out by crashed()
    bool suspected = false;
    bool replaced = false;
    int refusals = 0;
    mono_time first_refusal{};
    mono_time last_refusal{};
    std::optional<mono_time> probed;
    mono_time trusted_until{};
  };

  void sign_of_life(watched& x, std::string_view incarnation, mono_time now);

  crash_options options_;
  std::map<node_id, watched> all_;
  std::int64_t false_alarms_ = 0;
};

}  // namespace troupe::controller
