#include <string>
#include <utility>

#include "goro/context.hpp"
#include "goro/http.hpp"
#include "goro/net.hpp"
#include "goro/wait_group.hpp"
#include "mixes.hpp"

namespace soak {
namespace {

namespace net = goro::net;
namespace http = goro::http;

constexpr int clients = stress::by_build(6, 4, 2);
constexpr int messages = stress::by_build(10, 5, 3);

void echo(const net::conn& c) {
  std::byte buffer[4096];
  std::error_code broken;
  for (std::size_t n = c.read(buffer, broken); n != 0; n = c.read(buffer, broken)) {
    c.write(std::span(buffer, n), broken);
  }
}

// Sends messages and leaves without keeping a port busy.
void converse(const net::listener& l, stress::dice dice) {
  const net::conn c = net::dial("tcp", l.local().to_string());
  for (int i = 0; i < messages; ++i) {
    const std::string sent(1 + dice.below(10'000), static_cast<char>('a' + dice.below(26)));
    std::string got(sent.size(), '\0');
    c.write(sent);
    c.read_full(std::as_writable_bytes(std::span(got)));
    stress::expect(got == sent, "an echo of something else");
  }
  std::error_code ignored;
  c.set_linger(0, ignored);
}

void connections(stress::dice& dice) {
  const net::listener l = net::listen("tcp", "127.0.0.1:0");
  goro::wait_group servers;
  servers.go([&] {
    std::error_code error;
    for (net::conn c = l.accept(error); !error; c = l.accept(error)) {
      servers.go([c] { echo(c); });
    }
  });
  goro::wait_group group;
  for (int i = 0; i < clients; ++i) {
    group.go([&l, mine = stress::dice(dice.below(1U << 30) + 1)] { converse(l, mine); });
  }
  group.wait();
  l.close();
  servers.wait();
}

void requests(stress::dice&) {
  http::server server;
  server.handle("GET /twice/{word}", [](http::response_writer& w, const http::request& r) {
    const std::string word(r.path_value("word"));
    w.write(word + word);
  });
  const net::listener l = net::listen("tcp", "127.0.0.1:0");
  const std::string url = "http://" + l.local().to_string() + "/twice/";
  goro::wait_group serving;
  serving.go([&] { server.serve(l); });
  {
    http::client client;
    goro::wait_group group;
    for (int i = 0; i < clients; ++i) {
      group.go([&, i] {
        for (int k = 0; k < messages; ++k) {
          const std::string word = "w" + std::to_string(i * messages + k);
          stress::expect(client.get(url + word).text() == word + word, "a response to something else");
        }
      });
    }
    group.wait();
    client.close_idle_connections();
  }
  server.shutdown(goro::background());
  server.close();
  serving.wait();
}

constexpr mix all[] = {{"connections", &connections}, {"HTTP requests", &requests}};

}  // namespace

std::span<const mix> net_mixes() { return all; }

}  // namespace soak
