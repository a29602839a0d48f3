#include "goro/http/headers.hpp"

#include <functional>

#include "http/characters.hpp"

namespace goro::http {

using namespace detail;

namespace {

void make_canonical(char* name, std::size_t size) noexcept {
  bool large = true;
  for (std::size_t i = 0; i < size; ++i) {
    name[i] = large ? upper(name[i]) : lower(name[i]);
    large = name[i] == '-';
  }
}

std::uint32_t narrow(std::size_t n) noexcept { return static_cast<std::uint32_t>(n); }

}  // namespace

std::string canonical_header_name(std::string_view name) {
  std::string result(name);
  if (is_token(name)) {
    make_canonical(result.data(), result.size());
  }
  return result;
}

void headers::add(std::string_view name, std::string_view value) {
  if (owns(name) || owns(value)) {
    add(std::string(name), std::string(value));  // would move while it is copied
    return;
  }
  const std::size_t at = text_.size();
  entries_.push_back({narrow(at), narrow(name.size()), narrow(at + name.size()), narrow(value.size())});
  text_.append(name);
  text_.append(value);
  if (is_token(name)) {
    make_canonical(text_.data() + at, name.size());
  }
}

void headers::set(std::string_view name, std::string_view value) {
  const std::size_t first = find(name);
  if (first == entries_.size()) {
    add(name, value);
    return;
  }
  for (std::size_t i = find(name, first + 1); i < entries_.size(); i = find(name, i)) {
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (owns(value)) {
    set(name, std::string(value));
    return;
  }
  entry& e = entries_[first];
  if (value.size() > e.value_size) {  // the former text stays behind, until clear()
    e.value_at = narrow(text_.size());
    text_.append(value);
  } else {
    value.copy(text_.data() + e.value_at, value.size());
  }
  e.value_size = narrow(value.size());
}

void headers::erase(std::string_view name) noexcept {
  for (std::size_t i = find(name); i < entries_.size(); i = find(name, i)) {
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void headers::clear() noexcept {
  entries_.clear();
  text_.clear();
}

std::string_view headers::get(std::string_view name) const noexcept {
  const std::size_t i = find(name);
  return i < entries_.size() ? value_of(entries_[i]) : std::string_view{};
}

std::vector<std::string_view> headers::values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (std::size_t i = find(name); i < entries_.size(); i = find(name, i + 1)) {
    found.push_back(value_of(entries_[i]));
  }
  return found;
}

bool headers::has_token(std::string_view name, std::string_view token) const noexcept {
  for (std::size_t i = find(name); i < entries_.size(); i = find(name, i + 1)) {
    if (detail::has_token(value_of(entries_[i]), token)) {
      return true;
    }
  }
  return false;
}

header_field headers::operator[](std::size_t i) const noexcept { return {name_of(entries_[i]), value_of(entries_[i])}; }

std::size_t headers::find(std::string_view name, std::size_t from) const noexcept {
  std::size_t i = from;
  while (i < entries_.size() && !same_ignoring_case(name_of(entries_[i]), name)) {
    ++i;
  }
  return i;
}

bool headers::owns(std::string_view text) const noexcept {
  const std::less_equal<const char*> before;
  return !text.empty() && before(text_.data(), text.data()) && before(text.data(), text_.data() + text_.size());
}

}  // namespace goro::http
