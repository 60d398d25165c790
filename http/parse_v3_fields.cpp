#include "http/parse_v3_fields.hpp"

#include "http/parse_v3_reader.hpp"
#include "http/record_format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace troupe::http {

json_fields::json_fields(std::string_view object, std::string path) : path_(std::move(path)) {
  const char* const end = object.data() + object.size();
  const char* const begin = skip_json_space(object.data(), end);
  if (begin == end) return fail(error{errc::empty_body});
  json_object_reader reader{object};
  while (reader.next()) {
    const std::string name{reader.name()};
    if (std::any_of(fields_.begin(), fields_.end(), [&](auto& f) { return f.name == name; }))
      fail({errc::invalid_payload, fmt::format("{} appears twice.", path_of(name))});
    fields_.push_back({name, reader.value()});
  }
  auto fault = reader.fault();
  if (!fault && !is_valid_utf8(object)) fault = error{errc::invalid_json, "The body is not UTF-8."};
  if (fault && *begin != '{' && is_valid_json(object)) {
    fault = error{errc::invalid_payload,
                  fmt::format("{} must be an object.", path_.empty() ? "The body" : path_)};
  }
  if (fault) bad_ = std::move(fault);
}

std::string json_fields::path_of(std::string_view name) const {
  return path_.empty() ? std::string{name} : fmt::format("{}.{}", path_, name);
}

void json_fields::fail(error why) {
  if (!bad_) bad_ = std::move(why);
}

void json_fields::misshapen(std::string_view name, std::string_view expected) {
  fail({errc::invalid_payload, fmt::format("{} must be {}.", path_of(name), expected)});
}

std::string_view json_fields::take(std::string_view name) {
  asked_.emplace_back(name);
  for (auto& field : fields_) {
    if (field.name != name) continue;
    field.taken = true;
    return is_json_null(field.value) ? std::string_view{} : field.value;
  }
  return {};
}

char json_fields::kind(std::string_view name) const {
  for (auto& field : fields_)
    if (field.name == name) return is_json_null(field.value) ? '\0' : field.value.front();
  return '\0';
}

std::optional<std::string> json_fields::text(std::string_view name) {
  const auto value = take(name);
  if (value.empty()) return std::nullopt;
  auto out = is_json_string(value) ? unescape_json_string(value) : std::nullopt;
  if (!out) misshapen(name, "a string");
  return out;
}

std::optional<std::string> json_fields::text_or_scalar(std::string_view name) {
  const char first = kind(name);
  if (first == '"' || first == '\0') return text(name);
  const auto value = take(name);
  if (is_json_object(value) || is_json_array(value)) {
    misshapen(name, "a string");
    return std::nullopt;
  }
  return std::string{value};
}

std::optional<std::int64_t> json_fields::integer(std::string_view name, std::int64_t low,
                                                 std::int64_t high) {
  const auto value = take(name);
  if (value.empty()) return std::nullopt;
  const auto number = json_integer(value);
  if (number && *number >= low && *number <= high) return number;
  misshapen(name, fmt::format("a whole number from {} to {}", low, high));
  return std::nullopt;
}

bool json_fields::boolean(std::string_view name, bool otherwise) {
  const auto value = take(name);
  if (value.empty()) return otherwise;
  if (value != "true" && value != "false") misshapen(name, "true or false");
  return value == "true";
}

std::optional<std::vector<std::string_view>> json_fields::array(std::string_view name) {
  const auto value = take(name);
  if (value.empty()) return std::nullopt;
  std::vector<std::string_view> out;
  if (!is_json_array(value)) {
    misshapen(name, "an array");
    return std::nullopt;
  }
  json_array_reader items{value};
  while (items.next()) out.push_back(items.value());
  return out;
}

std::optional<std::vector<std::pair<std::string, std::string_view>>> json_fields::object(
    std::string_view name) {
  const auto value = take(name);
  if (value.empty()) return std::nullopt;
  if (!is_json_object(value)) {
    misshapen(name, "an object");
    return std::nullopt;
  }
  std::vector<std::pair<std::string, std::string_view>> out;
  json_object_reader fields{value};
  while (fields.next()) out.emplace_back(fields.name(), fields.value());
  return out;
}

void json_fields::require(std::string_view name) {
  if (kind(name) == '\0') fail({errc::invalid_payload, fmt::format("{} is missing.", path_of(name))});
}

result<void> json_fields::finish() {
  // An unknown field first: its misspelling is often why another one is missing.
  const auto unknown = std::find_if(fields_.begin(), fields_.end(), [](auto& f) { return !f.taken; });
  const bool readable = !bad_ || bad_->code == errc::invalid_payload;
  if (readable && unknown != fields_.end()) {
    std::sort(asked_.begin(), asked_.end());
    return error{errc::invalid_payload, fmt::format("Unknown field '{}'; known are {}.",
                                                    path_of(unknown->name),
                                                    fmt::join(asked_, ", "))};
  }
  if (bad_) return *bad_;
  return {};
}

}  // namespace troupe::http
