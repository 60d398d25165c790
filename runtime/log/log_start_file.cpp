#include "runtime/log/log_start_file.hpp"

#include "runtime/record/big_endian.hpp"
#include "runtime/record/crc32c.hpp"

#include <fmt/format.h>

#include <array>

namespace troupe {

namespace {

constexpr std::uint32_t magic = 0x5452534b;  // "TRSK"
constexpr std::size_t file_size = 20;
constexpr std::size_t checked_size = file_size - 4;

}  // namespace

result<std::optional<log_start_mark>> load_log_start(env& on, const std::string& path) {
  auto content = read_file(on, path, file_size);
  if (!content) {
    if (content.error().code == errc::not_found)
      return std::optional<log_start_mark>{};
    return content.error();
  }
  const auto* at = content->data();
  if (content->size() != file_size || load_be<std::uint32_t>(at) != magic ||
      crc32c({at, checked_size}) != load_be<std::uint32_t>(at + checked_size))
    return error{errc::damaged_data, fmt::format("{} is damaged", path)};
  return std::optional{log_start_mark{.resets = load_be<std::uint32_t>(at + 4),
                                      .start = load_be<std::int64_t>(at + 8)}};
}

result<void> store_log_start(env& on, const std::string& path, const log_start_mark& mark) {
  std::array<char, file_size> content;
  auto* at = store_be(content.data(), magic);
  at = store_be(at, mark.resets);
  at = store_be(at, mark.start);
  store_be(at, crc32c({content.data(), checked_size}));
  return write_file_atomically(on, path, content);
}

}  // namespace troupe
