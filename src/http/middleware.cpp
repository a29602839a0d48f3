#include "goro/http/middleware.hpp"

#include <array>
#include <cstdio>

#include "base/clock.hpp"
#include "goro/defer.hpp"

namespace goro::http {
namespace {

void append_line(std::string& out, std::string_view name, std::string_view text) {
  out.append(name).append(": ");
  for (const char c : text) {
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  out += '\n';
}

}  // namespace

middleware access_log(std::function<void(std::string_view)> line) {
  return [line = std::move(line)](handler next) -> handler {
    return [line, next = std::move(next)](response_writer& w, request& r) {
      const base::nanoseconds begin = base::now_ns();
      const defer write{[&] {
        std::array<char, 32> duration;
        const double ms = static_cast<double>(base::now_ns() - begin) / 1e6;
        std::snprintf(duration.data(), duration.size(), "%.3gms", ms);
        line(r.remote().to_string() + " \"" + std::string(r.method()) + " " + std::string(r.target()) + " " +
             std::string(r.protocol()) + "\" " + std::to_string(w.status() != 0 ? w.status() : 200) + " " +
             std::to_string(w.bytes_written()) + " " + duration.data());
      }};
      next(w, r);
    };
  };
}

middleware access_log() {
  return access_log([](std::string_view line) {
    const std::string text = std::string(line) + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
  });
}

handler strip_prefix(std::string prefix, handler h) {
  return [prefix = std::move(prefix), h = std::move(h)](response_writer& w, request& r) {
    const bool below = r.raw_path().starts_with(prefix);
    if (below && r.set_path(r.raw_path().substr(prefix.size()))) {
      h(w, r);
    } else {
      not_found(w);
    }
  };
}

middleware max_bytes(std::uint64_t bytes) {
  return [bytes](handler next) -> handler {
    return [bytes, next = std::move(next)](response_writer& w, request& r) {
      r.limit_body(bytes);
      next(w, r);
    };
  };
}

event_stream::event_stream(response_writer& w) : writer_(w) {
  w.header().set("Content-Type", "text/event-stream");
  w.header().set("Cache-Control", "no-cache");
  w.flush();
}

void event_stream::send(std::string_view data, std::string_view event, std::string_view id) {
  std::string text;
  if (!event.empty()) {
    append_line(text, "event", event);
  }
  if (!id.empty()) {
    append_line(text, "id", id);
  }
  for (;;) {
    const std::size_t end = data.find('\n');
    append_line(text, "data", data.substr(0, end));
    if (end == std::string_view::npos) {
      break;
    }
    data.remove_prefix(end + 1);
  }
  text += '\n';
  writer_.write(text);
  writer_.flush();
}

}  // namespace goro::http
