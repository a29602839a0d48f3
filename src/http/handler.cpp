#include "goro/http/handler.hpp"

#include "goro/http/status.hpp"
#include "goro/http/url.hpp"

namespace goro::http {
namespace {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// Seen from the path of the request, unless it is whole.
std::string absolute_target(const request& r, std::string_view target) {
  if (target.find("://") != std::string_view::npos || target.starts_with("/")) {
    return std::string(target);
  }
  const std::size_t question = target.find('?');
  const std::string_view base = r.raw_path().substr(0, r.raw_path().rfind('/') + 1);
  std::string path = clean_path(std::string(base) + std::string(target.substr(0, question)));
  return question == std::string_view::npos ? path : path + std::string(target.substr(question));
}

}  // namespace

void redirect(response_writer& w, const request& r, std::string_view target, int code) {
  std::string location;
  for (const char c : absolute_target(r, target)) {
    if (static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f) {
      location += c;
    } else {
      location += path_escape(std::string_view(&c, 1));
    }
  }
  const bool typed = w.header().contains("Content-Type");
  const bool shows = r.method() == "GET" || r.method() == "HEAD";
  w.header().set("Location", location);
  if (!typed && shows) {
    w.header().set("Content-Type", "text/html; charset=utf-8");
  }
  w.status(code);
  if (!typed && r.method() == "GET") {
    w.write("<a href=\"" + escape_html(location) + "\">" + std::string(status_text(code)) + "</a>.\n\n");
  }
}

handler redirect_handler(std::string target, int code) {
  return [target = std::move(target), code](response_writer& w, request& r) { redirect(w, r, target, code); };
}

}  // namespace goro::http
