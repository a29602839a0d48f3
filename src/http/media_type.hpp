// The media type of a file, by its name's extension.
#pragma once

#include <string_view>

namespace goro::http::detail {

// "text/html; charset=utf-8" for "index.html"; empty for an extension that is not known. Go: mime.TypeByExtension.
std::string_view media_type_by_extension(std::string_view file_name) noexcept;

// What a body seems to be by its first bytes: text/plain; charset=utf-8 for valid UTF-8 without control characters,
// text/html for what starts like a page, else application/octet-stream. Much less than Go's http.DetectContentType,
// which knows images too.
std::string_view sniff_media_type(std::string_view start) noexcept;

}  // namespace goro::http::detail
