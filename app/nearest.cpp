#include "app/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::app {

namespace {

/// Letters to change, add, drop or swap with their neighbour to get from `a` to `b`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j)
    d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto changed = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  // Nobody mistypes a word longer than this; the table below would only cost.
  constexpr std::size_t word_max = 64;
  std::string best;
  auto limit = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    if (word.size() > word_max || candidate.size() > word_max)
      continue;
    if (auto far = distance(word, candidate); far < limit) {
      limit = far;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  auto best = nearest(word, known);
  return best.empty() ? best : fmt::format(" Did you mean '{}'?", best);
}

}  // namespace troupe::app
