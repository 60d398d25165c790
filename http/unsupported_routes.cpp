// Parts of the known APIs that this version does not have. They are named here so that a client
// learns that, and what to use instead, where a bare 404 would look like a typing error.
#include "http/exchange.hpp"

namespace troupe::http {

namespace {

task<response> no_groups(exchange&) {
  co_return response::failure(
      error{errc::not_implemented,
            "Consumer groups are not supported by this version. Read a partition with "
            "GET /topics/{topic}/partitions/{partition}/records?offset=..., or subscribe to "
            "/ws/topics/{topic}."});
}

task<response> no_transactions(exchange&) {
  co_return response::failure(
      error{errc::not_implemented,
            "Transactions are not supported by this version. Each record of a request is reported "
            "by itself."});
}

task<response> no_acls(exchange&) {
  co_return response::failure(
      error{errc::not_implemented,
            "Access control is not supported by this version: everybody may do everything."});
}

#define INSTANCE "/consumers/{group}/instances/{instance}"
#define ACLS "/v3/clusters/{cluster_id}/acls"
#define GROUPS "/v3/clusters/{cluster_id}/consumer-groups"
#define GROUP GROUPS "/{consumer_group_id}"
#define CONSUMER GROUP "/consumers/{consumer_id}"

constexpr route routes[] = {
    {verb::post, "/consumers/{group}", no_groups},
    {verb::delete_, INSTANCE, no_groups},
    {verb::get, INSTANCE "/subscription", no_groups},
    {verb::post, INSTANCE "/subscription", no_groups},
    {verb::delete_, INSTANCE "/subscription", no_groups},
    {verb::get, INSTANCE "/assignments", no_groups},
    {verb::post, INSTANCE "/assignments", no_groups},
    {verb::get, INSTANCE "/records", no_groups},
    {verb::get, INSTANCE "/offsets", no_groups},
    {verb::post, INSTANCE "/offsets", no_groups},
    {verb::post, INSTANCE "/positions", no_groups},
    {verb::post, INSTANCE "/positions/beginning", no_groups},
    {verb::post, INSTANCE "/positions/end", no_groups},
    {verb::get, GROUPS, no_groups},
    {verb::get, GROUP, no_groups},
    {verb::delete_, GROUP, no_groups},
    {verb::get, GROUP "/consumers", no_groups},
    {verb::get, CONSUMER, no_groups},
    {verb::get, CONSUMER "/assignments", no_groups},
    {verb::get, CONSUMER "/assignments/{topic_name}/partitions/{partition_id}", no_groups},
    {verb::get, GROUP "/lag-summary", no_groups},
    {verb::get, GROUP "/lags", no_groups},
    {verb::get, GROUP "/lags/{topic_name}/partitions/{partition_id}", no_groups},
    {verb::get, "/ws/consumers/{group}", no_groups},
    {verb::get, ACLS, no_acls},
    {verb::post, ACLS, no_acls},
    {verb::delete_, ACLS, no_acls},
    {verb::post, ACLS ":batch", no_acls},
    {verb::post, "/transactions", no_transactions},
    {verb::get, "/v3/clusters/{cluster_id}/transactions", no_transactions},
    {verb::post, "/v3/clusters/{cluster_id}/transactions", no_transactions},
};

#undef INSTANCE
#undef ACLS
#undef GROUPS
#undef GROUP
#undef CONSUMER

}  // namespace

std::span<const route> unsupported_routes() { return routes; }

}  // namespace troupe::http
