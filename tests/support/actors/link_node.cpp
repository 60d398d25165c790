#include "tests/support/actors/link_node.hpp"

#include "actors/loop_scheduler.hpp"
#include "actors/send_to_peer.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <caf/all.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

namespace troupe::testing {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class link_system_config : public caf::actor_system_config {
 public:
  explicit link_system_config(loop_pool& loops) {
    add_message_types<caf::id_block::troupe>();
    loop_scheduler::load(*this, loops);
    cluster_links::prepare(*this);
  }
};

/// Answers produce with the size of the batch as offset.
partition_actor::behavior_type echo_partition(partition_actor::pointer self,
                                              std::shared_ptr<std::atomic<int>> served,
                                              std::shared_ptr<std::atomic<bool>> stalled) {
  (void)self;
  return {
      [=](produce_request& x) -> caf::result<produce_response> {
        ++*served;
        if (stalled->load())
          return self->make_response_promise<produce_response>();
        produce_response answer;
        answer.base_offset = static_cast<offset_t>(x.batch.size());
        return answer;
      },
      [](const fetch_request&) { return fetch_response{}; },
      [](const list_offsets_request&) { return list_offsets_response{}; },
      [](const delete_records_request&) { return delete_records_response{}; },
      [](fetch_tick) {},
      [](const partition_settings&) {},
      [](retention_tick) {},
      [](const close_partition&) { return partition_closed{}; },
  };
}

peer_observer::behavior_type observe(peer_observer::pointer, std::shared_ptr<peer_log> log) {
  return {[log](const peer_event& x) { log->add(x); }};
}

}  // namespace

void peer_log::add(peer_event x) {
  std::lock_guard guard{mutex_};
  entries_.push_back({std::move(x), std::chrono::steady_clock::now()});
}

std::vector<peer_log::entry> peer_log::all() const {
  std::lock_guard guard{mutex_};
  return entries_;
}

std::optional<peer_log::entry> peer_log::last(peer_event::kind what) const {
  std::lock_guard guard{mutex_};
  for (auto i = entries_.rbegin(); i != entries_.rend(); ++i)
    if (i->what.what == what)
      return *i;
  return std::nullopt;
}

bool peer_log::has(peer_event::kind what) const { return last(what).has_value(); }

std::size_t peer_log::count(peer_event::kind what) const {
  std::lock_guard guard{mutex_};
  return static_cast<std::size_t>(
      std::ranges::count(entries_, what, [](const entry& x) { return x.what.what; }));
}

link_node::link_node(link_node_options use) : log_(std::make_shared<peer_log>()) {
  loops_.start();
  config_ = std::make_unique<link_system_config>(loops_);
  system_ = std::make_unique<caf::actor_system>(*config_);
  state_ = std::make_shared<node_state>(node_id{use.id}, "data", files_, system_clock());
  auto partition = system_->spawn(echo_partition, served_, stalled_);
  auto observer = system_->spawn(observe, log_);
  actors_ = {caf::actor_cast<caf::strong_actor_ptr>(partition),
             caf::actor_cast<caf::strong_actor_ptr>(observer)};
  auto view = std::make_shared<node_view>();
  view->image = std::make_shared<const metadata_image>();
  view->topics["t"] =
      std::make_shared<const std::vector<partition_ref>>(1, partition_ref{partition, nullptr});
  state_->publish(view);
  port_ = std::make_unique<request_port>(*system_, loops_.at(0), state_->time);

  cluster_options options;
  auto random = rng::from_system();
  options.self = {node_id{use.id}, random.next(), use.cluster_id, use.version, use.version};
  options.listen = {"127.0.0.1", use.port};
  for (auto& [id, where] : use.peers)
    options.peers[node_id{id}] = {"127.0.0.1", where};
  options.tls = use.tls;
  options.timing = use.timing;
  options.node = state_;
  options.observers = {observer};
  options.seed = random.next();
  options.stranger_timeout = use.stranger_timeout;
  auto started = cluster_links::start(*system_, loops_.context(0), std::move(options));
  caf::logger::set_current_actor_system(nullptr);
  if (!started)
    throw std::runtime_error{to_string(started.error())};
  links_ = std::move(*started);
}

