// A connection's input of any bytes: the same requests must come out of it however it is cut into
// reads, because where a read ends is chance, or an attacker's choice. The first byte is the length
// of the reads.
#include "http/parse_request.hpp"
#include "runtime/base/assert.hpp"

#include <string>
#include <vector>

namespace troupe::http {
namespace {

constexpr std::size_t body_bytes_max = 4096;

/// What the connection has received and not used; the bytes at their exact size, so that a read
/// behind them is seen.
class arrivals {
 public:
  arrivals(std::string_view all, std::size_t step) : rest_(all), step_(step) {}

  std::string_view pending() const { return {pending_.data(), pending_.size()}; }
  void drop(std::size_t n) { pending_ = std::vector<char>(pending_.begin() + n, pending_.end()); }
  bool more() {
    auto next = rest_.substr(0, step_);
    rest_.remove_prefix(next.size());
    std::vector<char> joined;
    joined.reserve(pending_.size() + next.size());
    joined.insert(joined.end(), pending_.begin(), pending_.end());
    joined.insert(joined.end(), next.begin(), next.end());
    pending_ = std::move(joined);
    return !next.empty();
  }

 private:
  std::string_view rest_;
  std::size_t step_;
  std::vector<char> pending_;
};

/// Reads one head; empty when the input ends or is refused before.
std::vector<char> next_head(arrivals& in, bool& refused) {
  for (std::size_t seen = 0;;) {
    while (in.pending().starts_with("\r\n")) {
      in.drop(2);
      seen = 0;
    }
    if (auto end = find_head_end(in.pending(), seen); end != 0) {
      std::vector<char> head(in.pending().begin(), in.pending().begin() + end);
      in.drop(end);
      return head;
    }
    seen = in.pending().size();
    refused = !check_incomplete_head(in.pending());
    if (refused || !in.more())
      return {};
  }
}

/// False when the body is refused or does not come whole.
bool read_body(request_parser& parser, arrivals& in, std::string& body) {
  if (!parser.limit_body(body_bytes_max))
    return false;
  while (!parser.body_done()) {
    auto piece = parser.next_piece(in.pending());
    if (!piece)
      return false;
    body += piece->data;
    in.drop(piece->consumed);
    if (piece->consumed == 0 && !in.more())
      return false;
  }
  troupe_assert(body.size() <= body_bytes_max);
  return true;
}

/// All requests of the input, one line each, up to the first that is refused.
std::string requests_in(std::string_view input, std::size_t step) {
  arrivals in{input, step};
  std::string out;
  for (;;) {
    bool refused = false;
    auto head = next_head(in, refused);
    if (head.empty())
      return out + (refused ? "refused" : "end");
    request_parser parser;
    if (!parser.parse_head({head.data(), head.size()}))
      return out + "refused";
    const auto& what = parser.head();
    query_list query;
    auto question = std::min(what.target.find('?'), what.target.size() - 1);
    bool decoded = parse_query(what.target.substr(question + 1), query).has_value();
    std::string body;
    bool whole = read_body(parser, in, body);
    out += fmt::format("{} {} {} {} {} {}\n", static_cast<int>(what.method), what.target,
                       what.keep_alive, decoded, query.size(), whole ? body : "no body");
    if (!whole || !what.keep_alive)
      return out;
  }
}

}  // namespace
}  // namespace troupe::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto whole = troupe::http::requests_in(input, size);
  auto cut = troupe::http::requests_in(input, 1 + data[0] % 64);
  troupe_assert(whole == cut, "whole:\n{}\ncut:\n{}", whole, cut);
  return 0;
}
