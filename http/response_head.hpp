// The head of an answer, as text.
#pragma once

#include "http/exchange.hpp"

namespace troupe::http {

struct head_options {
  bool http11 = true;
  bool close = false;    ///< no further request on this connection
  bool chunked = false;  ///< the body comes in chunks, its length is not known
  std::string_view date_header;
  std::string_view request_id;
  std::string_view allow;         ///< for 405 and OPTIONS
  std::string_view cross_origin;  ///< complete lines
};

/// Appends status line and headers, the empty line included.
void append_head(std::string& out, const response& what, const head_options& how);

}  // namespace troupe::http