link_node::~link_node() {
  if (links_ != nullptr)
    links_->stop();
  std::promise<void> closed;
  asio::post(context(), [&] {
    port_->close();
    caf::logger::set_current_actor_system(nullptr);
    closed.set_value();
  });
  closed.get_future().wait();
  for (auto& each : actors_)
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  actors_.clear();
  state_->forget_actors();
  links_.reset();
  caf::logger::set_current_actor_system(nullptr);
  system_.reset();
  loops_.stop();
}

peer_ref link_node::peer(int id) const {
  auto view = links_->peers()->view();
  const auto* found = view->find(node_id{id});
  return found == nullptr ? peer_ref{} : *found;
}

std::future<produce_response> link_node::produce(int to, std::size_t size,
                                                 const std::string& topic) {
  auto promise = std::make_shared<std::promise<produce_response>>();
  auto future = promise->get_future();
  asio::post(context(), [this, to, size, topic, promise] {
    produce_request what{{topic, partition_id{0}}, bytes(size, 'x'), required_acks::all, 5'000};
    send_to_peer(*port_, peer(to), std::move(what), std::chrono::milliseconds{5'000},
                 callback<void(produce_response)>{
                     [promise](produce_response x) { promise->set_value(std::move(x)); }});
  });
  return future;
}

std::uint16_t free_port() {
  asio::io_context context;
  tcp::acceptor acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  return acceptor.local_endpoint().port();
}

// -- relay -----------------------------------------------------------------------

struct relay::pair : std::enable_shared_from_this<relay::pair> {
  pair(tcp::socket a, tcp::socket b, std::atomic<bool>& swallowing)
      : sockets{std::move(a), std::move(b)}, swallow(swallowing) {}

  void pump(std::size_t from) {
    sockets[from].async_read_some(
        asio::buffer(data[from]),
        [self = shared_from_this(), from](const boost::system::error_code& e, std::size_t n) {
          boost::system::error_code ignored;
          if (e) {
            if (!self->swallow)
              self->sockets[1 - from].close(ignored);
            return;
          }
          if (!self->swallow)
            asio::write(self->sockets[1 - from], asio::buffer(self->data[from], n), ignored);
          self->pump(from);
        });
  }

  tcp::socket sockets[2];
  std::array<char, 65'536> data[2];
  std::atomic<bool>& swallow;
};

class relay::worker {
 public:
  explicit worker(std::uint16_t to)
      : acceptor_(context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}), to_(to) {
    accept();
    thread_ = std::thread{[this] { context_.run(); }};
  }
  ~worker() {
    context_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::atomic<bool> swallow{false};

 private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& e, tcp::socket socket) {
      if (e)
        return;
      tcp::socket onward{context_};
      boost::system::error_code failed;
      onward.connect({asio::ip::address_v4::loopback(), to_}, failed);
      if (!failed) {
        auto both = std::make_shared<pair>(std::move(socket), std::move(onward), swallow);
        both->pump(0);
        both->pump(1);
      }
      accept();
    });
  }

  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::uint16_t to_;
  std::thread thread_;
};

relay::relay(std::uint16_t to) : worker_(std::make_unique<worker>(to)) { port_ = worker_->port(); }
relay::~relay() = default;
void relay::swallow() { worker_->swallow = true; }

// -- black hole ------------------------------------------------------------------

black_hole::black_hole() {
  auto listening = socket(AF_INET, SOCK_STREAM, 0);
  sockets_.push_back(listening);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (bind(listening, reinterpret_cast<sockaddr*>(&at), size) != 0 || listen(listening, 0) != 0)
    throw std::runtime_error{"black hole"};
  getsockname(listening, reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
  // Fills the backlog; what comes after gets no answer.
  for (int i = 0; i < 4; ++i) {
    auto filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(filler, reinterpret_cast<sockaddr*>(&at), size);
    sockets_.push_back(filler);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
}

black_hole::~black_hole() {
  for (auto each : sockets_)
    close(each);
}

}  // namespace troupe::testing
