// Mutual TLS between nodes: both sides show a certificate of the cluster's authority.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/config/broker_config.hpp"

#include <cstddef>
#include <memory>
#include <string>

// Of OpenSSL.
struct ssl_ctx_st;
struct ssl_st;

namespace troupe {

enum class tls_step : std::uint8_t { done, want_read, want_write, failed };

/// TLS on one connected, non-blocking socket, which it does not own. One thread at a time.
class tls_session {
 public:
  tls_session(ssl_ctx_st* from, int socket, bool server);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  tls_step handshake();
  /// `n` is what was read or written, on done.
  tls_step read(void* into, std::size_t size, std::size_t& n);
  tls_step write(const void* from, std::size_t size, std::size_t& n);
  /// Bytes that are decrypted already and that no poll will announce.
  std::size_t pending() const;

  /// Why it has failed, for people: what is wrong with the peer's certificate, or what the peer
  /// says is wrong with ours.
  const std::string& failure() const { return failure_; }

 private:
  tls_step judge(int result);
  std::string describe() const;

  ssl_st* ssl_;
  std::string failure_;
};

/// Certificate, key and authority of this node, read once. Immutable, thread-safe.
class tls_context {
 public:
  /// Errors: invalid_config, naming the file and what is wrong with it: not readable, not PEM, an
  /// encrypted key, a key of another certificate, a certificate that is not of the authority or has
  /// expired.
  static result<std::shared_ptr<const tls_context>> load(const tls_files& files);
  explicit tls_context(ssl_ctx_st* owned) : context_(owned) {}
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  std::unique_ptr<tls_session> session(int socket, bool server) const;

 private:
  ssl_ctx_st* context_;
};

}  // namespace troupe
