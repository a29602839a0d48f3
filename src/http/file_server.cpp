#include "goro/http/file_server.hpp"

#include <cerrno>
#include <vector>

#include "goro/go.hpp"
#include "goro/http/status.hpp"
#include "goro/http/url.hpp"
#include "http/conditions.hpp"
#include "http/date.hpp"
#include "http/media_type.hpp"
#include "http/ranges.hpp"
#include "platform/file.hpp"

namespace goro::http {

using namespace detail;

namespace {

struct opened {
  platform::open_file file;
  platform::file_status status{};
  int error = 0;
};

// The file system may block.
opened open(const std::string& name) {
  return blocking([&] {
    opened o;
    o.file = platform::open_file(name.c_str(), o.error);
    if (o.file && !o.file.get_status(o.status)) {
      o.error = EIO;
    }
    return o;
  });
}

void refuse(response_writer& w, int system_error) {
  if (system_error == EACCES || system_error == EPERM) {
    error(w, "403 Forbidden", status::forbidden);
  } else if (system_error == ENOENT || system_error == ENOTDIR || system_error == ENAMETOOLONG ||
             system_error == ELOOP) {
    not_found(w);
  } else {
    error(w, "500 Internal Server Error", status::internal_server_error);
  }
}

void send_part(response_writer& w, const opened& o, byte_range part) {
  std::error_code failed;
  w.write_file(o.file.descriptor(), part.begin, part.size, failed);
  if (failed) {
    throw abort_handler{};  // the head has been sent
  }
}

void send_whole(response_writer& w, const opened& o) {
  w.header().set("Content-Length", std::to_string(o.status.size));
  send_part(w, o, {0, o.status.size});
}

void send_parts(response_writer& w, const opened& o, const std::vector<byte_range>& parts) {
  w.status(status::partial_content);
  if (parts.size() == 1) {
    w.header().set("Content-Range", content_range(parts[0], o.status.size));
    w.header().set("Content-Length", std::to_string(parts[0].size));
    send_part(w, o, parts[0]);
    return;
  }
  const byteranges_frame frame(w.header().get("Content-Type"), o.status.size);
  w.header().set("Content-Type", frame.content_type());
  w.header().set("Content-Length", std::to_string(frame.length(parts)));
  for (const byte_range& part : parts) {
    w.write(frame.before(part, &part == &parts.front()));
    send_part(w, o, part);
  }
  w.write(frame.end());
}

void serve_content(response_writer& w, const request& r, const opened& o, const std::string& name) {
  const std::string etag = "\"" + std::to_string(o.status.modified_seconds) + "-" +
                           std::to_string(o.status.modified_nanoseconds) + "-" + std::to_string(o.status.size) + "\"";
  const validators v{etag, o.status.modified_seconds};
  w.header().set("Etag", etag);
  w.header().set("Last-Modified", format_date(o.status.modified_seconds));
  w.header().set("Accept-Ranges", "bytes");
  switch (check_conditions(r.header(), true, v)) {
    case condition_outcome::not_modified:
      w.status(status::not_modified);
      return;
    case condition_outcome::failed:
      w.status(status::precondition_failed);
      return;
    case condition_outcome::holds:
      break;
  }
  if (!w.header().contains("Content-Type")) {
    const std::string_view type = media_type_by_extension(name);
    w.header().set("Content-Type", type.empty() ? "application/octet-stream" : type);
  }
  std::vector<byte_range> parts;
  switch (choose_ranges(r.header(), o.status.size, v, parts)) {
    case range_outcome::not_satisfiable:
      w.header().set("Content-Range", "bytes */" + std::to_string(o.status.size));
      error(w, "invalid range: failed to overlap", status::range_not_satisfiable);
      return;
    case range_outcome::parts:
      send_parts(w, o, parts);
      return;
    case range_outcome::whole:
      send_whole(w, o);
      return;
  }
}

bool check_method(response_writer& w, const request& r) {
  if (r.method() == "GET" || r.method() == "HEAD") {
    return true;
  }
  w.header().set("Allow", "GET, HEAD");
  error(w, "Method Not Allowed", status::method_not_allowed);
  return false;
}

// Relative to the request's path, so that it is right behind a stripped prefix.
void redirect_near(response_writer& w, const request& r, std::string target) {
  if (!r.raw_query().empty()) {
    target += "?" + std::string(r.raw_query());
  }
  w.header().set("Location", target);
  w.status(status::moved_permanently);
}

std::string last_segment(std::string_view path) {
  if (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path_escape(path.substr(path.rfind('/') + 1));
}

void serve_below(response_writer& w, request& r, const std::string& folder) {
  if (!check_method(w, r)) {
    return;
  }
  const std::string path = clean_path(r.path());
  if (path.find('\0') != std::string::npos) {
    return not_found(w);
  }
  if (path.ends_with("/index.html")) {
    return redirect_near(w, r, "./");
  }
  const bool as_folder = path.ends_with('/');
  opened o = open(folder + path);
  std::string name = path;
  if (o.file && o.status.is_folder) {
    if (!as_folder) {
      return redirect_near(w, r, last_segment(path) + "/");
    }
    name = path + "index.html";
    o = open(folder + name);
  } else if (!o.file && as_folder && o.error == ENOTDIR) {
    return redirect_near(w, r, "../" + last_segment(path));
  }
  if (!o.file) {
    return refuse(w, o.error);
  }
  if (!o.status.is_regular) {
    return not_found(w);
  }
  serve_content(w, r, o, name);
}

}  // namespace

handler file_server(std::string folder) {
  return [folder = std::move(folder)](response_writer& w, request& r) { serve_below(w, r, folder); };
}

void serve_file(response_writer& w, request& r, const std::string& file_name) {
  if (!check_method(w, r)) {
    return;
  }
  const opened o = open(file_name);
  if (!o.file) {
    refuse(w, o.error);
  } else if (!o.status.is_regular) {
    not_found(w);
  } else {
    serve_content(w, r, o, file_name);
  }
}

}  // namespace goro::http
