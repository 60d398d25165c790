// Checks JSON against the schemas of an OpenAPI 3.1 document: the part of JSON Schema 2020-12 that
// the document uses. A keyword it does not know is a fault of its own, so that nothing in the
// document goes unchecked.
#pragma once

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace troupe::testing {

class json_schema {
 public:
  /// `document` is where references lead; it must outlive this.
  explicit json_schema(const boost::json::value& document) : document_(document) {}

  /// What does not fit, one line each, with the path in `value`; empty when all fits.
  std::vector<std::string> check(const boost::json::value& schema,
                                 const boost::json::value& value) const;
  /// Where "#/components/schemas/Error" leads; null when nowhere.
  const boost::json::value* resolve(std::string_view reference) const;

 private:
  class visit;

  const boost::json::value& document_;
};

}  // namespace troupe::testing
