#include "actors/tls.hpp"

#include <fmt/format.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace troupe {

namespace {

// OpenSSL's own socket BIO writes in a way that can raise SIGPIPE.

int socket_of(BIO* x) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(x))); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int read_socket(BIO* x, char* into, int size) {
  BIO_clear_retry_flags(x);
  auto n = recv(socket_of(x), into, static_cast<std::size_t>(size), 0);
  if (n < 0 && would_block())
    BIO_set_retry_read(x);
  return static_cast<int>(n);
}

int write_socket(BIO* x, const char* from, int size) {
  BIO_clear_retry_flags(x);
  auto n = send(socket_of(x), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (n < 0 && would_block())
    BIO_set_retry_write(x);
  return static_cast<int>(n);
}

long control_socket(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_methods() {
  static const auto* methods = [] {
    auto* x = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_read(x, read_socket);
    BIO_meth_set_write(x, write_socket);
    BIO_meth_set_ctrl(x, control_socket);
    return x;
  }();
  return methods;
}

int no_passphrase(char*, int, int, void*) { return -1; }

std::string last_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "it cannot be read" : reason;
}

error bad_file(std::string_view setting, const std::string& path, const std::string& why) {
  return error{errc::invalid_config, fmt::format("{} '{}': {}.", setting, path, why)};
}

/// Would a peer with the same authority take the certificate of `context`?
std::string check_own(SSL_CTX* context) {
  std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check{X509_STORE_CTX_new(),
                                                                        X509_STORE_CTX_free};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  if (X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context),
                          SSL_CTX_get0_certificate(context), chain) != 1)
    return "it cannot be checked";
  if (X509_verify_cert(check.get()) == 1)
    return {};
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

}  // namespace

tls_session::tls_session(ssl_ctx_st* from, int socket, bool server) : ssl_(SSL_new(from)) {
  auto* x = BIO_new(socket_methods());
  BIO_set_data(x, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(x, 1);
  SSL_set_bio(ssl_, x, x);
  if (server)
    SSL_set_accept_state(ssl_);
  else
    SSL_set_connect_state(ssl_);
}

tls_session::~tls_session() { SSL_free(ssl_); }

tls_step tls_session::handshake() {
  // Errors of another connection that nobody has looked at would be taken for ours.
  ERR_clear_error();
  return judge(SSL_do_handshake(ssl_));
}

tls_step tls_session::read(void* into, std::size_t size, std::size_t& n) {
  ERR_clear_error();
  return judge(SSL_read_ex(ssl_, into, size, &n));
}

tls_step tls_session::write(const void* from, std::size_t size, std::size_t& n) {
  ERR_clear_error();
  return judge(SSL_write_ex(ssl_, from, size, &n));
}

std::size_t tls_session::pending() const {
  return static_cast<std::size_t>(std::max(0, SSL_pending(ssl_)));
}

tls_step tls_session::judge(int result) {
  if (result == 1)
    return tls_step::done;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return tls_step::want_read;
    case SSL_ERROR_WANT_WRITE: return tls_step::want_write;
    case SSL_ERROR_SSL: failure_ = describe(); break;
    default: break;  // the connection has ended, which is no failure of TLS
  }
  return tls_step::failed;
}

std::string tls_session::describe() const {
  auto code = ERR_peek_last_error();
  if (auto verdict = SSL_get_verify_result(ssl_); verdict != X509_V_OK)
    return fmt::format("the certificate of the peer is not trusted: {}",
                       X509_verify_cert_error_string(verdict));
  if (ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return "the peer has shown no certificate";
  const char* reason = ERR_reason_error_string(code);
  if (ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET)
    return fmt::format("the peer does not take our certificate: {}",
                       reason == nullptr ? "no reason" : reason);
  return fmt::format("the peer does not speak TLS as expected: {}",
                     reason == nullptr ? "no reason" : reason);
}

tls_context::~tls_context() { SSL_CTX_free(context_); }

std::unique_ptr<tls_session> tls_context::session(int socket, bool server) const {
  return std::make_unique<tls_session>(context_, socket, server);
}

result<std::shared_ptr<const tls_context>> tls_context::load(const tls_files& files) {
  ERR_clear_error();
  auto* context = SSL_CTX_new(TLS_method());
  auto made = std::make_shared<const tls_context>(context);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_load_verify_locations(context, files.authority.c_str(), nullptr) != 1)
    return bad_file("cluster-tls-ca", files.authority, last_reason());
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return bad_file("cluster-tls-certificate", files.certificate, last_reason());
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1)
    return bad_file("cluster-tls-key", files.key, last_reason());
  if (auto why = check_own(context); !why.empty())
    return bad_file("cluster-tls-certificate", files.certificate, why);
  return made;
}

}  // namespace troupe
