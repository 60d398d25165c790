#include "tests/support/http/json_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>

namespace troupe::testing {

namespace json = boost::json;

namespace {

bool has_type(std::string_view type, const json::value& value) {
  if (type == "object")
    return value.is_object();
  if (type == "array")
    return value.is_array();
  if (type == "string")
    return value.is_string();
  if (type == "integer")
    return value.is_int64() || value.is_uint64();
  if (type == "number")
    return value.is_number();
  if (type == "boolean")
    return value.is_bool();
  return type == "null" && value.is_null();
}

/// Those that say nothing about what is valid, or nothing we can check.
const std::set<std::string_view> annotations{"description", "default",         "examples",
                                             "format",      "contentEncoding", "title"};

}  // namespace

/// One value against one schema.
class json_schema::visit {
 public:
  visit(const json_schema& schemas, std::vector<std::string>& faults)
      : schemas_(schemas), faults_(faults) {}

  void check(const json::value& schema, const json::value& value, const std::string& path) {
    for (const auto& [keyword, rule] : schema.as_object())
      apply(keyword, rule, schema.as_object(), value, path);
  }

 private:
  void fault(const std::string& path, std::string what) {
    faults_.push_back(fmt::format("{}: {}", path.empty() ? "/" : path, what));
  }

  void apply(std::string_view keyword, const json::value& rule, const json::object& schema,
             const json::value& value, const std::string& path) {
    if (annotations.count(keyword) != 0)
      return;
    if (keyword == "$ref")
      return follow(rule, value, path);
    if (keyword == "type")
      return type(rule, value, path);
    if (keyword == "properties")
      return properties(rule.as_object(), value, path);
    if (keyword == "required")
      return required(rule.as_array(), value, path);
    if (keyword == "additionalProperties")
      return additional(rule, schema, value, path);
    if (keyword == "items")
      return items(rule, value, path);
    if (keyword == "oneOf")
      return one_of(rule.as_array(), value, path);
    if (keyword == "enum")
      return enumeration(rule.as_array(), value, path);
    if (keyword == "const")
      return expect(value == rule, path, "is not the constant");
    if (keyword == "pattern")
      return pattern(rule, value, path);
    if (!bounds(keyword, rule, value, path))
      fault(path, fmt::format("unknown keyword {}", keyword));
  }

  void expect(bool fine, const std::string& path, std::string_view what) {
    if (!fine)
      fault(path, std::string{what});
  }

  void follow(const json::value& rule, const json::value& value, const std::string& path) {
    const auto* target = schemas_.resolve(rule.as_string());
    if (target == nullptr)
      return fault(path, "a reference leads nowhere");
    check(*target, value, path);
  }

  void type(const json::value& rule, const json::value& value, const std::string& path) {
    bool fits = false;
    if (rule.is_string())
      fits = has_type(rule.as_string(), value);
    if (rule.is_array())
      for (const auto& each : rule.as_array())
        fits = fits || has_type(each.as_string(), value);
    expect(fits, path, fmt::format("{} is not {}", json::serialize(value), json::serialize(rule)));
  }

  void properties(const json::object& rule, const json::value& value, const std::string& path) {
    if (!value.is_object())
      return;
    for (const auto& [name, schema] : rule)
      if (const auto* field = value.as_object().if_contains(name))
        check(schema, *field, fmt::format("{}/{}", path, std::string_view{name}));
  }

  void required(const json::array& rule, const json::value& value, const std::string& path) {
    if (!value.is_object())
      return;
    for (const auto& name : rule)
      expect(value.as_object().contains(name.as_string()), path,
             fmt::format("has no {}", json::serialize(name)));
  }

  void additional(const json::value& rule, const json::object& schema, const json::value& value,
                  const std::string& path) {
    if (!value.is_object())
      return;
    const auto* known = schema.if_contains("properties");
    for (const auto& [name, field] : value.as_object()) {
      if (known != nullptr && known->as_object().contains(name))
        continue;
      const auto where = fmt::format("{}/{}", path, std::string_view{name});
      if (rule.is_bool())
        expect(rule.as_bool(), where, "is not known");
      else
        check(rule, field, where);
    }
  }

  void items(const json::value& rule, const json::value& value, const std::string& path) {
    if (!value.is_array())
      return;
    for (std::size_t i = 0; i < value.as_array().size(); ++i)
      check(rule, value.as_array()[i], fmt::format("{}/{}", path, i));
  }

  void one_of(const json::array& rule, const json::value& value, const std::string& path) {
    const auto fits = std::count_if(rule.begin(), rule.end(), [&](const json::value& each) {
      return schemas_.check(each, value).empty();
    });
    expect(fits == 1, path, fmt::format("fits {} of {} shapes", fits, rule.size()));
  }

  void enumeration(const json::array& rule, const json::value& value, const std::string& path) {
    expect(std::find(rule.begin(), rule.end(), value) != rule.end(), path,
           fmt::format("{} is none of the values", json::serialize(value)));
  }

  void pattern(const json::value& rule, const json::value& value, const std::string& path) {
    if (!value.is_string())
      return;
    const std::regex expression{rule.as_string().c_str()};
    expect(std::regex_search(value.as_string().c_str(), expression), path,
           fmt::format("{} does not match", json::serialize(value)));
  }

  bool bounds(std::string_view keyword, const json::value& rule, const json::value& value,
              const std::string& path) {
    const auto limit = rule.is_number() ? rule.to_number<std::int64_t>() : 0;
    const auto said = fmt::format("breaks {} {}", keyword, limit);
    if (keyword == "minimum")
      expect(!value.is_number() || value.to_number<double>() >= static_cast<double>(limit), path,
             said);
    else if (keyword == "minLength" || keyword == "maxLength")
      expect(!value.is_string() || in_bounds(keyword, value.as_string().size(), limit), path, said);
    else if (keyword == "minItems" || keyword == "maxItems")
      expect(!value.is_array() || in_bounds(keyword, value.as_array().size(), limit), path, said);
    else
      return false;
    return true;
  }

  static bool in_bounds(std::string_view keyword, std::size_t size, std::int64_t limit) {
    const auto count = static_cast<std::int64_t>(size);
    return keyword.starts_with("min") ? count >= limit : count <= limit;
  }

  const json_schema& schemas_;
  std::vector<std::string>& faults_;
};

std::vector<std::string> json_schema::check(const json::value& schema,
                                            const json::value& value) const {
  std::vector<std::string> faults;
  visit{*this, faults}.check(schema, value, "");
  return faults;
}

const json::value* json_schema::resolve(std::string_view reference) const {
  if (!reference.starts_with("#/"))
    return nullptr;
  json::error_code failure;
  return document_.find_pointer(reference.substr(1), failure);
}

}  // namespace troupe::testing
