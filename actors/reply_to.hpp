// A request that is answered later.
#pragma once

#include <caf/local_actor.hpp>
#include <caf/mailbox_element.hpp>

#include <utility>

namespace troupe {

/// Whom to answer. Half the size of a CAF response promise, and the answer travels in one
/// allocation; a handler that takes it returns caf::delegated<Response>. Does not follow
/// forwarding chains. Owned by the actor that took it.
template <class Response>
class reply_to {
 public:
  reply_to() = default;

  /// Takes over the request `self` is handling. Empty when it was a message without a sender.
  static reply_to take(caf::local_actor& self) {
    reply_to x;
    auto* element = self.current_mailbox_element();
    if (element != nullptr && element->mid.is_request() && element->stages.empty()) {
      x.source_ = std::move(element->sender);
      x.id_ = element->mid.response_id();
      element->mid.mark_as_answered();
    }
    return x;
  }

  explicit operator bool() const { return source_ != nullptr; }
  const caf::strong_actor_ptr& source() const { return source_; }

  /// Answers, once; does nothing when there is nobody to answer.
  void send(caf::local_actor& self, Response answer) {
    if (source_ == nullptr)
      return;
    auto to = std::move(source_);
    to->enqueue(
        caf::make_mailbox_element(caf::strong_actor_ptr{self.ctrl()}, id_, {}, std::move(answer)),
        self.context());
  }

 private:
  caf::strong_actor_ptr source_;
  caf::message_id id_;
};

}  // namespace troupe
