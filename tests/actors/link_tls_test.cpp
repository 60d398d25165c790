// TLS between nodes, with certificates that openssl makes for the test.
#include "actors/tls.hpp"
#include "tests/support/actors/link_node.hpp"
#include "tests/support/actors/live_node.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace troupe::testing {
namespace {

using namespace std::chrono_literals;

void run(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0)
    throw std::runtime_error{command};
}

/// An authority called `name` with the certificates it has signed, in files of a directory.
class authority {
 public:
  authority(std::string directory, std::string name)
      : directory_(std::move(directory)), name_(std::move(name)) {
    run(
        fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                    "-days 2 -subj /CN={1} -keyout {0}/{1}.key -out {0}/{1}.pem",
                    directory_, name_));
  }

  /// Valid for `days` from now on; a negative number has expired.
  tls_files sign(const std::string& who, int days = 1) {
    run(
        fmt::format("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                    "-subj /CN={1} -keyout {0}/{1}.key -out {0}/{1}.csr",
                    directory_, who));
    run(fmt::format(
        "openssl x509 -req -days {3} -in {0}/{1}.csr -CA {0}/{2}.pem -CAkey {0}/{2}.key "
        "-CAcreateserial -out {0}/{1}.pem",
        directory_, who, name_, days));
    return {path(who + ".pem"), path(who + ".key"), path(name_ + ".pem")};
  }

  std::string path(const std::string& file) const { return directory_ + "/" + file; }

 private:
  std::string directory_;
  std::string name_;
};

class link_tls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    char name[] = "/tmp/troupe-tls-XXXXXX";
    directory_ = mkdtemp(name);
    trusted_ = std::make_unique<authority>(directory_, "trusted");
    foreign_ = std::make_unique<authority>(directory_, "foreign");
    one_ = trusted_->sign("one");
    two_ = trusted_->sign("two");
    expired_ = trusted_->sign("expired", -1);
    stranger_ = foreign_->sign("stranger");
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

  static link_node_options node_with(int id, std::optional<tls_files> tls,
                                     std::map<int, std::uint16_t> peers = {}) {
    link_node_options use;
    use.id = id;
    use.tls = std::move(tls);
    use.peers = std::move(peers);
    use.timing.courtesy = 50ms;
    use.timing.refused_retry = 100ms;
    use.stranger_timeout = 500ms;
    return use;
  }

  static errc refusal_at_start(const tls_files& files) {
    auto loaded = tls_context::load(files);
    return loaded ? errc::none : loaded.error().code;
  }

  /// What openssl's own client sees when it comes with `arguments`; nothing when it got in.
  static void knock(const link_node& at, const std::string& arguments) {
    auto command = fmt::format(
        "timeout 3 openssl s_client -connect 127.0.0.1:{} {} </dev/null "
        ">/dev/null 2>&1",
        at.port(), arguments);
    (void)!std::system(command.c_str());
  }

  static inline std::string directory_;
  static inline std::unique_ptr<authority> trusted_, foreign_;
  static inline tls_files one_, two_, expired_, stranger_;
};

TEST_F(link_tls, NodesOfOneAuthorityTalk) {
  link_node one{node_with(1, one_)};
  link_node two{node_with(2, two_, {{1, one.port()}})};
  ASSERT_TRUE(eventually([&] { return one.is_up(2) && two.is_up(1); }));
  EXPECT_EQ(two.produce(1, 100).get().base_offset, 100);
  EXPECT_EQ(one.produce(2, 5 << 20).get().base_offset, 5 << 20);
  std::vector<std::future<produce_response>> many;
  for (int i = 0; i < 500; ++i)
    many.push_back((i % 2 ? one : two).produce(i % 2 ? 2 : 1, 10'000));
  for (auto& each : many)
    ASSERT_EQ(each.get().base_offset, 10'000);
}

TEST_F(link_tls, CertificateOfAnotherAuthorityIsRefused) {
  link_node one{node_with(1, one_)};
  // It trusts the cluster's authority, so it is the other side that refuses.
  auto files = stranger_;
  link_node two{node_with(2, files, {{1, one.port()}})};
  ASSERT_TRUE(eventually([&] { return two.events().has(peer_event::kind::refused); }));
  EXPECT_EQ(two.why(1), errc::authentication_failed);
  EXPECT_NE(two.peer(1).why.message.find("not trusted"), std::string::npos)
      << two.peer(1).why.message;
  EXPECT_TRUE(eventually([&] { return one.links().turned_away() > 0; }));
  EXPECT_FALSE(one.is_up(2));
}

TEST_F(link_tls, ClientsWithoutAGoodCertificateDoNotGetIn) {
  link_node one{node_with(1, one_)};
  knock(one, "");
  ASSERT_TRUE(eventually([&] { return one.links().turned_away() == 1; }));
  EXPECT_NE(one.links().last_reason().find("the peer has shown no certificate"), std::string::npos)
      << one.links().last_reason();
  knock(one, fmt::format("-cert {} -key {}", stranger_.certificate, stranger_.key));
  ASSERT_TRUE(eventually([&] { return one.links().turned_away() == 2; }));
  EXPECT_NE(one.links().last_reason().find("not trusted"), std::string::npos)
      << one.links().last_reason();
  knock(one, fmt::format("-cert {} -key {}", expired_.certificate, expired_.key));
  ASSERT_TRUE(eventually([&] { return one.links().turned_away() == 3; }));
  EXPECT_NE(one.links().last_reason().find("expired"), std::string::npos)
      << one.links().last_reason();
  knock(one, fmt::format("-tls1_1 -cert {} -key {}", two_.certificate, two_.key));
  ASSERT_TRUE(eventually([&] { return one.links().turned_away() == 4; }));
}

TEST_F(link_tls, PlainNodeAndTlsNodeDoNotMeet) {
  link_node one{node_with(1, one_)};
  auto use = node_with(2, std::nullopt, {{1, one.port()}});
  use.timing.connect_timeout = 300ms;
  link_node two{use};
  EXPECT_TRUE(eventually([&] { return one.links().turned_away() > 0; }));
  EXPECT_FALSE(two.is_up(1));
}

TEST_F(link_tls, FilesAreCheckedAtStart) {
  EXPECT_EQ(refusal_at_start(one_), errc::none);
  EXPECT_EQ(refusal_at_start(expired_), errc::invalid_config);
  EXPECT_EQ(refusal_at_start({one_.certificate, two_.key, one_.authority}), errc::invalid_config);
  EXPECT_EQ(refusal_at_start({one_.certificate, one_.key, stranger_.authority}),
            errc::invalid_config);
  EXPECT_EQ(refusal_at_start({directory_ + "/none.pem", one_.key, one_.authority}),
            errc::invalid_config);
  EXPECT_EQ(refusal_at_start({one_.certificate, one_.key, one_.key}), errc::invalid_config);
  run(fmt::format("openssl ec -aes256 -passout pass:secret -in {} -out {}/locked.key", one_.key,
                  directory_));
  EXPECT_EQ(refusal_at_start({one_.certificate, directory_ + "/locked.key", one_.authority}),
            errc::invalid_config);
  auto why = tls_context::load({directory_ + "/none.pem", one_.key, one_.authority});
  EXPECT_EQ(why.error().message.substr(0, 24), "cluster-tls-certificate ");
}

}  // namespace
}  // namespace troupe::testing
