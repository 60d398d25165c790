// The connection to one other node, as decisions: when to probe, connect, greet, ping, give up.
//
//   disconnected ──dial──► probing ──connected──► connecting ──► greeting ──welcome──► up
//        ▲                    │ refused, no answer     │ failed       │ refused         │ lost,
//        ├────────────────────┴──── back off ──────────┘              ▼                 │ silent
//        │                                              ┌────────── refused             │
//        ├──────────────── slowly ──────────────────────┘                               │
//        └──────────────────── a probe at once ◄────────────────────────────────────────┘
//
// Both nodes may dial. The one with the higher id does so at once, the other gives it a moment, and
// when two calls meet the one of the higher id stays: one connection carries both directions.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/errors.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/rng.hpp"

#include <string_view>
#include <variant>
#include <vector>

namespace troupe {

enum class link_phase : std::uint8_t {
  disconnected,  ///< waits for the next attempt, or for a call
  probing,       ///< a TCP connection, and TLS where it is configured
  connecting,    ///< the handshake of the actor framework
  greeting,      ///< hello is on its way
  up,
  refused,  ///< one of the two does not want the other; tried again slowly
};

std::string_view to_string(link_phase x);

struct link_timing {
  using milliseconds = std::chrono::milliseconds;

  milliseconds probe_timeout{limits::link_probe_timeout_ms};
  milliseconds connect_timeout{limits::link_connect_timeout_ms};
  milliseconds greet_timeout{limits::link_greet_timeout_ms};
  milliseconds backoff_min{limits::link_backoff_min_ms};
  milliseconds backoff_max{limits::link_backoff_max_ms};
  milliseconds refused_retry{limits::link_refused_retry_ms};
  milliseconds ping_period{limits::link_ping_period_ms};
  milliseconds ping_timeout{limits::link_ping_timeout_ms};
  /// How long the lower id leaves it to the higher one to dial.
  milliseconds courtesy{limits::link_courtesy_ms};
};

// -- what happens ----------------------------------------------------------------

/// `attempt` names the connection an event belongs to; events of earlier ones are ignored.
using link_attempt = std::uint64_t;

/// Begin, or: the address of the peer has become known.
struct link_started {};
enum class probe_result : std::uint8_t {
  connected,
  refused,     ///< nobody listens there: the process is gone
  no_answer,   ///< says nothing about the process
  not_trusted  ///< TLS failed
};
struct link_probed {
  link_attempt attempt = 0;
  probe_result how{};
  error why;
};
struct link_connected {
  link_attempt attempt = 0;
  bool ok = false;
  error why;
};
/// The answer to hello. Without an answer: `answered` is false.
struct link_greeted {
  link_attempt attempt = 0;
  bool answered = false;
  error why{errc::none};
  std::uint64_t incarnation = 0;
};
/// The peer has dialled and its hello is fine.
struct link_called {
  std::uint64_t incarnation = 0;
};
struct link_lost {
  link_attempt attempt = 0;
};
struct link_pinged {
  link_attempt attempt = 0;
};
/// The deadline has come. `received`: bytes that have come from the peer so far.
struct link_timer {
  std::uint64_t received = 0;
};
using link_event = std::variant<link_started, link_probed, link_connected, link_greeted,
                                link_called, link_lost, link_pinged, link_timer>;

// -- what to do ------------------------------------------------------------------

enum class link_do : std::uint8_t {
  probe,        ///< open a connection and answer link_probed
  knock,        ///< the same, but only to see whether somebody listens
  connect,      ///< hand the connection over and answer link_connected
  greet,        ///< send hello and answer link_greeted
  take_call,    ///< `attempt` is now the connection of the caller
  refuse_call,  ///< answer the caller with `why`
  ping,         ///< and answer link_pinged
  cut,          ///< end the connection of `attempt` and forget its handles
  report_gone,  ///< the process with `incarnation` has ended
};

struct link_action {
  link_do what{};
  link_attempt attempt = 0;
  error why{errc::none};
  std::uint64_t incarnation = 0;
};

/// Owned by the link actor.
class link_state {
 public:
  struct options {
    node_id self{};
    node_id peer{};
    bool dialable = true;  ///< the address of the peer is known
    link_timing timing;
    std::uint64_t seed = 0;  ///< of the jitter
  };

  explicit link_state(options use);

  std::vector<link_action> step(const link_event& event, mono_time now);
  void set_dialable(bool x) { options_.dialable = x; }

  link_phase phase() const { return phase_; }
  link_attempt attempt() const { return attempt_; }
  /// Of the process the link is up with, or was last.
  std::uint64_t incarnation() const { return incarnation_; }
  /// Why it is not up; none while it is.
  const error& why() const { return why_; }
  /// When link_timer is due; mono_time::max() for never.
  mono_time deadline() const { return deadline_; }

 private:
  using actions = std::vector<link_action>;

  void on(const link_started& x, mono_time now, actions& out);
  void on(const link_probed& x, mono_time now, actions& out);
  void on(const link_connected& x, mono_time now, actions& out);
  void on(const link_greeted& x, mono_time now, actions& out);
  void on(const link_called& x, mono_time now, actions& out);
  void on(const link_lost& x, mono_time now, actions& out);
  void on(const link_pinged& x, mono_time now, actions& out);
  void on(const link_timer& x, mono_time now, actions& out);

  bool concerns(link_attempt attempt, link_phase phase) const {
    return attempt == attempt_ && phase == phase_;
  }
  bool yields() const { return options_.self < options_.peer; }
  void dial(mono_time now, actions& out);
  void come_up(std::uint64_t incarnation, mono_time now);
  void go_down(error why, mono_time now, actions& out);
  void back_off(error why, mono_time now, actions& out);
  void refuse(error why, mono_time now, actions& out);
  void watch(std::uint64_t received, mono_time now, actions& out);
  void send_ping(mono_time now, actions& out);
  mono_duration jittered(std::chrono::milliseconds x);

  options options_;
  rng jitter_;
  link_phase phase_ = link_phase::disconnected;
  link_attempt attempt_ = 0;
  mono_time deadline_ = mono_time::max();
  error why_{errc::leader_not_available, "not connected yet"};
  unsigned failures_ = 0;
  bool knocking_ = false;
  mono_time dial_after_{};  // until then only knock
  std::uint64_t incarnation_ = 0;
  bool gone_reported_ = true;
  mono_time up_since_{};
  std::uint64_t received_ = 0;
  bool pinging_ = false;
  mono_time silent_at_{};
};

}  // namespace troupe
