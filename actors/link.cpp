#include "actors/link.hpp"

#include "actors/node_entry.hpp"
#include "actors/outcomes.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/scribe.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace troupe {

link::link(caf::actor_config& config, link_options options)
    : link_actor::base(config),
      options_(std::move(options)),
      state_({options_.self.id, options_.peer, options_.address.has_value(), options_.timing,
              options_.seed}),
      address_(options_.address),
      window_(std::make_shared<request_window>()) {
  set_down_handler([this](const caf::down_msg& x) {
    if ((gate_ && x.source == gate_.address()) || (remote_ && x.source == remote_.address()))
      step(link_lost{state_.attempt()});
  });
}

link::behavior_type link::make_behavior() {
  step(link_started{});
  return {
      [this](incoming_call& x) { return on_call(x); },
      [this](dial_ended& x) { on_dialled(x); },
      [this](link_tick x) {
        if (x.serial != armed_serial_)
          return;
        armed_for_ = mono_time::max();
        step(link_timer{wire_ == nullptr ? 0 : wire_->received()});
      },
      [this](const peer_address& x) {
        address_ = x.where;
        state_.set_dialable(true);
        step(link_started{});
      },
      [this](end_link) { quit(); },
  };
}

void link::step(const link_event& what) {
  auto phase = state_.phase();
  auto attempt = state_.attempt();
  for (const auto& each : state_.step(what, options_.node->time.now()))
    act(each);
  if (!published_ || state_.phase() != phase || state_.attempt() != attempt)
    publish();
  report(phase, attempt);
  arm();
}

void link::act(const link_action& what) {
  switch (what.what) {
    case link_do::probe:
    case link_do::knock: return dial(what);
    case link_do::connect: return connect(what.attempt);
    case link_do::greet: return greet(what.attempt);
    case link_do::take_call: return take_call();
    case link_do::refuse_call: refusal_ = what.why; return;
    case link_do::ping: return ping(what.attempt);
    case link_do::cut: return cut();
    case link_do::report_gone:
      spdlog::info("node {} is gone: its port refuses", value_of(options_.peer));
      return tell({peer_event::kind::gone, options_.peer, what.incarnation, what.why});
  }
}

void link::dial(const link_action& what) {
  auto self = caf::actor_cast<link_actor>(this);
  options_.transport->dial(*address_, options_.timing.probe_timeout, what.what == link_do::knock,
                           [self, attempt = what.attempt](dialled how) {
                             auto shared = std::make_shared<dialled>(std::move(how));
                             caf::anon_send(self, dial_ended{attempt, std::move(shared)});
                           });
}

void link::on_dialled(dial_ended& x) {
  if (x.attempt != state_.attempt() || state_.phase() != link_phase::probing)
    return;
  wire_ = std::move(x.how->connection);
  step(link_probed{x.attempt, x.how->how, x.how->why});
}

void link::connect(link_attempt attempt) {
  auto scribe = make_scribe(system(), wire_);
  request(options_.transport->broker(), options_.timing.connect_timeout, caf::connect_atom_v,
          std::move(scribe), address_->port)
      .then(
          [this, attempt](const caf::node_id& node, const caf::strong_actor_ptr& gate,
                          const std::set<std::string>& interface) {
            check_connected(attempt, node, gate, interface);
          },
          [this, attempt](const caf::error&) {
            fail_connect(attempt, "the connection ended during the handshake");
          });
}

void link::fail_connect(link_attempt attempt, const std::string& why) {
  if (attempt != state_.attempt() || wire_ == nullptr)
    return;
  // TLS 1.3 lets the caller go on before the other side has looked at its certificate.
  auto tls = wire_->failure();
  auto code = tls.empty() ? errc::leader_not_available : errc::authentication_failed;
  step(link_connected{
      attempt, false,
      error{code, fmt::format("{}: {}", to_string(*address_), tls.empty() ? why : tls)}});
}

void link::check_connected(link_attempt attempt, const caf::node_id& node,
                           const caf::strong_actor_ptr& gate,
                           const std::set<std::string>& interface) {
  if (attempt != state_.attempt() || wire_ == nullptr)
    return;
  if (gate == nullptr || !system().assignable(interface, system().message_types<node_gate_actor>()))
    return step(link_connected{
        attempt, false,
        error{errc::unsupported_version,
              fmt::format("{} does not speak the protocol between nodes.", to_string(*address_))}});
  if (node == system().node())
    return step(link_connected{attempt, false,
                               error{errc::invalid_registration,
                                     fmt::format("The address of node {}, {}, is this node's own.",
                                                 value_of(options_.peer), to_string(*address_))}});
  peer_node_ = node;
  gate_ = caf::actor_cast<node_gate_actor>(gate);
  // The framework keeps one connection to a node. If the other side has dialled as well, its own
  // may be that one, and ours is closed.
  request(options_.transport->broker(), options_.timing.connect_timeout, caf::get_atom_v, node)
      .then(
          [this, attempt](const caf::node_id&, const std::string& address, std::uint16_t port) {
            if (attempt != state_.attempt() || wire_ == nullptr)
              return;
            if (wire_name(address, port) != wire_->remote())
              return fail_connect(attempt, "the other side has dialled at the same time");
            monitor(gate_);
            step(link_connected{attempt, true, error{errc::none}});
          },
          [this, attempt](const caf::error&) {
            fail_connect(attempt, "the connection ended during the handshake");
          });
}

