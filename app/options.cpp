#include "app/options.hpp"

namespace troupe::app {

option_spec number_option(const char* names, std::int64_t& into, const char* help, const char* unit,
                          std::int64_t min, std::int64_t max) {
  option_spec spec{names, &into, help};
  spec.value_name = unit;
  spec.min = min;
  spec.max = max;
  return spec;
}

option_spec text_option(const char* names, std::string& into, const char* help,
                        const char* value_name) {
  option_spec spec{names, &into, help};
  spec.value_name = value_name;
  return spec;
}

option_spec file_option(const char* names, std::string& into, const char* help) {
  auto spec = text_option(names, into, help, "FILE");
  spec.completion = completes::files;
  return spec;
}

option_spec choice_option(const char* names, std::string& into, const char* help,
                          const char* value_name, std::vector<std::string> choices) {
  auto spec = text_option(names, into, help, value_name);
  spec.choices = std::move(choices);
  return spec;
}

option_spec server_option(std::string& into) {
  auto spec = text_option("--server,-s", into, "The broker's HTTP address", "URL");
  spec.variable = "TROUPE_SERVER";
  return spec;
}

option_spec output_option(std::string& into) {
  return choice_option("--output,-o", into, "text for people, json for scripts", "FORM",
                       {"text", "json"});
}

option_spec topic_argument(std::string& into) {
  auto spec =
      text_option("topic", into, "Name of the topic: 1 to 249 of a-z A-Z 0-9 . _ -", "TOPIC");
  spec.required = true;
  return spec;
}

option_spec acks_option(std::string& into) {
  return choice_option(
      "--acks", into,
      "Who must have a record: 0 nobody, 1 the leader, all the in-sync replicas, on disk", "ACKS",
      {"0", "1", "all"});
}

}  // namespace troupe::app
