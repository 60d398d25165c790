// Query parameters and path numbers, read strictly: what is not known, not a number or out of range
// is an error that names it. Knows nothing of sockets or actors.
#pragma once

#include "runtime/base/errors.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::http {

/// As in request::query: decoded, in the order sent.
using query_list = std::vector<std::pair<std::string, std::string>>;

/// The whole of `text` as a decimal number; nothing when it is anything else or does not fit.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// Errors: invalid_parameter when a name is not in `known` or comes twice.
result<void> check_query(const query_list& query, std::span<const std::string_view> known);

/// The values below: `absent` when the parameter is not there, invalid_parameter when it is not of
/// its type or not in [min, max].
result<std::int64_t> query_integer(const query_list& query, std::string_view name,
                                   std::int64_t absent, std::int64_t min, std::int64_t max);
result<bool> query_boolean(const query_list& query, std::string_view name, bool absent);

}  // namespace troupe::http
