// Connections over TCP, UDP and Unix sockets: `goro::net`, a library of its own beside `goro::goro`.
//
//   const goro::net::listener l = goro::net::listen("tcp", "127.0.0.1:0");
//   goro::go([l] {
//     for (;;) {
//       const goro::net::conn c = l.accept();
//       goro::go([c] { … c.read(buffer) … c.write("hello\n") … });
//     }
//   });
//   const goro::net::conn c = goro::net::dial("tcp", l.local().to_string());
#pragma once

#include "goro/net/conn.hpp"
#include "goro/net/dial.hpp"
#include "goro/net/endpoint.hpp"
#include "goro/net/listener.hpp"
#include "goro/net/lookup.hpp"
#include "goro/net/packet_conn.hpp"
