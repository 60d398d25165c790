// Takes a JSON object of a request apart field by field, by name and type. The first thing that is
// wrong is kept and reported at the end, so that a parser reads as a list of its fields.
#pragma once

#include "runtime/base/errors.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::http {

/// A field that is absent and one that is null are the same: nothing. `object` must outlive it.
class json_fields {
 public:
  /// `path` names the object in messages, "" for the whole body.
  json_fields(std::string_view object, std::string path);

  std::optional<std::string> text(std::string_view name);
  /// Text, or a number or boolean as it was written: what a setting's value may be.
  std::optional<std::string> text_or_scalar(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t low, std::int64_t high);
  bool boolean(std::string_view name, bool otherwise);
  /// The items of an array, as they were sent.
  std::optional<std::vector<std::string_view>> array(std::string_view name);
  /// The names and values of an object.
  std::optional<std::vector<std::pair<std::string, std::string_view>>> object(
      std::string_view name);
  /// Whether the field is there and what its value begins with; 0 when not.
  char kind(std::string_view name) const;

  /// From now on the field must be there.
  void require(std::string_view name);
  void fail(error why);
  /// "configs[2].name"
  std::string path_of(std::string_view name) const;

  /// After all fields have been taken. Errors: invalid_json with line and column, empty_body,
  /// invalid_payload naming the field that is missing, unknown, twice there or of a wrong type.
  result<void> finish();

 private:
  struct field {
    std::string name;
    std::string_view value;
    bool taken = false;
  };
  /// Empty when absent or null.
  std::string_view take(std::string_view name);
  void misshapen(std::string_view name, std::string_view expected);

  std::string path_;
  std::vector<field> fields_;
  std::vector<std::string> asked_;
  std::optional<error> bad_;
};

}  // namespace troupe::http
