// What a connection has received and not yet used. Small while the connection is idle; grown for a
// large body under the gateway's limit of bytes in flight.
#pragma once

#include "http/admission.hpp"

#include <boost/beast/core/flat_buffer.hpp>

#include <span>
#include <string_view>

namespace troupe::http {

/// Owned by one connection. Views of it hold until the next call that is not const.
class input_buffer {
 public:
  /// Not admitted one by one: as many as there may be connections.
  static constexpr std::size_t small_bytes = 4096;
  /// Kept for the next request while the gateway is not short of memory.
  static constexpr std::size_t kept_bytes = std::size_t{256} * 1024;

  explicit input_buffer(admission& limit) : limit_(limit), held_(limit) {}

  std::string_view view() const {
    auto data = bytes_.cdata();
    return {static_cast<const char*>(data.data()), data.size()};
  }
  std::size_t size() const { return bytes_.size(); }
  void consume(std::size_t n) { bytes_.consume(n); }

  /// Where to read into: all that is allocated, or at least a small piece.
  std::span<char> room();
  void commit(std::size_t n) { bytes_.commit(n); }

  /// Makes room for more of the `n` bytes that are to come in one piece: not all at once but in
  /// proportion to what is there already. False when the gateway holds too much.
  bool grow(std::size_t n);
  /// After a request: gives back what is too large to keep.
  void trim();
  /// Gives back all that can be.
  void shrink();

 private:
  /// The least that is worth a read.
  static constexpr std::size_t slack_bytes = 1024;

  bool reserve(std::size_t n);

  admission& limit_;
  held_bytes held_;
  boost::beast::flat_buffer bytes_;
};

}  // namespace troupe::http
