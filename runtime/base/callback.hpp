// A function called at most once, moved and never copied: what is waiting for an answer.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace troupe {

template <class Signature>
class callback;

/// Empty after it was called. Small functions are kept inside, so that asking for something costs
/// no allocation. Owned by one thread at a time.
template <class R, class... Args>
class callback<R(Args...)> {
 public:
  callback() = default;

  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, callback> && std::is_invocable_r_v<R, F&, Args...>)
      callback(F&& f) {
    using target = std::decay_t<F>;
    if constexpr (fits<target>) {
      ::new (storage_) target(std::forward<F>(f));
      what_ = &in_place<target>;
    } else {
      ::new (storage_) target*(new target(std::forward<F>(f)));
      what_ = &on_heap<target>;
    }
  }

  callback(callback&& other) noexcept { take(other); }
  callback& operator=(callback&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~callback() { reset(); }

  explicit operator bool() const { return what_ != nullptr; }

  R operator()(Args... args) {
    // Moved out first: the call may destroy whoever holds this callback.
    callback self{std::move(*this)};
    return self.what_->call(self.storage_, std::forward<Args>(args)...);
  }

 private:
  struct operations {
    R (*call)(void* storage, Args&&... args);
    void (*move)(void* to, void* from) noexcept;  ///< leaves nothing to destroy in `from`
    void (*destroy)(void* storage) noexcept;
  };

  static constexpr std::size_t inline_bytes = 32;
  // A function of exactly that size and alignment makes clang-tidy see twice the same number.
  // NOLINTBEGIN(misc-redundant-expression)
  template <class F>
  static constexpr bool fits =
      sizeof(F) <= inline_bytes &&
      alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;
  // NOLINTEND(misc-redundant-expression)

  template <class F>
  static F& target_in(void* storage) {
    return *std::launder(static_cast<F*>(storage));
  }

  template <class F>
  static constexpr operations in_place{[](void* storage, Args&&... args) -> R {
                                         return target_in<F>(storage)(std::forward<Args>(args)...);
                                       },
                                       [](void* to, void* from) noexcept {
                                         ::new (to) F(std::move(target_in<F>(from)));
                                         target_in<F>(from).~F();
                                       },
                                       [](void* storage) noexcept { target_in<F>(storage).~F(); }};

  template <class F>
  static constexpr operations on_heap{
      [](void* storage, Args&&... args) -> R {
        return (*target_in<F*>(storage))(std::forward<Args>(args)...);
      },
      [](void* to, void* from) noexcept { ::new (to) F*(target_in<F*>(from)); },
      [](void* storage) noexcept { delete target_in<F*>(storage); }};

  void take(callback& other) noexcept {
    what_ = std::exchange(other.what_, nullptr);
    if (what_ != nullptr)
      what_->move(storage_, other.storage_);
  }
  void reset() noexcept {
    if (const auto* what = std::exchange(what_, nullptr))
      what->destroy(storage_);
  }

  const operations* what_ = nullptr;
  alignas(void*) std::byte storage_[inline_bytes];
};

}  // namespace troupe
