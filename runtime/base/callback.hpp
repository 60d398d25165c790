// A function called at most once, moved and never copied: what is waiting for an answer.
#pragma once

#include <memory>
#include <utility>

namespace troupe {

template <class Signature>
class callback;

/// Empty after it was called. Owned by one thread at a time.
template <class R, class... Args>
class callback<R(Args...)> {
 public:
  callback() = default;

  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, callback> && std::is_invocable_r_v<R, F&, Args...>)
      callback(F&& f)
      : target_(std::make_unique<holder<std::decay_t<F>>>(std::forward<F>(f))) {}

  explicit operator bool() const { return target_ != nullptr; }

  R operator()(Args... args) {
    // Moved out first: the call may destroy whoever holds this callback.
    auto target = std::move(target_);
    return target->call(std::forward<Args>(args)...);
  }

 private:
  struct base {
    virtual ~base() = default;
    virtual R call(Args... args) = 0;
  };

  template <class F>
  struct holder final : base {
    explicit holder(F f) : f_(std::move(f)) {}
    R call(Args... args) override { return f_(std::forward<Args>(args)...); }
    F f_;
  };

  std::unique_ptr<base> target_;
};

}  // namespace troupe
