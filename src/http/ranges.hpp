// Range requests (RFC 9110 section 14), apart from any file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "goro/http/headers.hpp"
#include "http/conditions.hpp"

namespace goro::http::detail {

struct byte_range {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
  bool operator==(const byte_range&) const = default;
};

enum class range_outcome : std::uint8_t { whole, parts, not_satisfiable };

// What a Range field (if If-Range lets it count) asks of a representation of this size: for `parts` in the order of the
// request, at least one, and together not more than the whole.
range_outcome choose_ranges(const headers& request, std::uint64_t size, const validators& v,
                            std::vector<byte_range>& ranges);

// The value of Content-Range: `bytes 0-3/10`.
std::string content_range(byte_range range, std::uint64_t size);

// What frames the parts of a response with several: a multipart/byteranges body (section 14.6).
class byteranges_frame {
 public:
  // The type of the representation, and its size. The boundary is new each time.
  byteranges_frame(std::string_view media_type, std::uint64_t size);

  std::string content_type() const { return "multipart/byteranges; boundary=" + boundary_; }
  std::string before(byte_range part, bool first) const;
  std::string end() const { return "\r\n--" + boundary_ + "--\r\n"; }
  // Of the whole body.
  std::uint64_t length(const std::vector<byte_range>& parts) const;

 private:
  std::string boundary_;
  std::string media_type_;
  std::uint64_t size_;
};

}  // namespace goro::http::detail
