// Aligned columns for people; the scripts' form is JSON.
#pragma once

#include <string>
#include <vector>

namespace troupe::app {

class table {
 public:
  explicit table(std::vector<std::string> header);
  /// REQUIRES as many cells as the header has.
  void add(std::vector<std::string> cells);
  /// Numbers are aligned to the right, everything else to the left.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace troupe::app
