#include "actors/node_gate.hpp"

#include "actors/outcomes.hpp"

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr std::chrono::milliseconds patience{limits::link_greet_timeout_ms};

}  // namespace

node_gate::node_gate(caf::actor_config& config, node_identity self,
                     std::shared_ptr<cluster_transport> transport, find_link links)
    : node_gate_actor::base(config),
      self_(std::move(self)),
      transport_(std::move(transport)),
      links_(std::move(links)) {}

void node_gate::on_exit() {
  // The listener of the transport holds this actor: who is let in is sent here.
  transport_ = nullptr;
  links_ = nullptr;
}

node_gate::behavior_type node_gate::make_behavior() {
  return {[this](hello_request& x) -> answer {
    // The promise takes the sender with it.
    auto from = current_sender() == nullptr ? caf::node_id{} : current_sender()->node();
    auto to = make_response_promise<hello_response>();
    if (auto fine = check(x, from); !fine)
      refuse(to, fine.error());
    else
      find_connection(std::move(x), std::move(from), to);
    return to;
  }};
}

result<void> node_gate::check(const hello_request& x, const caf::node_id& from) const {
  if (auto fine = check_hello(self_, x.who, x.meant, self_.id); !fine)
    return fine;
  if (!x.entry || x.entry.node() != from)
    return error{errc::invalid_registration, "The hello does not come from the node it names."};
  return {};
}

void node_gate::find_connection(hello_request x, caf::node_id from, answer to) {
  request(transport_->broker(), patience, caf::get_atom_v, std::move(from))
      .then(
          [this, x = std::move(x), to](const caf::node_id&, const std::string& address,
                                       std::uint16_t port) mutable {
            auto connection = transport_->listener().find(wire_name(address, port));
            if (connection == nullptr)
              refuse(to, error{errc::overloaded, "The two nodes have dialled each other at once."});
            else
              hand_on(std::move(x), connection, to);
          },
          [this, to](const caf::error&) mutable {
            refuse(to, error{errc::overloaded, "The connection has ended."});
          });
}

void node_gate::hand_on(hello_request x, const std::shared_ptr<wire>& connection, answer to) {
  auto found = links_(x.who.id);
  if (!found)
    return refuse(to, found.error());
  incoming_call call{std::move(x), connection};
  request(*found, patience, std::move(call))
      .then(
          [this, to, connection](hello_response& what) mutable {
            if (what.result.ok())
              transport_->listener().welcome(connection);
            to.deliver(std::move(what));
          },
          [this, to](const caf::error&) mutable { refuse(to, error{errc::shutting_down}); });
}

void node_gate::refuse(answer& to, const error& why) {
  if (!info_of(why.code).retriable)
    spdlog::warn("a node was refused: {}", why.message);
  to.deliver(hello_response{as_outcome(why), self_, {}});
}

}  // namespace troupe
