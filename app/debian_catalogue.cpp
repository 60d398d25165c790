#include "app/debian_catalogue.hpp"

#include "http/record_format.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>

namespace troupe::app {

namespace json = boost::json;

namespace {

/// Takes the next line, without its end, from the front of `text`.
std::string_view take_line(std::string_view& text) {
  auto end = std::min(text.find('\n'), text.size());
  auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

json::value field_value(std::string_view name, std::string_view text) {
  if (name == "Size" || name == "Installed-Size") {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size())
      return number;
  }
  return json::value(text);
}

/// One stanza being read.
struct stanza {
  json::object fields;
  std::string name;  // of the field that continuation lines belong to
  std::string text;
  std::string wrong;  // why it cannot be read; empty as long as it can
  std::uint64_t line = 0;

  bool empty() const { return fields.empty() && name.empty() && wrong.empty(); }

  void finish_field() {
    if (!name.empty())
      fields[name] = field_value(name, text);
    name.clear();
  }

  void take(std::string_view line_text, std::uint64_t number) {
    if (empty())
      line = number;
    if (!http::is_valid_utf8(line_text)) {
      wrong = fmt::format("line {}: not UTF-8", number);
    } else if (line_text.front() == ' ' || line_text.front() == '\t') {
      if (name.empty())
        wrong = fmt::format("line {}: continues no field", number);
      text += '\n';
      text += trim(line_text);
    } else {
      finish_field();
      auto colon = line_text.find(':');
      if (colon == line_text.npos || colon == 0) {
        wrong = fmt::format("line {}: not of the form 'Name: value'", number);
        return;
      }
      name = line_text.substr(0, colon);
      text = trim(line_text.substr(colon + 1));
    }
  }
};

void finish(stanza& from, catalogue& into) {
  if (from.empty())
    return;
  from.finish_field();
  auto* package = from.fields.if_contains("Package");
  bool named = package && package->is_string() && !package->as_string().empty();
  if (from.wrong.empty() && !named)
    from.wrong = fmt::format("line {}: the stanza has no Package field", from.line);
  if (from.wrong.empty()) {
    into.records.push_back({std::string(package->as_string()), json::serialize(from.fields)});
  } else if (into.skipped++ == 0) {
    into.first_skipped = from.wrong;
  }
  from = {};
}

}  // namespace

catalogue parse_catalogue(std::string_view text) {
  catalogue out;
  stanza current;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    auto line = take_line(text);
    if (trim(line).empty())
      finish(current, out);
    else
      current.take(line, number);
  }
  finish(current, out);
  return out;
}

}  // namespace troupe::app
