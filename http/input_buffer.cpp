#include "http/input_buffer.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>

namespace troupe::http {

std::span<char> input_buffer::room() {
  auto free = bytes_.capacity() - bytes_.size();
  auto piece = bytes_.prepare(bytes_.capacity() == 0 ? small_bytes : std::max(free, slack_bytes));
  return {static_cast<char*>(piece.data()), piece.size()};
}

bool input_buffer::grow(std::size_t n) {
  // With slack, or the last bytes of a large body would make room() grow it again.
  n += slack_bytes;
  auto now = std::max(bytes_.capacity(), small_bytes);
  if (n <= now || now - bytes_.size() >= slack_bytes)
    return true;
  auto factor = now < limits::gateway_small_body_bytes ? 4 : 2;
  return reserve(std::min(n, now * factor));
}

bool input_buffer::reserve(std::size_t n) {
  if (n <= bytes_.capacity())
    return true;
  if (n > small_bytes && !held_.try_hold_body(n - std::max(bytes_.capacity(), small_bytes)))
    return false;
  // Not its own reserve(), which would take up to twice as much.
  boost::beast::flat_buffer larger;
  larger.reserve(n);
  larger.commit(boost::asio::buffer_copy(larger.prepare(bytes_.size()), bytes_.cdata()));
  bytes_ = std::move(larger);
  return true;
}

void input_buffer::trim() {
  if (bytes_.capacity() > kept_bytes ||
      (bytes_.capacity() > small_bytes && limit_.bytes() > limit_.bytes_max() / 2))
    shrink();
}

void input_buffer::shrink() {
  bytes_.shrink_to_fit();
  held_.release();
}

}  // namespace troupe::http
