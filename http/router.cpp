#include "http/router.hpp"

#include "http/parse_request.hpp"
#include "runtime/base/assert.hpp"

#include <boost/beast/http/verb.hpp>

namespace troupe::http {

/// One segment of the tree of patterns.
struct router::node {
  std::vector<std::pair<std::string_view, std::unique_ptr<node>>> literals;
  std::unique_ptr<node> parameter;      ///< any other segment
  std::vector<std::string_view> names;  ///< of the parameters on the way here
  std::vector<std::pair<verb, std::size_t>> routes;
};

namespace {

/// Cuts the first segment, behind its slash, off `path`.
std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);
  auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

}  // namespace

router::router(std::vector<route> rows) : rows_(std::move(rows)), root_(std::make_unique<node>()) {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    insert(i);
}

router::~router() = default;

void router::insert(std::size_t index) {
  const route& row = rows_[index];
  node* at = root_.get();
  std::vector<std::string_view> names;
  for (std::string_view rest = row.pattern; !rest.empty();) {
    auto segment = next_segment(rest);
    if (segment.starts_with('{')) {
      auto name = segment.substr(1, segment.size() - 2);
      names.push_back(name);
      if (!at->parameter)
        at->parameter = std::make_unique<node>();
      at = at->parameter.get();
      continue;
    }
    auto same = [segment](const auto& x) { return x.first == segment; };
    auto i = std::find_if(at->literals.begin(), at->literals.end(), same);
    if (i == at->literals.end())
      i = at->literals.insert(i, {segment, std::make_unique<node>()});
    at = i->second.get();
  }
  troupe_assert(names.size() <= params_max, "{}", row.pattern);
  troupe_assert(at->routes.empty() || at->names == names, "{}", row.pattern);
  at->names = std::move(names);
  for (const auto& [method, other] : at->routes)
    troupe_assert(method != row.method, "{} is there twice", row.pattern);
  at->routes.emplace_back(row.method, index);
}

/// A literal segment goes before a parameter, but a path that ends nowhere behind the literal is
/// tried with the parameter too.
const router::node* router::descend(const node& from, std::string_view path, walk& way) {
  if (path.empty() || path == "/")
    return from.routes.empty() ? nullptr : &from;
  auto rest = path;
  auto segment = next_segment(rest);
  for (const auto& [name, child] : from.literals)
    if (name == segment)
      if (const node* found = descend(*child, rest, way))
        return found;
  if (!from.parameter || segment.empty() || way.count == params_max)
    return nullptr;
  way.values[way.count++] = segment;
  const node* found = descend(*from.parameter, rest, way);
  if (found == nullptr)
    --way.count;
  return found;
}

std::string router::allowed(const node& at) {
  std::string out;
  for (const auto& [method, index] : at.routes) {
    out.append(boost::beast::http::to_string(method)).append(", ");
    if (method == verb::get)
      out.append("HEAD, ");
  }
  return out.append("OPTIONS");
}

auto router::find(verb method, std::string_view path,
                  std::vector<std::pair<std::string_view, std::string>>& params) const
    -> result<match> {
  match out;
  walk way;
  const node* at = path.starts_with('/') ? descend(*root_, path, way) : nullptr;
  if (at == nullptr)
    return out;
  for (const auto& [of, index] : at->routes) {
    if (of != (method == verb::head ? verb::get : method))
      continue;
    out.found = &rows_[index];
    out.index = index;
  }
  if (out.found == nullptr) {
    out.allow = allowed(*at);
    return out;
  }
  params.reserve(way.count);
  for (std::size_t i = 0; i < way.count; ++i) {
    auto value = percent_decode(way.values[i], false);
    if (!value)
      return value.error();
    params.emplace_back(at->names[i], std::move(*value));
  }
  return out;
}

}  // namespace troupe::http
