// Label values joined with their names. For the files of this folder.
#pragma once

#include "runtime/metrics/metrics.hpp"

#include <prometheus/labels.h>

namespace troupe {

/// REQUIRES as many values as the table has names.
prometheus::Labels named_labels(metric x, label_values values);

}  // namespace troupe
