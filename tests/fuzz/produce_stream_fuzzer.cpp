// A stream of v3 records of any bytes, cut into parts anywhere: the parts must not change what
// comes out, and every object found must end as one record, accepted or rejected with a message
// that is text. The first byte says how large the parts are.
#include "http/parse_v3_batch.hpp"
#include "http/parse_v3_splitter.hpp"
#include "http/record_format.hpp"
#include "runtime/base/assert.hpp"

#include <cstring>
#include <memory>

namespace troupe::http {
namespace {

constexpr std::size_t object_bytes_max = 4096;

struct found_piece {
  std::string text;
  std::uint64_t position = 0;
  std::optional<error> bad;

  bool operator==(const found_piece&) const = default;
};

std::vector<found_piece> split(std::string_view all, std::size_t part) {
  json_splitter splitter{object_bytes_max};
  std::vector<found_piece> out;
  for (std::size_t i = 0; i < all.size(); i += part) {
    const auto found = splitter.feed(all.substr(i, part));
    troupe_assert(splitter.pending_bytes() <= object_bytes_max, "{}", splitter.pending_bytes());
    for (const auto& piece : found.pieces)
      out.push_back(
          {piece.bad ? "" : std::string{found.text_of(piece)}, piece.position, piece.bad});
  }
  if (auto end = splitter.finish())
    out.push_back({"", all.size(), std::move(end)});
  return out;
}

void check_error(const error& why) {
  troupe_assert(is_valid_utf8(why.message), "{}", why.message);
  troupe_assert(why.code != errc::none && !why.message.empty());
}

void check_record(const std::string& text) {
  // A heap block of the exact size, so that a read behind it is seen.
  const auto exact = std::make_unique<char[]>(text.size());
  std::memcpy(exact.get(), text.data(), text.size());
  v3_records into;
  parse_v3_record({exact.get(), text.size()}, into);
  troupe_assert(into.records.size() == 1 && into.types.size() == 1);
  const auto& record = into.records[0];
  if (record.rejected)
    return check_error(*record.rejected);
  troupe_assert(is_valid_json(text));
  troupe_assert(!record.has_timestamp || record.data.timestamp >= 0);
  if (into.types[0].value == v3_type::json && record.data.value)
    troupe_assert(is_valid_json(*record.data.value));
}

}  // namespace
}  // namespace troupe::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe::http;
  if (size == 0)
    return 0;
  const std::string_view all{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto pieces = split(all, std::max<std::size_t>(all.size(), 1));
  troupe_assert(pieces == split(all, data[0] % 61 + 1u));
  for (const auto& piece : pieces) {
    if (piece.bad)
      check_error(*piece.bad);
    else
      check_record(piece.text);
  }
  if (auto batch = parse_v3_batch(all); !batch)
    check_error(batch.error());
  else
    troupe_assert(batch->ids.size() == batch->records.records.size());
  return 0;
}
