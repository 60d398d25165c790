#include "runtime/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace troupe {

void assertion_failed(const char* file, int line, const char* condition,
                      const std::string& values) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s %s\n", file, line, condition, values.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace troupe
