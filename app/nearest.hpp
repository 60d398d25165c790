// "Did you mean ...?" for names that people mistype.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe::app {

/// The one of `known` that `word` most likely stands for, or nothing when none is near: at most a
/// third of its letters may have to be changed, added, dropped or swapped with their neighbour.
std::string nearest(std::string_view word, const std::vector<std::string>& known);
/// " Did you mean 'x'?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace troupe::app
