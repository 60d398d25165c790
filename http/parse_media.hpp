// Which embedded format a Content-Type or Accept header means.
#pragma once

#include "http/record_format.hpp"

namespace troupe::http {

/// The format of a produce body: application/vnd.kafka.{json,binary,text}.v2+json, and plain
/// application/json for JSON. Error: unsupported_media_type with the list, for anything else,
/// nothing at all, and a charset other than UTF-8.
result<embedded_format> parse_content_type(std::string_view header);

/// The format of an answer with records, and the media type to announce.
struct answer_format {
  embedded_format format = embedded_format::binary;
  std::string_view media_type;
};

/// The best the client accepts, by weight and then by order. No header and wildcards mean binary,
/// as in the other proxies; application/json means JSON. Error: not_acceptable with the list.
result<answer_format> parse_accept(std::string_view header);

}  // namespace troupe::http
