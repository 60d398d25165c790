#include "http/parse_topic.hpp"

#include "http/json_reader.hpp"

#include <limits>

namespace troupe::http {

namespace {

constexpr auto fields =
    std::to_array<std::string_view>({"topic_name", "partitions_count", "replication_factor"});

template <class Number>
void read_count(json_reader& in, Number& into) {
  std::int64_t count = 0;
  if (!in.skip_null() && in.read_integer(count, 1, std::numeric_limits<Number>::max()))
    into = static_cast<Number>(count);
}

}  // namespace

result<create_topic_request> parse_create_topic(std::string_view body) {
  if (body.empty())
    return error{errc::empty_body, "The request needs a body with a topic."};
  json_reader in{body};
  create_topic_request out;
  bool named = false;
  if (in.enter_object())
    for (int field; (field = in.next_field(fields)) >= 0;)
      switch (field) {
        case 0: named = in.read_string(out.name); break;
        case 1: read_count(in, out.partitions); break;
        default: read_count(in, out.replication_factor); break;
      }
  if (!in.failed() && !named)
    in.fail("has no field 'topic_name'.");
  if (!in.finish())
    return in.failure();
  return out;
}

}  // namespace troupe::http
