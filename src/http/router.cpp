#include "goro/http/router.hpp"

#include <mutex>
#include <shared_mutex>

#include "base/atomic.hpp"
#include "goro/http/url.hpp"
#include "goro/panic.hpp"
#include "goro/shared_mutex.hpp"
#include "http/routing_table.hpp"
#include "http/target.hpp"

namespace goro::http {
namespace detail {
namespace {

// example.org:80 → example.org, [::1]:80 → [::1]
std::string_view without_port(std::string_view host) noexcept {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && bracket > colon)) {
    return host;
  }
  return host.find(':') == colon || bracket != std::string_view::npos ? host.substr(0, colon) : host;
}

std::string with_query(std::string path, const request& r) {
  if (!r.raw_query().empty()) {
    path += "?" + std::string(r.raw_query());
  }
  return path;
}

}  // namespace

class routing {
 public:
  void add(std::string_view pattern_text, handler h) {
    if (!h) {
      throw panic_error("http: nil handler");
    }
    const std::lock_guard guard(lock_);
    table_.add(pattern_text);
    handlers_.push_back(std::make_shared<const handler>(std::move(h)));
    empty_.store(false, base::memory_order_relaxed);
  }

  bool empty() const noexcept { return empty_.load(base::memory_order_relaxed); }

  void serve(response_writer& w, request& r) {
    std::string redirect_to;
    std::string allowed;
    if (const std::shared_ptr<const handler> h = find(r, redirect_to, allowed)) {
      (*h)(w, r);
    } else if (!redirect_to.empty()) {
      redirect(w, r, redirect_to, 307);
    } else if (!allowed.empty()) {
      w.header().set("Allow", allowed);
      error(w, "Method Not Allowed", 405);
    } else {
      not_found(w);
    }
  }

  std::string_view pattern_for(const request& r) const {
    const std::shared_lock guard(lock_);
    captures ignored;
    const std::size_t route = table_.match(without_port(r.host()), r.method(), clean_path(r.raw_path()), ignored);
    return route != no_route ? std::string_view(table_[route].text) : std::string_view{};
  }

 private:
  // The handler is a shared pointer since another may be added, and the list move, while this one runs.
  std::shared_ptr<const handler> find(request& r, std::string& redirect_to, std::string& allowed) {
    captures found;
    const std::shared_lock guard(lock_);
    const bool connects = r.method() == "CONNECT";
    const std::string_view host = connects ? r.host() : without_port(r.host());
    const bool clean = connects || is_clean_path(r.raw_path());
    const std::string cleaned = clean ? std::string() : clean_path(r.raw_path());
    const std::string_view path = clean ? r.raw_path() : cleaned;
    const std::size_t route = table_.match(host, r.method(), path, found);
    if (table_.wants_slash(route, host, r.method(), path)) {
      redirect_to = with_query(std::string(path) + "/", r);
      return nullptr;
    }
    if (!clean) {
      redirect_to = with_query(cleaned, r);
      return nullptr;
    }
    if (route == no_route) {
      allowed = table_.methods_for(host, path);
      return nullptr;
    }
    set_values(r, table_[route], found);
    return handlers_[route];
  }

  static void set_values(request& r, const pattern& p, const captures& found) {
    r.pattern_ = p.text;
    std::size_t i = 0;
    for (const segment& s : p.segments) {
      if (s.what != segment::kind::literal && !s.text.empty()) {
        r.set_path_value(s.text, found[i++]);
      }
    }
  }

  base::atomic<bool> empty_{true};  // only ever becomes false; what it is about is under the lock
  mutable shared_mutex lock_;
  routing_table table_;
  std::vector<std::shared_ptr<const handler>> handlers_;
};

}  // namespace detail

router::router() : routing_(std::make_shared<detail::routing>()) {}
void router::handle(std::string_view pattern, handler h) const { routing_->add(pattern, std::move(h)); }
void router::operator()(response_writer& w, request& r) const { routing_->serve(w, r); }
std::string_view router::pattern_for(const request& r) const { return routing_->pattern_for(r); }
bool router::empty() const { return routing_->empty(); }

// Never destroyed: goroutines may serve while static objects are.
router& default_router() {
  static router& the_router = *new router;
  return the_router;
}

void handle(std::string_view pattern, handler h) { default_router().handle(pattern, std::move(h)); }

}  // namespace goro::http