void link::greet(link_attempt attempt) {
  entry_ = spawn<node_entry>(peer_node_, options_.node, options_.broker);
  hello_request hello{options_.self, options_.peer, entry_};
  request(gate_, options_.timing.greet_timeout, std::move(hello))
      .then([this, attempt](hello_response& x) { on_greeted(attempt, x); },
            [this, attempt](const caf::error&) {
              step(link_greeted{attempt, false,
                                error{errc::leader_not_available, "no answer to hello"}});
            });
}

void link::on_greeted(link_attempt attempt, hello_response& x) {
  if (attempt != state_.attempt() || state_.phase() != link_phase::greeting)
    return;
  auto verdict = as_result(x.result);
  if (verdict)
    verdict = check_hello(options_.self, x.who, options_.peer, x.who.id);
  if (verdict && (!x.entry || x.entry.node() != peer_node_))
    verdict = error{errc::invalid_registration, "The answer to hello names another node."};
  if (verdict)
    come_up(x.entry);
  step(link_greeted{attempt, true, verdict ? error{errc::none} : verdict.error(),
                    x.who.incarnation});
}

hello_response link::on_call(incoming_call& x) {
  refusal_ = error{errc::none};
  call_ = &x;
  step(link_called{x.hello.who.incarnation});
  call_ = nullptr;
  if (refusal_.code != errc::none)
    return {as_outcome(refusal_), options_.self, {}};
  return {outcome{}, options_.self, entry_};
}

void link::take_call() {
  wire_ = call_->connection;
  peer_node_ = call_->hello.entry.node();
  entry_ = spawn<node_entry>(peer_node_, options_.node, options_.broker);
  come_up(call_->hello.entry);
}

void link::come_up(node_entry_actor remote) {
  remote_ = std::move(remote);
  monitor(remote_);
  if (gate_)
    demonitor(gate_.address());
  gate_ = nullptr;
}

void link::ping(link_attempt attempt) {
  request(remote_, options_.timing.ping_timeout, ping_request{})
      .then([this, pinged = link_pinged{attempt}](ping_response) { step(pinged); },
            // That there is none is what the timer looks for.
            [](const caf::error&) {});
}

void link::cut() {
  if (wire_ != nullptr)
    wire_->cut();
  wire_ = nullptr;
  if (gate_)
    demonitor(gate_.address());
  gate_ = nullptr;
  if (remote_)
    demonitor(remote_.address());
  remote_ = nullptr;
  if (entry_)
    caf::anon_send_exit(entry_, caf::exit_reason::user_shutdown);
  entry_ = nullptr;
}

void link::on_exit() {
  cut();
  options_.table->remove(options_.peer);
}

void link::publish() {
  published_ = true;
  options_.table->put({options_.peer, state_.phase(), state_.incarnation(), state_.attempt(),
                       state_.phase() == link_phase::up ? remote_ : node_entry_actor{}, window_,
                       state_.why()});
}

void link::report(link_phase before, link_attempt attempt) {
  auto now = state_.phase();
  auto event = [&](peer_event::kind what) {
    return peer_event{what, options_.peer, state_.incarnation(), state_.why()};
  };
  if (before == link_phase::up && now != link_phase::up) {
    spdlog::info("node {} is down: {}", value_of(options_.peer), state_.why().message);
    tell(event(peer_event::kind::down));
  }
  if (now == link_phase::up && (before != now || attempt != state_.attempt())) {
    spdlog::info("node {} is up", value_of(options_.peer));
    reported_refusal_.clear();
    tell(event(peer_event::kind::up));
  }
  if (now == link_phase::refused && reported_refusal_ != state_.why().message) {
    reported_refusal_ = state_.why().message;
    spdlog::error("no link to node {}: {}", value_of(options_.peer), reported_refusal_);
    tell(event(peer_event::kind::refused));
  }
}

void link::tell(const peer_event& what) {
  for (const auto& each : options_.observers)
    send(each, what);
}

void link::arm() {
  auto due = state_.deadline();
  if (due == armed_for_)
    return;
  armed_for_ = due;
  ++armed_serial_;
  if (due == mono_time::max())
    return;
  auto wait = std::max(mono_duration{0}, due - options_.node->time.now());
  delayed_send(this, wait, link_tick{armed_serial_});
}

}  // namespace troupe
