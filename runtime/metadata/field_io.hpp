// Fields of a file of ours, written and read one after the other: big-endian integers, and strings
// behind their length (i32).
#pragma once

#include "runtime/base/types.hpp"
#include "runtime/record/big_endian.hpp"

#include <string>

namespace troupe {

class field_writer {
 public:
  template <std::integral T>
  void put(T x) {
    const auto at = data_.size();
    data_.resize(at + sizeof x);
    store_be(data_.data() + at, x);
  }
  void put_raw(std::string_view x) { data_.insert(data_.end(), x.begin(), x.end()); }
  void put(const std::string& x) {
    put(static_cast<std::int32_t>(x.size()));
    put_raw(x);
  }

  bytes take() { return std::move(data_); }

 private:
  bytes data_;
};

/// After the first field that is not there, everything is zero and empty and good() is false.
class field_reader {
 public:
  explicit field_reader(byte_view data) : rest_(data) {}

  template <std::integral T>
  T number() {
    const auto field = take(sizeof(T));
    return field.empty() ? T{} : load_be<T>(field.data());
  }
  std::string text() {
    const auto length = number<std::uint32_t>();
    return std::string{as_text(take(length))};
  }
  /// A number of things that follow, each of a byte at least: never more than bytes are left.
  std::uint32_t count() {
    const auto n = number<std::uint32_t>();
    if (n <= rest_.size())
      return n;
    good_ = false;
    return 0;
  }

  bool good() const { return good_; }
  bool at_end() const { return good_ && rest_.empty(); }

 private:
  byte_view take(std::size_t n) {
    if (!good_ || n > rest_.size()) {
      good_ = false;
      return {};
    }
    const auto field = rest_.first(n);
    rest_ = rest_.subspan(n);
    return field;
  }

  byte_view rest_;
  bool good_ = true;
};

}  // namespace troupe
