#include "actors/dialer.hpp"

#include "actors/tls_handshake.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

namespace troupe {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

class dial_attempt : public std::enable_shared_from_this<dial_attempt> {
 public:
  dial_attempt(asio::io_context& on, dial_options use, std::function<void(dialled)> then)
      : use_(std::move(use)), then_(std::move(then)), resolver_(on), socket_(on), timer_(on) {}

  void begin() {
    timer_.expires_after(use_.timeout);
    timer_.async_wait([self = shared_from_this()](const error_code& e) {
      if (!e)
        self->end(probe_result::no_answer, "no answer in time");
    });
    error_code numeric;
    auto address = asio::ip::make_address(use_.to.host, numeric);
    if (!numeric)
      return connect(tcp::endpoint{address, use_.to.port});
    resolver_.async_resolve(use_.to.host, std::to_string(use_.to.port),
                            [self = shared_from_this()](const error_code& e, auto found) {
                              if (e || found.empty())
                                self->end(probe_result::no_answer, e.message());
                              else
                                self->connect(*found.begin());
                            });
  }

 private:
  void connect(const tcp::endpoint& to) {
    if (then_ == nullptr)
      return;
    socket_.async_connect(to, [self = shared_from_this()](const error_code& e) {
      if (e == asio::error::connection_refused)
        self->end(probe_result::refused, e.message());
      else if (e)
        self->end(probe_result::no_answer, e.message());
      else
        self->connected();
    });
  }

  void connected() {
    if (then_ == nullptr)
      return;
    socket_.set_option(tcp::no_delay{true});
    if (use_.knock || use_.tls == nullptr)
      return end(probe_result::connected, {});
    socket_.native_non_blocking(true);
    tls_ = use_.tls->session(socket_.native_handle(), false);
    continue_handshake(socket_, *tls_, shared_from_this(), [this](tls_step how) { shaken(how); });
  }

  void shaken(tls_step how) {
    if (how == tls_step::done)
      return end(probe_result::connected, {});
    if (tls_->failure().empty())
      return end(probe_result::no_answer, "the connection ended while TLS was agreed on");
    end(probe_result::not_trusted, tls_->failure());
  }

  void end(probe_result how, const std::string& why) {
    if (then_ == nullptr)
      return;
    timer_.cancel();
    resolver_.cancel();
    dialled answer{how, error{errc::none}, nullptr};
    if (how == probe_result::connected && !use_.knock)
      answer.connection = std::make_shared<wire>(socket_.release(), std::move(tls_));
    error_code ignored;
    socket_.close(ignored);
    if (how != probe_result::connected)
      answer.why = error{how == probe_result::not_trusted ? errc::authentication_failed
                                                          : errc::leader_not_available,
                         fmt::format("{}: {}", to_string(use_.to), why)};
    auto then = std::move(then_);
    then_ = nullptr;
    then(std::move(answer));
  }

  dial_options use_;
  std::function<void(dialled)> then_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::unique_ptr<tls_session> tls_;
};

}  // namespace

void dial(asio::io_context& on, dial_options use, std::function<void(dialled)> then) {
  auto attempt = std::make_shared<dial_attempt>(on, std::move(use), std::move(then));
  asio::post(on, [attempt] { attempt->begin(); });
}

}  // namespace troupe
