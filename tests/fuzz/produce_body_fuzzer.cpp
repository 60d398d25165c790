// A produce body of any bytes: the parser must stay within it, and what it takes must come out of a
// batch in the same format as it went in. The first byte chooses format and route.
#include "http/parse_produce.hpp"
#include "runtime/base/assert.hpp"

#include <algorithm>

namespace troupe::http {
namespace {

bool same(const incoming_record& a, const incoming_record& b) {
  return a.data.key == b.data.key && a.data.value == b.data.value &&
         a.data.timestamp == b.data.timestamp && std::ranges::equal(a.data.headers, b.data.headers);
}

/// The record as a consumer gets it, less the offset, which a producer does not send.
std::string shown(const record_writer& writer, const record_view& record) {
  std::string out;
  auto done = writer.append(out, record);
  troupe_assert(done.has_value(), "{}", done.error().message);
  std::string offset = fmt::format(",\"partition\":0,\"offset\":{}", record.offset);
  // From the back: a value may hold the same words, and stands before them.
  out.erase(out.rfind(offset + ",\"timestamp\":"), offset.size());
  return out;
}

void check_round_trip(const produce_body& first, embedded_format format) {
  batch_builder builder;
  for (const auto& record : first.records)
    builder.add(record.data);
  bytes batch = builder.finish();
  record_shape shape;
  shape.format = format;
  shape.topic = false;
  record_writer writer{{"t", partition_id{0}}, shape};
  auto reader = record_reader::open(batch);
  troupe_assert(reader.has_value(), "{}", reader.error().message);
  std::string text;
  record_view record;
  while (*reader->next(record))
    text += (text.empty() ? "[" : ",") + shown(writer, record);
  text += ']';
  auto again = parse_produce_records(text, format, true);
  troupe_assert(again.has_value(), "{}: {}", again.error().message, text);
  troupe_assert(std::ranges::equal(first.records, again->records, same), "{}", text);
}

}  // namespace
}  // namespace troupe::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe::http;
  if (size == 0)
    return 0;
  auto format = static_cast<embedded_format>(data[0] % 3);
  bool allow_partition = (data[0] & 0x80) == 0;
  // A heap block of the exact size, so that a read behind it is seen.
  const std::vector<char> body(data + 1, data + size);
  auto got = parse_produce_body({body.data(), body.size()}, format, allow_partition);
  if (!got) {
    // The message goes into an answer: it must be text whatever the body was.
    troupe_assert(is_valid_utf8(got.error().message), "{}", got.error().message);
    return 0;
  }
  bool whole =
      std::ranges::none_of(got->records, [](const auto& x) { return x.rejected.has_value(); });
  if (whole)
    check_round_trip(*got, format);
  return 0;
}
