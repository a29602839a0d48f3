#include "goro/http/server.hpp"

#include "goro/errc.hpp"
#include "http/server_core.hpp"

namespace goro::http {

server::server(server_options options) : core_(std::make_shared<detail::server_core>(std::move(options))) {}

server::~server() {
  core_->close();
  core_->wait_until_gone();
}

void server::handle(std::string_view pattern, handler h) { core_->routes.handle(pattern, std::move(h)); }
void server::use(middleware m) { core_->use(std::move(m)); }

std::error_code server::listen_and_serve() {
  const std::shared_ptr<detail::server_core> core = core_;
  if (core->is_shutting_down()) {
    return errc::server_closed;
  }
  const std::string& addr = core->options().addr;
  std::error_code error;
  net::listener l = net::listen("tcp", addr.empty() ? ":http" : addr, error);
  return error ? error : core->serve(std::move(l));
}

std::error_code server::serve(net::listener l) {
  const std::shared_ptr<detail::server_core> core = core_;
  return core->serve(std::move(l));
}

std::error_code server::shutdown(const context& ctx) { return core_->shutdown(ctx); }
void server::close() { core_->close(); }
void server::on_shutdown(std::function<void()> f) { core_->on_shutdown(std::move(f)); }
net::endpoint server::address() const { return core_->address(); }
void server::set_keep_alives_enabled(bool on) { core_->set_keep_alives(on); }

std::error_code listen_and_serve(std::string_view addr, handler h) {
  server s({.addr = std::string(addr), .handler = std::move(h)});
  return s.listen_and_serve();
}

}  // namespace goro::http
