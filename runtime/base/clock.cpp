#include "runtime/base/clock.hpp"

namespace troupe {

namespace {

class real_clock final : public clock {
 public:
  mono_time now() const override { return std::chrono::steady_clock::now(); }

  timestamp_ms wall_ms() const override {
    auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  }
};

}  // namespace

const clock& system_clock() {
  static const real_clock instance;
  return instance;
}

}  // namespace troupe
