#include "runtime/base/mutants.hpp"

#ifdef TROUPE_MUTANTS

#include "runtime/base/assert.hpp"

#include <cstdlib>
#include <optional>

namespace troupe {

namespace {

std::optional<rule> chosen() {
  const auto* name = std::getenv("TROUPE_MUTANT");
  if (name == nullptr || *name == '\0')
    return std::nullopt;
#define TROUPE_RULE_NAMED(of, effect) \
  if (std::string_view{name} == #of)  \
    return rule::of;
  TROUPE_RULES(TROUPE_RULE_NAMED)
#undef TROUPE_RULE_NAMED
  assertion_failed(__FILE__, __LINE__, "TROUPE_MUTANT names a rule", name);
}

}  // namespace

bool broken(rule x) {
  static const auto which = chosen();
  return which == x;
}

}  // namespace troupe

#endif
