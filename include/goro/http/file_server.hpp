// Files.
#pragma once

#include <string>

#include "goro/http/handler.hpp"

namespace goro::http {

// Serves the files below a folder. GET and HEAD; a request for a folder gets its index.html, and 404 if there is none
// (folders are not listed, unlike Go's). ETag and Last-Modified are set, and the conditions If-Match, If-None-Match,
// If-Modified-Since, If-Unmodified-Since and If-Range are obeyed. A Range request gets its bytes, several ranges at
// once as multipart/byteranges; it gets the whole file if the ranges together are larger than that (they overlap,
// then), are more than 64 or make no sense, and 416 if none of them lies in the file. Bodies go from the file to the
// connection without a copy (sendfile). A path cannot leave the folder by its own words; a symbolic link in it can. Go:
// http.FileServer.
handler file_server(std::string folder);

// Answers with one file, as file_server does. Go: http.ServeFile.
void serve_file(response_writer& w, request& r, const std::string& file_name);

}  // namespace goro::http
