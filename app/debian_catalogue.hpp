// The catalogue of Debian packages as `apt-cache dumpavail` prints it: real text that every Debian
// machine has, for the sample.
//
//   catalogue := stanza (blank-line stanza)*
//   stanza    := (Name ": " value "\n" (" " continuation "\n")*)+
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::app {

struct catalogue_record {
  std::string key;    ///< the package's name
  std::string value;  ///< the stanza as a JSON object, field by field in its order
};

struct catalogue {
  std::vector<catalogue_record> records;
  std::uint64_t skipped = 0;  ///< stanzas that cannot be read
  std::string first_skipped;  ///< where and why
};

/// Sizes become numbers, everything else strings; continuation lines are joined by line ends.
/// A stanza without a package name, with a line that is no field or that is not UTF-8 is skipped.
catalogue parse_catalogue(std::string_view text);

}  // namespace troupe::app
