#include "http/routing_table.hpp"

#include <algorithm>
#include <set>

#include "goro/panic.hpp"
#include "http/target.hpp"

namespace goro::http::detail {
namespace {

using kind = segment::kind;

// Splits off the first segment: "a" of "/a/b", "/" of "/".
std::string_view first_segment(std::string_view& path) noexcept {
  if (path == "/") {
    path = {};
    return "/";
  }
  const std::string_view segment = path.substr(1, path.find('/', 1) - 1);
  path.remove_prefix(segment.size() + 1);
  return segment;
}

// Broken escapes have been refused before.
std::string unescaped(std::string_view text) {
  std::string out;
  unescape_onto(out, text, false);
  return out;
}

}  // namespace

routing_table::routing_table() : root_(std::make_unique<node>()) {}
routing_table::~routing_table() = default;

const routing_table::node* routing_table::node::child(std::string_view key) const {
  const auto found = children.find(key);
  return found != children.end() ? found->second.get() : nullptr;
}

routing_table::node& routing_table::node::make_child(std::string_view key) {
  std::unique_ptr<node>& place = key.empty() ? any : children[std::string(key)];
  if (!place) {
    place = std::make_unique<node>();
  }
  return *place;
}

std::size_t routing_table::add(std::string_view pattern_text) {
  auto added = std::make_unique<pattern>(pattern::parse(pattern_text));
  for (const auto& other : patterns_) {
    if (in_conflict(*added, *other)) {
      throw panic_error(describe_conflict(*added, *other));
    }
  }
  node* n = &root_->make_child(added->host).make_child(added->method);
  for (const segment& s : added->segments) {
    if (s.what == kind::multi) {
      n->rest = std::make_unique<node>();
      n = n->rest.get();
    } else {
      n = &n->make_child(s.what == kind::single ? std::string_view{} : std::string_view(s.text));
    }
  }
  patterns_.push_back(std::move(added));
  n->route = patterns_.size() - 1;
  return n->route;
}

std::size_t routing_table::match(std::string_view host, std::string_view method, std::string_view path,
                                 captures& found) const {
  found.clear();
  const node* n = host.empty() ? nullptr : match_method(root_->child(host), method, path, found);
  if (n == nullptr) {
    found.clear();
    n = match_method(root_->any.get(), method, path, found);
  }
  return n != nullptr ? n->route : no_route;
}

const routing_table::node* routing_table::match_method(const node* n, std::string_view method, std::string_view path,
                                                       captures& found) const {
  if (n == nullptr) {
    return nullptr;
  }
  if (const node* const leaf = match_path(n->child(method), path, found)) {
    return leaf;
  }
  if (method == "HEAD") {
    if (const node* const leaf = match_path(n->child("GET"), path, found)) {
      return leaf;
    }
  }
  return match_path(n->any.get(), path, found);
}

const routing_table::node* routing_table::match_path(const node* n, std::string_view path, captures& found) const {
  if (n == nullptr) {
    return nullptr;
  }
  if (path.empty()) {
    return n->route != no_route ? n : nullptr;
  }
  std::string_view behind = path;
  const std::string_view segment = first_segment(behind);
  const bool escaped = segment.find('%') != std::string_view::npos;
  const node* const literal = escaped ? n->child(unescaped(segment)) : n->child(segment);
  if (const node* const leaf = match_path(literal, behind, found)) {
    return leaf;
  }
  if (n->any && segment != "/" && !segment.empty()) {
    found.push_back(escaped ? unescaped(segment) : std::string(segment));
    if (const node* const leaf = match_path(n->any.get(), behind, found)) {
      return leaf;
    }
    found.pop_back();
  }
  if (!n->rest) {
    return nullptr;
  }
  if (!patterns_[n->rest->route]->segments.back().text.empty()) {
    found.push_back(unescaped(path.substr(1)));
  }
  return n->rest.get();
}

// A rest-of-path that matched nothing but what the pattern itself spells out.
bool routing_table::is_exact(std::size_t route, std::string_view path) const noexcept {
  if (route == no_route) {
    return false;
  }
  const pattern& p = *patterns_[route];
  return !p.ends_with_multi() || (path.ends_with('/') && p.segments.size() == static_cast<std::size_t>(std::count(
                                                                                  path.begin(), path.end(), '/')));
}

bool routing_table::wants_slash(std::size_t route, std::string_view host, std::string_view method,
                                std::string_view path) const {
  if (path.ends_with('/') || is_exact(route, path)) {
    return false;
  }
  captures ignored;
  const std::string with_slash = std::string(path) + "/";
  return is_exact(match(host, method, with_slash, ignored), with_slash);
}

std::string routing_table::methods_for(std::string_view host, std::string_view path) const {
  std::set<std::string_view> methods;
  captures ignored;
  const auto collect = [&](const node* n, std::string_view text) {
    if (n == nullptr) {
      return;
    }
    for (const auto& [method, child] : n->children) {
      if (match_path(child.get(), text, ignored) != nullptr) {
        methods.insert(method);
      }
    }
  };
  const std::string with_slash = std::string(path) + "/";
  for (const node* const n :
       {host.empty() ? nullptr : root_->child(host), static_cast<const node*>(root_->any.get())}) {
    collect(n, path);
    if (!path.ends_with('/')) {
      collect(n, with_slash);
    }
  }
  if (methods.contains("GET")) {
    methods.insert("HEAD");
  }
  std::string list;
  for (const std::string_view method : methods) {
    list += (list.empty() ? "" : ", ") + std::string(method);
  }
  return list;
}

}  // namespace goro::http::detail
