// A gateway asks several backends at the same time, within a time limit, and makes one answer of theirs. A backend that
// fails ends the request to the others; one that is slow is left out.
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include <goro/goro.hpp>
#include <goro/http.hpp>
#include <goro/net.hpp>

using namespace std::chrono_literals;
namespace http = goro::http;

// A server on a free port, for as long as the object lives.
class backend {
 public:
  explicit backend(http::handler h) : server_({.handler = std::move(h)}) {
    serving_.go([this] { server_.serve(goro::net::listen("tcp", "127.0.0.1:0")); });
    url_ = "http://" + server_.address().to_string();
  }
  ~backend() {
    server_.shutdown(goro::background());
    serving_.wait();
  }
  const std::string& url() const { return url_; }

 private:
  http::server server_;
  goro::wait_group serving_;
  std::string url_;
};

// Answers after a while, unless whoever asked has gone.
http::handler service(const char* name, std::chrono::milliseconds takes) {
  return [name, takes](http::response_writer& w, http::request& r) {
    if (goro::sleep(r.ctx(), takes)) {
      w.write("\"" + std::string(name) + "\": \"" + r.query("id") + "\"");
    } else {
      std::printf("%s: nobody waits any more\n", name);
    }
  };
}

// All parts of an answer, or an exception of the first that failed.
std::string ask_all(const goro::context& ctx, const std::vector<std::string>& urls) {
  std::vector<std::string> parts(urls.size());
  goro::errgroup group(ctx);
  for (std::size_t i = 0; i < urls.size(); ++i) {
    group.go([&, i] {
      http::response r = http::get(group.ctx(), urls[i]);
      if (!r.ok()) {
        throw std::runtime_error("backend answered " + std::to_string(r.status()));
      }
      parts[i] = r.text();
    });
  }
  group.wait();
  std::string all;
  for (const std::string& part : parts) {
    all += (all.empty() ? "{" : ", ") + part;
  }
  return all + "}";
}

int main() {
  const backend users(service("user", 5ms));
  const backend orders(service("orders", 10ms));
  const backend slow(service("recommendations", 10s));
  const backend broken([](http::response_writer& w, http::request&) { http::error(w, "out of order", 500); });

  http::router routes;
  const auto route = [&routes](const char* pattern, std::vector<const backend*> backends,
                               std::chrono::milliseconds limit) {
    routes.handle(pattern, [backends, limit](http::response_writer& w, http::request& r) {
      const auto [ctx, cancel] = goro::with_timeout(r.ctx(), limit);
      std::vector<std::string> urls;
      for (const backend* const b : backends) {
        urls.push_back(b->url() + "/?id=" + std::string(r.path_value("id")));
      }
      try {
        w.write(ask_all(ctx, urls));
      } catch (const std::system_error& e) {
        http::error(w, e.code() == goro::errc::deadline_exceeded ? "too slow" : e.code().message(),
                    http::status::gateway_timeout);
      } catch (const std::runtime_error& e) {
        http::error(w, e.what(), http::status::bad_gateway);
      }
    });
  };
  route("GET /users/{id}", {&users, &orders}, 5s);
  route("GET /slow/{id}", {&users, &slow}, 100ms);
  route("GET /broken/{id}", {&broken, &slow}, 5s);
  const backend gateway(routes);

  for (const char* const path : {"/users/42", "/slow/42", "/broken/42", "/other"}) {
    http::response r = http::get(gateway.url() + path);
    const std::string text = r.text();
    std::printf("%s: %d %s\n", path, r.status(), text.substr(0, text.find('\n')).c_str());
  }
}
