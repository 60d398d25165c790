#include "http/parse_v3_batch.hpp"

#include "http/parse_v3_reader.hpp"
#include "http/record_format.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace troupe::http {

namespace {

bool is_valid_id(std::string_view id) {
  return !id.empty() && id.size() <= 80 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_' || c == '-';
  });
}

result<std::string_view> id_of(std::string_view entry, std::size_t index) {
  if (!is_json_object(entry)) {
    return error{errc::invalid_payload, fmt::format("entries[{}] must be an object.", index)};
  }
  std::string_view id;
  json_object_reader fields{entry};
  while (fields.next())
    if (fields.name() == "id") id = fields.value();
  const bool is_string = !id.empty() && is_json_string(id);
  if (is_string) id = id.substr(1, id.size() - 2);
  if (!is_string || !is_valid_id(id)) {
    return error{errc::batch_entries,
                 fmt::format("entries[{}].id must be a string of 1 to 80 characters of "
                             "[0-9a-zA-Z_-].",
                             index)};
  }
  return id;
}

/// The array behind "entries", checked as JSON with the rest of the body.
result<std::string_view> entries_of(std::string_view body) {
  const char* const begin = skip_json_space(body.data(), body.data() + body.size());
  if (begin == body.data() + body.size())
    return error{errc::empty_body, "The request needs a body with \"entries\"."};
  std::string_view entries;
  std::optional<error> bad;
  auto say = [&bad](std::string what) {
    if (!bad) bad = error{errc::invalid_payload, std::move(what)};
  };
  json_object_reader fields{body};
  while (fields.next()) {
    if (fields.name() != "entries")
      say(fmt::format("Unknown field '{}'; known is entries.", fields.name()));
    else if (!entries.empty())
      say("entries appears twice.");
    else
      entries = fields.value();
  }
  if (auto fault = fields.fault()) return *fault;
  if (!is_valid_utf8(body)) return error{errc::invalid_json, "The body is not valid UTF-8."};
  if (entries.empty() || !is_json_array(entries)) say("entries must be an array.");
  if (bad) return *bad;
  return entries;
}

}  // namespace

result<v3_batch> parse_v3_batch(std::string_view body) {
  auto entries = entries_of(body);
  if (!entries) return entries.error();
  v3_batch out;
  std::vector<std::string_view> texts;
  std::unordered_set<std::string_view> seen;
  json_array_reader items{*entries};
  while (items.next()) {
    if (out.ids.size() == limits::batch_entries_max) {
      return error{errc::batch_entries, fmt::format("A batch has at most {} entries.",
                                                    limits::batch_entries_max)};
    }
    auto id = id_of(items.value(), out.ids.size());
    if (!id) return id.error();
    if (!seen.insert(*id).second) {
      return error{errc::batch_entries,
                   fmt::format("entries[{}].id: '{}' is used twice.", out.ids.size(), *id)};
    }
    out.ids.push_back(*id);
    texts.push_back(items.value());
  }
  if (texts.empty()) return error{errc::batch_entries, "The batch has no entries."};
  for (auto text : texts) parse_v3_record(text, out.records, true);
  return out;
}

}  // namespace troupe::http
