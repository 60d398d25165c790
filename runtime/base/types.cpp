#include "runtime/base/types.hpp"

namespace troupe {

std::string to_string(const topic_partition& x) {
  return x.topic + "-" + std::to_string(value_of(x.partition));
}

}  // namespace troupe
