#include "runtime/cluster/link_state.hpp"

#include <algorithm>

namespace troupe {

std::string_view to_string(link_phase x) {
  switch (x) {
    case link_phase::disconnected: return "disconnected";
    case link_phase::probing: return "probing";
    case link_phase::connecting: return "connecting";
    case link_phase::greeting: return "greeting";
    case link_phase::up: return "up";
    case link_phase::refused: return "refused";
  }
  return "?";
}

link_state::link_state(options use) : options_(use), jitter_(use.seed) {}

std::vector<link_action> link_state::step(const link_event& event, mono_time now) {
  actions out;
  std::visit([&](const auto& x) { on(x, now, out); }, event);
  return out;
}

void link_state::on(const link_started&, mono_time now, actions& out) {
  if (!options_.dialable || phase_ != link_phase::disconnected)
    return;
  if (!yields())
    return dial(now, out);
  dial_after_ = now + options_.timing.courtesy;
  deadline_ = now + jittered(2 * options_.timing.courtesy);
}

void link_state::on(const link_probed& x, mono_time now, actions& out) {
  if (!concerns(x.attempt, link_phase::probing))
    return;
  switch (x.how) {
    case probe_result::connected:
      if (knocking_)
        return back_off(why_, now, out);
      phase_ = link_phase::connecting;
      deadline_ = now + options_.timing.connect_timeout;
      out.push_back({link_do::connect, attempt_});
      return;
    case probe_result::refused:
      if (!gone_reported_) {
        gone_reported_ = true;
        out.push_back({link_do::report_gone, attempt_, x.why, incarnation_});
      }
      return back_off(x.why, now, out);
    case probe_result::no_answer: return back_off(x.why, now, out);
    case probe_result::not_trusted: return refuse(x.why, now, out);
  }
}

void link_state::on(const link_connected& x, mono_time now, actions& out) {
  if (!concerns(x.attempt, link_phase::connecting))
    return;
  if (!x.ok && !info_of(x.why.code).retriable)
    return refuse(x.why, now, out);
  if (!x.ok)
    return back_off(x.why, now, out);
  phase_ = link_phase::greeting;
  deadline_ = now + options_.timing.greet_timeout;
  out.push_back({link_do::greet, attempt_});
}

void link_state::on(const link_greeted& x, mono_time now, actions& out) {
  if (!concerns(x.attempt, link_phase::greeting))
    return;
  if (x.answered && x.why.code == errc::none)
    return come_up(x.incarnation, now);
  if (x.answered && !info_of(x.why.code).retriable)
    return refuse(x.why, now, out);
  back_off(x.why, now, out);
}

void link_state::on(const link_called& x, mono_time now, actions& out) {
  if (phase_ == link_phase::up && x.incarnation != incarnation_) {
    // Either the old process is gone and nobody noticed, or there are two. A ping will tell.
    out.push_back({link_do::refuse_call, attempt_,
                   error{errc::duplicate_broker_registration,
                         "Another process is connected under this node id."}});
    if (!pinging_)
      send_ping(now, out);
    return;
  }
  bool under_way = phase_ == link_phase::connecting || phase_ == link_phase::greeting;
  if (under_way && !yields()) {
    out.push_back({link_do::refuse_call, attempt_,
                   error{errc::overloaded, "The two nodes have dialled each other at once."}});
    return;
  }
  if (phase_ != link_phase::disconnected && phase_ != link_phase::refused)
    out.push_back({link_do::cut, attempt_});
  ++attempt_;
  out.push_back({link_do::take_call, attempt_});
  come_up(x.incarnation, now);
}

void link_state::on(const link_lost& x, mono_time now, actions& out) {
  if (x.attempt != attempt_)
    return;
  error why{errc::leader_not_available, "the connection was lost"};
  if (phase_ == link_phase::up)
    go_down(why, now, out);
  else if (phase_ == link_phase::connecting || phase_ == link_phase::greeting)
    back_off(why, now, out);
}

void link_state::on(const link_pinged& x, mono_time now, actions&) {
  if (!concerns(x.attempt, link_phase::up))
    return;
  pinging_ = false;
  deadline_ = now + options_.timing.ping_period;
}

void link_state::on(const link_timer& x, mono_time now, actions& out) {
  if (now < deadline_)
    return;
  switch (phase_) {
    case link_phase::disconnected:
    case link_phase::refused: return dial(now, out);
    case link_phase::probing:
    case link_phase::connecting:
    case link_phase::greeting:
      return back_off(
          error{errc::leader_not_available, "no answer while " + std::string{to_string(phase_)}},
          now, out);
    case link_phase::up: return watch(x.received, now, out);
  }
}

void link_state::watch(std::uint64_t received, mono_time now, actions& out) {
  const auto& timing = options_.timing;
  // Whatever has come from the peer shows that it lives; a ping is for silence only.
  if (received != received_) {
    received_ = received;
    pinging_ = false;
    deadline_ = now + timing.ping_period;
    return;
  }
  if (!pinging_)
    return send_ping(now, out);
  // A timer that comes late was held up by this process, and so were the answers.
  if (auto late = now - deadline_; late > timing.ping_period)
    silent_at_ += late;
  if (now >= silent_at_)
    return go_down(error{errc::leader_not_available, "the node does not answer"}, now, out);
  deadline_ = std::min(now + timing.ping_period, silent_at_);
}

void link_state::send_ping(mono_time now, actions& out) {
  pinging_ = true;
  silent_at_ = now + options_.timing.ping_timeout;
  deadline_ = std::min(now + options_.timing.ping_period, silent_at_);
  out.push_back({link_do::ping, attempt_});
}

void link_state::dial(mono_time now, actions& out) {
  if (!options_.dialable) {
    phase_ = link_phase::disconnected;
    deadline_ = mono_time::max();
    return;
  }
  ++attempt_;
  phase_ = link_phase::probing;
  knocking_ = now < dial_after_;
  deadline_ = now + options_.timing.probe_timeout;
  out.push_back({knocking_ ? link_do::knock : link_do::probe, attempt_});
}

void link_state::come_up(std::uint64_t incarnation, mono_time now) {
  phase_ = link_phase::up;
  incarnation_ = incarnation;
  why_ = error{errc::none};
  gone_reported_ = false;
  up_since_ = now;
  received_ = 0;
  pinging_ = false;
  deadline_ = now + options_.timing.ping_period;
}

void link_state::go_down(error why, mono_time now, actions& out) {
  out.push_back({link_do::cut, attempt_});
  phase_ = link_phase::disconnected;
  why_ = std::move(why);
  // A link that comes up only to go down at once must not spin.
  bool steady = now - up_since_ >= options_.timing.backoff_max;
  failures_ = steady ? 0 : std::min(failures_ + 1, 16u);
  dial_after_ = now;
  if (yields())
    dial_after_ += options_.timing.courtesy;
  if (!steady)
    dial_after_ += jittered(std::min(options_.timing.backoff_max,
                                     options_.timing.backoff_min * (1 << std::min(failures_, 8u))));
  // At once, even if only to see whether the process still listens.
  dial(now, out);
}

void link_state::back_off(error why, mono_time now, actions& out) {
  out.push_back({link_do::cut, attempt_});
  phase_ = link_phase::disconnected;
  why_ = std::move(why);
  auto pause = options_.timing.backoff_min * (1 << std::min(failures_, 12u));
  failures_ = std::min(failures_ + 1, 16u);
  deadline_ = now + jittered(std::min(options_.timing.backoff_max, pause));
}

void link_state::refuse(error why, mono_time now, actions& out) {
  out.push_back({link_do::cut, attempt_});
  phase_ = link_phase::refused;
  why_ = std::move(why);
  deadline_ = now + jittered(options_.timing.refused_retry);
}

mono_duration link_state::jittered(std::chrono::milliseconds x) {
  // Between half and the whole, so that nodes that failed together do not return together.
  auto half = std::chrono::duration_cast<std::chrono::microseconds>(x) / 2;
  return half +
         std::chrono::microseconds{jitter_.below(static_cast<std::uint64_t>(half.count()) + 1)};
}

}  // namespace troupe
