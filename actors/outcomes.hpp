// Errors as answers carry them.
#pragma once

#include "runtime/protocol/requests.hpp"

namespace troupe {

inline outcome as_outcome(const error& x) { return {x.code, x.message}; }
/// With the meaning from the table as the message.
inline outcome as_outcome(errc code) { return as_outcome(error{code}); }
inline outcome as_outcome(const result<void>& x) { return x ? outcome{} : as_outcome(x.error()); }
inline error as_error(const outcome& x) { return {x.code, x.message}; }
inline result<void> as_result(const outcome& x) {
  if (x.ok())
    return {};
  return as_error(x);
}

}  // namespace troupe
