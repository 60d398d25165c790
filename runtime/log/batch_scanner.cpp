#include "runtime/log/batch_scanner.hpp"

#include "runtime/base/limits.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t read_size = 1 * limits::MiB;

}  // namespace

std::size_t claimed_batch_size(const batch_header& header) {
  constexpr auto smallest = static_cast<std::int32_t>(batch_header_size - batch_prefix_size);
  if (header.batch_length < smallest || header.size() > limits::batch_bytes_max + batch_prefix_size)
    return 0;
  return header.size();
}

result<byte_view> batch_scanner::look(std::size_t size) {
  const auto available = [this] { return byte_view{buffer_}.subspan(position_ - buffer_begin_); };
  if (buffer_begin_ + buffer_.size() >= position_ + size && !buffer_.empty())
    return available();
  const auto wanted = std::min<std::uint64_t>(std::max(size, read_size), end_ - position_);
  buffer_.resize(wanted);
  buffer_begin_ = position_;
  auto got = file_.read_at(position_, buffer_);
  if (!got)
    return got.error();
  buffer_.resize(*got);
  return available();
}

result<batch_scanner::step> batch_scanner::next() {
  position_ = next_;
  if (position_ >= end_)
    return step::end;
  auto seen = look(batch_header_size);
  if (!seen)
    return seen.error();
  if (seen->size() < batch_header_size)
    return step::bad;
  const auto size = claimed_batch_size(decode_batch_header(*seen));
  if (size == 0 || size > end_ - position_)
    return step::bad;
  if (size > seen->size()) {
    seen = look(size);
    if (!seen)
      return seen.error();
  }
  auto checked = check_batch(*seen);
  if (!checked)
    return step::bad;
  header_ = *checked;
  batch_ = seen->first(size);
  next_ = position_ + size;
  return step::batch;
}

}  // namespace troupe
