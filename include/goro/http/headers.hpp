// The header fields of an HTTP message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace goro::http {

struct header_field {
  std::string_view name;  // in canonical form: Content-Type
  std::string_view value;
};

// Fields in the order in which they were added; a name may stand there more than once, and its case does not matter.
// The texts lie together in one string, so a container that is cleared and filled again does not allocate. Views stay
// valid until the container changes. Not for use by several goroutines at once. Go: http.Header (net/http/header.go),
// which keeps no order.
class headers {
  struct entry {
    std::uint32_t name_at, name_size, value_at, value_size;
  };

 public:
  // Appends a field, beside others of its name.
  void add(std::string_view name, std::string_view value);
  // Makes it the only field of its name, in the place of the first one that there was.
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name) noexcept;
  void clear() noexcept;

  // The value of the first field of this name; empty if there is none.
  std::string_view get(std::string_view name) const noexcept;
  bool contains(std::string_view name) const noexcept { return find(name) < entries_.size(); }
  // The values of all fields of this name, in order.
  std::vector<std::string_view> values(std::string_view name) const;
  // Is `token` an element of the comma-separated list that the fields of this name make up?
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  header_field operator[](std::size_t i) const noexcept;

  class iterator {
   public:
    iterator(const headers* owner, std::size_t i) noexcept : owner_(owner), i_(i) {}
    header_field operator*() const noexcept { return (*owner_)[i_]; }
    iterator& operator++() noexcept {
      ++i_;
      return *this;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.i_ == b.i_; }

   private:
    const headers* owner_;
    std::size_t i_;
  };
  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, entries_.size()}; }

 private:
  std::size_t find(std::string_view name, std::size_t from = 0) const noexcept;
  bool owns(std::string_view text) const noexcept;
  std::string_view name_of(const entry& e) const noexcept { return {text_.data() + e.name_at, e.name_size}; }
  std::string_view value_of(const entry& e) const noexcept { return {text_.data() + e.value_at, e.value_size}; }

  std::string text_;  // names and values, one behind the other
  std::vector<entry> entries_;
};

// The form in which names are kept: the first letter, and each one behind a hyphen, large, the others small. A text
// that is no field name is returned unchanged. Go: http.CanonicalHeaderKey.
std::string canonical_header_name(std::string_view name);

}  // namespace goro::http
