// The server.
//
//   goro::http::server server({.addr = ":8080"});
//   server.handle("GET /items/{id}", [](auto& w, auto& r) { w.write(r.path_value("id")); });
//   goro::go([&] { server.listen_and_serve(); });
//   …
//   server.shutdown(ctx);
//
// A goroutine for each connection; requests that a client sends without waiting (pipelining) are answered in order.
// Messages that RFC 9112 forbids are refused with a status, and the connection is closed. A connection that waits for
// its next request has no buffers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "goro/context.hpp"
#include "goro/http/handler.hpp"
#include "goro/http/router.hpp"
#include "goro/net/listener.hpp"

namespace goro::http {

namespace detail {
class server_core;
}

// Of a connection. Go: http.ConnState.
enum class conn_state : std::uint8_t {
  fresh,     // accepted, nothing received yet; → active, closed
  active,    // at least a byte of a request has come; → idle, hijacked, closed
  idle,      // between requests; → active, closed
  hijacked,  // a handler's own; for good
  closed,    // for good
};

struct server_options {
  std::string addr = {};  // for listen_and_serve: "host:port"; empty: ":http"
  // 0: none. As in Go, read_header_timeout and idle_timeout fall back to read_timeout.
  std::chrono::nanoseconds read_timeout{0};         // for a whole request, from its first byte (or from accept)
  std::chrono::nanoseconds read_header_timeout{0};  // for its head
  std::chrono::nanoseconds write_timeout{0};        // from the end of the request's head to the end of the response
  std::chrono::nanoseconds idle_timeout{0};         // between requests
  std::size_t max_header_bytes = std::size_t{1}
                                 << 20;  // of a request's head; beyond it: 431 (414 within the request line)
  std::uint64_t max_body_bytes = 0;      // of a request's body; beyond it: 413; 0: no limit
  std::size_t max_connections = 0;       // at the same time; further ones wait in the backlog; 0: no limit
  http::handler handler = {};            // answers all requests, instead of the patterns given to handle()
  bool handle_options = true;  // `OPTIONS *` is answered without the handler. Go: !DisableGeneralOptionsHandler
  // Gets each line of the log, without its end; stderr otherwise. Called from any goroutine. Go: ErrorLog.
  std::function<void(std::string_view)> log = {};
  // The context above those of a connection's requests. Go: ConnContext.
  std::function<context(const net::conn&)> conn_context = {};
  // Called on every change, in the connection's goroutine. Go: ConnState.
  std::function<void(const net::conn&, conn_state)> on_state = {};
};

// All calls may be made by any goroutine and thread. The end of a server is close(), and waits until no handler runs
// any more (so not in a handler). Go: http.Server (net/http/server.go).
class server {
 public:
  explicit server(server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  // Adds a handler for a pattern, see router. A server with neither patterns nor options.handler uses default_router().
  void handle(std::string_view pattern, handler h);
  // Wraps all handlers; the first one added is the outermost. Before serving.
  void use(middleware m);

  // Listens on options.addr and serves. Blocks until the server is shut down or closed, then returns
  // errc::server_closed at once, while shutdown() may still wait; or until listening or accepting fails, and returns
  // why. While the system has no descriptors left accepting is tried again after 5 ms to 1 s. A server that has been
  // shut down or closed does not serve again: errc::server_closed.
  std::error_code listen_and_serve();
  // The same on a listener of the caller's, which is closed in the end. Several at a time are possible.
  std::error_code serve(net::listener l);

  // Ends in peace: closes the listeners, starts the on_shutdown functions (and does not wait for them), closes
  // connections as they become idle, and blocks until there are none, or until ctx ends. Every request that was
  // accepted is answered. Connections on which nothing has been received count as idle after 5 s; hijacked ones do not
  // count. Returns the error of closing the listeners, or ctx's.
  std::error_code shutdown(const context& ctx);
  // Ends at once: closes listeners and connections, whatever they are doing. Handlers that run get errors. Does not
  // block.
  void close();
  // f runs in a goroutine of its own when shutdown() is called: for hijacked connections, say. Go: RegisterOnShutdown.
  void on_shutdown(std::function<void()> f);

  // Where the server listens (on its first listener). Blocks until it does, or is closed: then there is none.
  net::endpoint address() const;

  // false: each connection is closed after its response. Go: SetKeepAlivesEnabled.
  void set_keep_alives_enabled(bool on);

 private:
  std::shared_ptr<detail::server_core> core_;
};

// A server with this address and the default router, or the given handler. Go: http.ListenAndServe.
std::error_code listen_and_serve(std::string_view addr, handler h = {});

}  // namespace goro::http
