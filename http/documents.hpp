// The descriptions of the APIs, part of the program: docs/*.json as they were at build time.
#pragma once

#include <optional>
#include <string_view>

namespace troupe::http {

/// The text of "openapi.json" and the like; nothing when there is no such document.
std::optional<std::string_view> find_document(std::string_view name);

}  // namespace troupe::http
