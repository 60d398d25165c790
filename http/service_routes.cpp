// What the gateway says of itself: health, metrics, the descriptions of its API.
#include "http/documents.hpp"
#include "http/exchange.hpp"
#include "http/gateway_metrics.hpp"
#include "http/record_format.hpp"

namespace troupe::http {

namespace {

task<response> get_health(exchange& x) {
  auto status = x.broker().status();
  if (!status.failed)
    co_return response::json(R"({"status":"ok"})");
  std::string body = R"({"status":"failed","reason":)";
  append_json_string(body, status.reason);
  body += '}';
  co_return response::json(std::move(body), 503);
}

task<response> get_readiness(exchange& x) {
  auto status = x.broker().status();
  if (status.ready)
    co_return response::json(R"({"ready":true})");
  std::string body = R"({"ready":false,"reason":)";
  append_json_string(body, status.reason);
  body += '}';
  auto answer = response::json(std::move(body), 503);
  answer.headers.emplace_back("Retry-After", "1");
  co_return answer;
}

task<response> get_metrics(exchange& x) {
  response answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = x.metrics().text(x.broker());
  co_return answer;
}

task<response> get_document(exchange& x) {
  auto text = find_document(x.req.path.substr(1));
  if (!text)
    co_return response::failure(error{errc::not_found, "This build has no such document."});
  co_return response::json(std::string{*text});
}

constexpr route routes[] = {
    {verb::get, "/healthz", get_health},         {verb::get, "/readyz", get_readiness},
    {verb::get, "/metrics", get_metrics},        {verb::get, "/openapi.json", get_document},
    {verb::get, "/asyncapi.json", get_document},
};

}  // namespace

std::span<const route> service_routes() { return routes; }

}  // namespace troupe::http
