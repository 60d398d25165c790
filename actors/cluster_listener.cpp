#include "actors/cluster_listener.hpp"

#include "actors/tls_handshake.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_map>

namespace troupe {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

class listener final : public cluster_listener, public std::enable_shared_from_this<listener> {
 public:
  listener(asio::io_context& on, listener_options use)
      : context_(on), use_(std::move(use)), acceptor_(on), pause_(on) {}

  result<void> bind() {
    error_code e;
    tcp::resolver resolver{context_};
    auto found =
        resolver.resolve(use_.at.host, std::to_string(use_.at.port), tcp::resolver::passive, e);
    if (!e && !found.empty()) {
      tcp::endpoint at = *found.begin();
      acceptor_.open(at.protocol(), e);
      if (!e)
        acceptor_.set_option(tcp::acceptor::reuse_address{true}, e);
      if (!e)
        acceptor_.bind(at, e);
      if (!e)
        acceptor_.listen(asio::socket_base::max_listen_connections, e);
    }
    if (e)
      return error{errc::conflict, fmt::format("cannot listen for other nodes at {}: {}",
                                               to_string(use_.at), e.message())};
    port_ = acceptor_.local_endpoint().port();
    asio::post(context_, [self = shared_from_this()] { self->accept(); });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  std::shared_ptr<wire> find(const std::string& remote) override {
    std::lock_guard guard{mutex_};
    auto i = wires_.find(remote);
    auto found = i == wires_.end() ? nullptr : i->second.lock();
    return found != nullptr && !found->ended() ? found : nullptr;
  }

  void welcome(const std::shared_ptr<wire>& known) override {
    std::lock_guard guard{mutex_};
    std::erase_if(strangers_, [&](const auto& x) { return x.lock() == known; });
  }

  std::size_t strangers() const override {
    std::lock_guard guard{mutex_};
    return shaking_ + static_cast<std::size_t>(std::ranges::count_if(strangers_, still_open));
  }

  std::uint64_t turned_away() const override {
    std::lock_guard guard{mutex_};
    return turned_away_;
  }

  std::string last_reason() const override {
    std::lock_guard guard{mutex_};
    return last_reason_;
  }

  void stop() override {
    std::vector<std::weak_ptr<wire>> all;
    {
      std::lock_guard guard{mutex_};
      stopped_ = true;
      for (auto& [remote, each] : wires_)
        all.push_back(each);
    }
    for (auto& each : all)
      if (auto open = each.lock())
        open->cut();
    asio::post(context_, [self = shared_from_this()] {
      error_code ignored;
      self->acceptor_.close(ignored);
      self->pause_.cancel();
    });
  }

 private:
  /// A connection whose TLS is not agreed on yet.
  struct newcomer {
    newcomer(tcp::socket s) : socket(std::move(s)), timer(socket.get_executor()) {}
    tcp::socket socket;
    asio::steady_timer timer;
    std::unique_ptr<tls_session> tls;
    bool ended = false;
  };

  static bool still_open(const std::weak_ptr<wire>& x) {
    auto open = x.lock();
    return open != nullptr && !open->ended();
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& e, tcp::socket socket) {
      if (!self->acceptor_.is_open())
        return;
      if (e)
        return self->accept_later();
      self->take(std::move(socket));
      self->accept();
    });
  }

  /// No descriptors left, most likely.
  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds{100});
    pause_.async_wait([self = shared_from_this()](const error_code& e) {
      if (!e)
        self->accept();
    });
  }

  void take(tcp::socket socket) {
    if (strangers() >= use_.strangers_max)
      return turn_away("too many connections that have not said hello");
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    auto x = std::make_shared<newcomer>(std::move(socket));
    if (use_.tls == nullptr)
      return let_in(x);
    x->socket.native_non_blocking(true, ignored);
    x->tls = use_.tls->session(x->socket.native_handle(), true);
    {
      std::lock_guard guard{mutex_};
      ++shaking_;
    }
    x->timer.expires_after(use_.stranger_timeout);
    x->timer.async_wait([self = shared_from_this(), x](const error_code& e) {
      if (!e)
        self->shaken(x, "no TLS in time");
    });
    continue_handshake(x->socket, *x->tls, std::make_pair(shared_from_this(), x),
                       [this, x](tls_step how) {
                         shaken(x, how == tls_step::done ? std::string{} : reason_of(*x));
                       });
  }

  static std::string reason_of(const newcomer& x) {
    return x.tls->failure().empty() ? "the connection ended while TLS was agreed on"
                                    : x.tls->failure();
  }

  void shaken(const std::shared_ptr<newcomer>& x, const std::string& failure) {
    if (x->ended)
      return;
    x->ended = true;
    x->timer.cancel();
    {
      std::lock_guard guard{mutex_};
      --shaking_;
    }
    if (failure.empty())
      return let_in(x);
    error_code ignored;
    auto from = x->socket.remote_endpoint(ignored).address().to_string();
    x->socket.close(ignored);
    turn_away(fmt::format("{}: {}", from, failure));
  }

  void let_in(const std::shared_ptr<newcomer>& x) {
    auto connection = std::make_shared<wire>(x->socket.release(), std::move(x->tls));
    {
      std::lock_guard guard{mutex_};
      if (stopped_)
        return;
      std::erase_if(wires_, [](const auto& each) { return each.second.expired(); });
      std::erase_if(strangers_, [](const auto& each) { return each.expired(); });
      wires_[connection->remote()] = connection;
      strangers_.push_back(connection);
    }
    auto timer = std::make_shared<asio::steady_timer>(context_, use_.stranger_timeout);
    timer->async_wait(
        [self = shared_from_this(), timer, seen = std::weak_ptr{connection}](const error_code& e) {
          if (!e)
            self->end_stranger(seen);
        });
    use_.on_accepted(std::move(connection));
  }

  void end_stranger(const std::weak_ptr<wire>& seen) {
    auto connection = seen.lock();
    if (connection == nullptr)
      return;
    {
      std::lock_guard guard{mutex_};
      if (std::erase_if(strangers_, [&](const auto& x) { return x.lock() == connection; }) == 0)
        return;
    }
    if (connection->ended())
      return;
    connection->cut();
    turn_away(fmt::format("{}: no hello in time", connection->remote()));
  }

  void turn_away(std::string why) {
    spdlog::warn("a connection to the cluster port was turned away: {}", why);
    std::lock_guard guard{mutex_};
    ++turned_away_;
    last_reason_ = std::move(why);
  }

  asio::io_context& context_;
  const listener_options use_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::size_t shaking_ = 0;
  std::vector<std::weak_ptr<wire>> strangers_;
  std::unordered_map<std::string, std::weak_ptr<wire>> wires_;
  std::uint64_t turned_away_ = 0;
  std::string last_reason_;
};

}  // namespace

result<std::shared_ptr<cluster_listener>> cluster_listener::open(asio::io_context& on,
                                                                 listener_options use) {
  auto made = std::make_shared<listener>(on, std::move(use));
  if (auto bound = made->bind(); !bound)
    return bound.error();
  return std::shared_ptr<cluster_listener>{std::move(made)};
}

}  // namespace troupe
