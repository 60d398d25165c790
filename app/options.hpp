// Options as the commands write them down.
#pragma once

#include "app/command_line.hpp"

namespace troupe::app {

/// A number from `min` to `max`; `unit` is "N", "SECONDS" and the like.
option_spec number_option(const char* names, std::int64_t& into, const char* help, const char* unit,
                          std::int64_t min, std::int64_t max);
option_spec text_option(const char* names, std::string& into, const char* help,
                        const char* value_name);
/// The name of a file.
option_spec file_option(const char* names, std::string& into, const char* help);
/// One of a few words.
option_spec choice_option(const char* names, std::string& into, const char* help,
                          const char* value_name, std::vector<std::string> choices);

// -- options that several commands have ---------------------------------------------

/// Which broker a client command talks to; the address when neither it nor TROUPE_SERVER is given.
option_spec server_option(std::string& into);
inline constexpr const char* default_server = "http://127.0.0.1:8082";
/// "--output text|json".
option_spec output_option(std::string& into);
/// The positional name of a topic.
option_spec topic_argument(std::string& into);
option_spec acks_option(std::string& into);

}  // namespace troupe::app
