#include "http/parse_v3_batch.hpp"

#include "http/json_reader.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace troupe::http {

namespace {

bool is_valid_id(std::string_view id) {
  return !id.empty() && id.size() <= 80 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
  });
}

/// The string at "id", wherever it stands in the entry; empty when there is none. What else is
/// wrong with the entry is for the parser of records to say.
std::string_view id_of(std::string_view entry) {
  std::string_view found;
  const char* const end = entry.data() + entry.size();
  const char* p = entry.data();
  // The entry is known to be JSON: every field is a string, a colon and a value.
  while (*p != '}') {
    p = skip_json_space(p + 1, end);
    if (*p == '}')
      break;
    const char* const name_end = scan_json_string(p, end).at;
    const std::string_view name{p + 1, static_cast<std::size_t>(name_end - p - 2)};
    const char* const value = skip_json_space(skip_json_space(name_end, end) + 1, end);
    p = scan_json_value(value, end).at;
    if (name == "id" && *value == '"')
      found = {value + 1, static_cast<std::size_t>(p - value - 2)};
    p = skip_json_space(p, end);
  }
  return found;
}

class batch_parser {
 public:
  explicit batch_parser(std::string_view body) : in_(body) {}

  result<v3_batch> parse() {
    constexpr auto fields = std::to_array<std::string_view>({"entries"});
    if (in_.enter_object())
      while (in_.next_field(fields) >= 0)
        read_entries();
    if (bad_)
      return *bad_;
    if (!in_.finish())
      return in_.failure();
    if (texts_.empty())
      return error{errc::batch_entries, "The batch has no entries."};
    for (auto text : texts_)
      parse_v3_record(text, out_.records, true);
    return std::move(out_);
  }

 private:
  void read_entries() {
    if (!in_.enter_array())
      return;
    while (!bad_ && in_.next_element()) {
      std::string_view text;
      if (in_.peek() != json_kind::object) {
        in_.enter_object();
        return;
      }
      if (in_.read_raw(text))
        add(text);
    }
  }

  void add(std::string_view entry) {
    const auto index = texts_.size();
    const auto id = id_of(entry);
    if (index == limits::batch_entries_max) {
      fail(fmt::format("A batch has at most {} entries.", limits::batch_entries_max));
    } else if (!is_valid_id(id)) {
      fail(fmt::format("entries[{}].id must be a string of 1 to 80 characters of [0-9a-zA-Z_-].",
                       index));
    } else if (!seen_.insert(id).second) {
      fail(fmt::format("entries[{}].id: '{}' is used twice.", index, id));
    } else {
      texts_.push_back(entry);
      out_.ids.push_back(id);
    }
  }

  void fail(std::string what) { bad_ = error{errc::batch_entries, std::move(what)}; }

  json_reader in_;
  v3_batch out_;
  std::vector<std::string_view> texts_;
  std::unordered_set<std::string_view> seen_;
  std::optional<error> bad_;
};

}  // namespace

result<v3_batch> parse_v3_batch(std::string_view body) {
  if (skip_json_space(body.data(), body.data() + body.size()) == body.data() + body.size())
    return error{errc::empty_body, "The request needs a body with \"entries\"."};
  return batch_parser{body}.parse();
}

}  // namespace troupe::http
