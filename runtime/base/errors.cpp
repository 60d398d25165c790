#include "runtime/base/errors.hpp"

#include "runtime/base/assert.hpp"

#include <array>

namespace troupe {

namespace {

constexpr auto table = std::to_array<error_info>({
#define TROUPE_ERROR_ROW(name, http, code, kafka, retriable, meaning) \
  {#name, http, code, kafka, retriable, meaning},
    TROUPE_ERRORS(TROUPE_ERROR_ROW)
#undef TROUPE_ERROR_ROW
});

}  // namespace

const error_info& info_of(errc code) {
  auto row = static_cast<std::size_t>(code);
  troupe_assert(row < table.size(), "errc {}", row);
  return table[row];
}

error::error(errc c) : code(c), message(info_of(c).meaning) {}

std::string to_string(const error& x) {
  return fmt::format("{}: {}", to_string(x.code), x.message);
}

void throw_exception_from_error(const error& x, const boost::source_location& where) {
  assertion_failed(where.file_name(), static_cast<int>(where.line()), "result has a value",
                   to_string(x));
}

}  // namespace troupe
