#include "app/table.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace troupe::app {

namespace {

bool looks_like_number(const std::string& cell) {
  return !cell.empty() &&
         (std::isdigit(static_cast<unsigned char>(cell[0])) != 0 || cell[0] == '-');
}

}  // namespace

table::table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void table::add(std::vector<std::string> cells) {
  troupe_assert(cells.size() == rows_[0].size(), "{} cells", cells.size());
  rows_.push_back(std::move(cells));
}

std::string table::text() const {
  auto columns = rows_[0].size();
  std::vector<std::size_t> width(columns);
  std::vector<bool> right(columns, rows_.size() > 1);
  for (std::size_t r = 0; r < rows_.size(); ++r)
    for (std::size_t c = 0; c < columns; ++c) {
      width[c] = std::max(width[c], rows_[r][c].size());
      if (r > 0 && !looks_like_number(rows_[r][c]))
        right[c] = false;
    }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < columns; ++c)
      line += fmt::format(fmt::runtime(right[c] ? "{}{:>{}}" : "{}{:<{}}"), c == 0 ? "" : "  ",
                          row[c], width[c]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace troupe::app
