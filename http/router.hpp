// From method and path to a row of the routing table, segment by segment.
#pragma once

#include "http/exchange.hpp"

#include <array>
#include <memory>
#include <span>

namespace troupe::http {

/// Immutable once built; shared by all loops.
class router {
 public:
  static constexpr std::size_t params_max = 8;

  /// What a path leads to.
  struct match {
    const route* found = nullptr;  ///< null: no such path, or not this method (see `allow`)
    std::size_t index = 0;         ///< of the route, for metrics
    std::string allow;  ///< methods of the path, for 405 and OPTIONS; empty: no such path
  };

  /// REQUIRES no two rows for the same method and path, and the same parameter names in all rows of
  /// one path.
  explicit router(std::vector<route> rows);
  ~router();

  /// Fills `params` with the decoded parameters of the path. HEAD finds the route of GET. A slash
  /// at the end of the path is ignored. Errors: bad_request where percent_decode says so.
  result<match> find(verb method, std::string_view path,
                     std::vector<std::pair<std::string_view, std::string>>& params) const;

  std::span<const route> routes() const { return rows_; }

 private:
  struct node;
  struct walk {
    std::array<std::string_view, params_max> values;
    std::size_t count = 0;
  };

  void insert(std::size_t index);
  static const node* descend(const node& from, std::string_view path, walk& way);
  static std::string allowed(const node& at);

  std::vector<route> rows_;
  std::unique_ptr<node> root_;
};

}  // namespace troupe::http
