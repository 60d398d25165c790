// API v2: topics, partitions, offsets, brokers.
#include "http/ask.hpp"
#include "http/check_body.hpp"
#include "http/parse_query.hpp"
#include "http/parse_topic.hpp"
#include "http/record_format.hpp"
#include "http/v2.hpp"

#include <algorithm>

namespace troupe::http {

namespace {

/// Appends `items` separated by commas in brackets, each by `append`.
template <class Items, class Append>
void append_array(std::string& out, const Items& items, Append append) {
  out += '[';
  for (const auto& item : items) {
    if (out.back() != '[')
      out += ',';
    append(item);
  }
  out += ']';
}

void append_partition(std::string& out, const partition_metadata& x) {
  out += "{\"partition\":";
  append_json_number(out, value_of(x.id));
  out += ",\"leader\":";
  append_json_number(out, value_of(x.leader));
  out += ",\"replicas\":";
  append_array(out, x.replicas, [&](node_id node) {
    bool in_sync = std::find(x.isr.begin(), x.isr.end(), node) != x.isr.end();
    out += "{\"broker\":";
    append_json_number(out, value_of(node));
    out += node == x.leader ? ",\"leader\":true" : ",\"leader\":false";
    out += in_sync ? ",\"in_sync\":true}" : ",\"in_sync\":false}";
  });
  out += '}';
}

void append_partitions(std::string& out, const topic_metadata& topic) {
  append_array(out, topic.partitions,
               [&](const partition_metadata& x) { append_partition(out, x); });
}

void append_configs(std::string& out, const topic_config& config) {
  out += '{';
  for (const auto& row : topic_config_table()) {
    if (out.back() != '{')
      out += ',';
    append_json_string(out, row.name);
    out += ':';
    append_json_string(out, config.value_of(row.name));
  }
  out += '}';
}

}  // namespace

task<response> v2_list_topics(exchange& ex) {
  if (auto known = check_query(ex.req.query, {}); !known)
    co_return response::failure(known.error());
  std::vector<std::string_view> names;
  auto image = ex.broker().metadata();
  for (const auto& [name, topic] : image->topics)
    if (!topic->internal)
      names.push_back(name);
  std::string out;
  append_array(out, names, [&](std::string_view name) { append_json_string(out, name); });
  co_return v2_answer(std::move(out));
}

task<response> v2_get_topic(exchange& ex) {
  if (auto known = check_query(ex.req.query, {}); !known)
    co_return response::failure(known.error());
  auto topic = find_topic(ex);
  if (!topic)
    co_return response::failure(topic.error());
  std::string out = "{\"name\":";
  append_json_string(out, (*topic)->name);
  out += ",\"configs\":";
  append_configs(out, (*topic)->config);
  out += ",\"partitions\":";
  append_partitions(out, **topic);
  out += '}';
  co_return v2_answer(std::move(out));
}

task<response> v2_create_topic(exchange& ex) {
  if (auto known = check_query(ex.req.query, {}); !known)
    co_return response::failure(known.error());
  if (auto json = check_json_body(ex.req); !json)
    co_return response::failure(json.error());
  auto what = parse_create_topic(ex.req.body);
  if (!what)
    co_return response::failure(what.error());
  auto answer = co_await ask(&broker_client::create_topic, ex.broker(), std::move(*what));
  if (!answer.result.ok())
    co_return response::failure({answer.result.code, answer.result.message});
  // The bridge whose route this is answers without a body.
  co_return response{201, {}, {}, {}, {}};
}

task<response> v2_list_partitions(exchange& ex) {
  if (auto known = check_query(ex.req.query, {}); !known)
    co_return response::failure(known.error());
  auto topic = find_topic(ex);
  if (!topic)
    co_return response::failure(topic.error());
  std::string out;
  append_partitions(out, **topic);
  co_return v2_answer(std::move(out));
}

task<response> v2_get_partition(exchange& ex) {
  if (auto known = check_query(ex.req.query, {}); !known)
    co_return response::failure(known.error());
  auto target = find_partition(ex);
  if (!target)
    co_return response::failure(target.error());
  std::string out;
  append_partition(out, *target->partition);
  co_return v2_answer(std::move(out));
}

task<response> v2_get_offsets(exchange& ex) {
  if (auto known = check_query(ex.req.query, {}); !known)
    co_return response::failure(known.error());
  auto target = find_partition(ex);
  if (!target)
    co_return response::failure(target.error());
  list_offsets_request begin{target->id(), earliest_timestamp};
  auto first = co_await ask(&broker_client::list_offsets, ex.broker(), std::move(begin));
  if (!first.result.ok())
    co_return response::failure({first.result.code, first.result.message});
  list_offsets_request end{target->id(), latest_timestamp};
  auto last = co_await ask(&broker_client::list_offsets, ex.broker(), std::move(end));
  if (!last.result.ok())
    co_return response::failure({last.result.code, last.result.message});
  std::string out = "{\"beginning_offset\":";
  append_json_number(out, first.offset);
  out += ",\"end_offset\":";
  append_json_number(out, last.offset);
  out += '}';
  co_return v2_answer(std::move(out));
}

task<response> v2_list_brokers(exchange& ex) {
  if (auto known = check_query(ex.req.query, {}); !known)
    co_return response::failure(known.error());
  std::string out = "{\"brokers\":";
  append_array(out, ex.broker().metadata()->brokers,
               [&](const broker_metadata& x) { append_json_number(out, value_of(x.id)); });
  out += '}';
  co_return v2_answer(std::move(out));
}

}  // namespace troupe::http
