#include "app/failure.hpp"

#include "app/output.hpp"
#include "runtime/base/assert.hpp"

namespace troupe::app {

void throw_exception_from_error(const failure& x, const boost::source_location& where) {
  assertion_failed(where.file_name(), static_cast<int>(where.line()), "attempt has a value",
                   x.message);
}

int report(const failure& x) {
  flush_out();
  print_error("troupe: {}\n", x.message);
  return x.code;
}

}  // namespace troupe::app
