#include "runtime/raft/file_head.hpp"

#include "runtime/record/big_endian.hpp"

#include <fmt/format.h>

#include <charconv>

namespace troupe::raft {

namespace {

constexpr std::size_t digits = 20;

}  // namespace

result<void> check_preamble(byte_view data, std::string_view magic, std::string_view what) {
  if (data.size() < preamble_size || !as_text(data).starts_with(magic))
    return error{errc::damaged_data, fmt::format("the {} does not begin as one", what)};
  const auto version = load_be<std::int16_t>(data.data() + magic.size());
  if (version > format_version)
    return error{errc::unsupported_format,
                 fmt::format("the {} has format {}, this version knows formats up to {}", what,
                             version, format_version)};
  if (version < 1)
    return error{errc::damaged_data, fmt::format("the {} has format {}", what, version)};
  return {};
}

std::string numbered_name(std::int64_t number, std::string_view suffix) {
  return fmt::format("{:020}{}", number, suffix);
}

std::optional<std::int64_t> number_of(std::string_view name, std::string_view suffix) {
  if (name.size() != digits + suffix.size() || !name.ends_with(suffix))
    return std::nullopt;
  std::int64_t number = 0;
  const auto [stop, code] = std::from_chars(name.data(), name.data() + digits, number);
  if (code != std::errc{} || stop != name.data() + digits)
    return std::nullopt;
  return number;
}

}  // namespace troupe::raft
