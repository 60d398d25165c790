#include "app/failure.hpp"

#include "runtime/base/assert.hpp"

#include <cstdio>

namespace troupe::app {

void throw_exception_from_error(const failure& x, const boost::source_location& where) {
  assertion_failed(where.file_name(), static_cast<int>(where.line()), "attempt has a value",
                   x.message);
}

int report(const failure& x) {
  std::fflush(stdout);
  fmt::print(stderr, "troupe: {}\n", x.message);
  return x.code;
}

}  // namespace troupe::app
