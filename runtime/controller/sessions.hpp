// Who was heard when. Soft state of the active controller: not in the metadata log, begun anew by
// each controller at its take-over with full sessions, so that nobody is fenced because the
// controller changed (R21).
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/metadata/image.hpp"

#include <map>
#include <optional>

namespace troupe::controller {

struct session_options {
  mono_duration timeout = std::chrono::seconds{9};
  /// How often brokers send heartbeats.
  mono_duration heartbeat = std::chrono::seconds{2};
};

/// Owned by the active controller; no clock of its own.
class sessions {
 public:
  explicit sessions(session_options how = {}) : options_(how) {}

  /// Brokers that are not fenced have just been heard. A shutdown under way waits for everybody to
  /// reach what is committed now.
  void take_over(const metadata_image& image, mono_time now);

  /// A registration or a heartbeat came from this broker.
  void heard(const broker_metadata& broker, offset_t metadata_offset, mono_time now);
  /// The broker has stopped, or its process has certainly ended.
  void end(node_id broker);

  /// Another process may not take the place of this broker.
  bool valid(node_id broker, mono_time now) const;
  /// Brokers that are not fenced and were not heard for a session; the caller fences them.
  std::vector<node_id> expired(const metadata_image& image, mono_time now) const;
  /// When expired() can next have somebody.
  std::optional<mono_time> next_expiry() const;

  /// The moves of a controlled shutdown are in the metadata log at this offset (R23).
  void shutdown_at(node_id broker, offset_t moved);
  /// All other live brokers have seen them.
  bool may_shut_down(const metadata_image& image, node_id broker) const;

  const session_options& options() const { return options_; }

 private:
  struct session {
    mono_time heard{};
    broker_epoch epoch = no_broker_epoch;
    offset_t metadata_offset = no_offset;
    offset_t shutdown_offset = no_offset;
  };

  session_options options_;
  std::map<node_id, session> all_;
};

}  // namespace troupe::controller
