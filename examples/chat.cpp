// A chat room over TCP: every client gets what any of them says. One goroutine owns the room, so there is no lock.
//
//   chat                    three clients talk to a server of the same process, and print what they see
//   chat --listen ADDRESS   serves for real: `nc localhost 7000` in as many terminals as you like
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <goro/goro.hpp>
#include <goro/net.hpp>

#include "support/flags.hpp"

namespace {

namespace net = goro::net;

// What is to be written to one client. The queue is bounded, and nobody waits for a client that does not read.
using outbox = goro::chan<std::string>;
constexpr std::size_t longest_queue = 64;

struct room {
  goro::chan<outbox> entering = goro::make_chan<outbox>();
  goro::chan<outbox> leaving = goro::make_chan<outbox>();
  goro::chan<std::string> messages = goro::make_chan<std::string>();
};

// Owns the list of clients; all others talk to it through channels.
void run_room(const room& r) {
  std::vector<outbox> clients;
  for (;;) {
    goro::select(goro::recv_case(r.messages,
                                 [&](const std::optional<std::string>& text) {
                                   for (const outbox& client : clients) {
                                     client.try_send(*text);  // full: this one misses a line
                                   }
                                 }),
                 goro::recv_case(r.entering, [&](std::optional<outbox> client) { clients.push_back(*client); }),
                 goro::recv_case(r.leaving, [&](std::optional<outbox> client) {
                   clients.erase(std::find(clients.begin(), clients.end(), *client));
                   client->close();  // ends its writer
                 }));
  }
}

// A connection as lines of text.
class line_stream {
 public:
  explicit line_stream(net::conn c) : connection_(std::move(c)) {}

  // False at the end, or when the connection is broken.
  bool read(std::string& line) {
    std::size_t end;
    while ((end = buffer_.find('\n')) == std::string::npos) {
      char piece[512];
      std::error_code error;
      const std::size_t n = connection_.read(piece, error);
      if (n == 0) {
        return false;
      }
      buffer_.append(piece, n);
    }
    line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return true;
  }

  void write(std::string_view line) const {
    std::error_code ignored;  // who has gone will be missed when reading
    connection_.write(std::string(line) + '\n', ignored);
  }

  void close() const { connection_.close(); }

 private:
  net::conn connection_;
  std::string buffer_;
};

void serve_client(const net::conn& connection, const room& r) {
  line_stream lines(connection);
  std::string name;
  if (!lines.read(name)) {
    return;
  }
  const outbox out = goro::make_chan<std::string>(longest_queue);
  goro::go([lines, out] {
    for (const std::string& text : out) {
      lines.write(text);
    }
  });
  r.messages.send(name + " has arrived");
  r.entering.send(out);
  out.send("welcome, " + name);  // from here on nothing is missed
  for (std::string text; lines.read(text);) {
    r.messages.send(name + ": " + text);
  }
  r.leaving.send(out);
  r.messages.send(name + " has left");
  lines.close();
}

void serve(const net::listener& l, const room& r) {
  std::error_code error;
  for (net::conn c = l.accept(error); !error; c = l.accept(error)) {
    goro::go([c, r] { serve_client(c, r); });
  }
}

// One of the clients that talk by themselves. Each waits for the line that it is told to wait for, so the play is
// always the same.
class actor {
 public:
  actor(std::string name, const net::endpoint& server)
      : name_(std::move(name)), lines_(net::dial("tcp", server.to_string())) {
    say(name_);
    sees("welcome, " + name_);
  }

  void say(std::string_view text) const { lines_.write(text); }

  void sees(std::string_view expected) {
    std::string line;
    while (lines_.read(line)) {
      std::printf("%s sees: %s\n", name_.c_str(), line.c_str());
      if (line == expected) {
        return;
      }
    }
  }

  void leave() const { lines_.close(); }

 private:
  std::string name_;
  line_stream lines_;
};

void play(const net::endpoint& server) {
  actor ada("ada", server);
  actor bob("bob", server);
  ada.sees("bob has arrived");
  actor eve("eve", server);
  for (actor* who : {&ada, &bob}) {
    who->sees("eve has arrived");
  }
  ada.say("hello, everybody");
  for (actor* who : {&ada, &bob, &eve}) {
    who->sees("ada: hello, everybody");
  }
  bob.say("hello, ada");
  for (actor* who : {&ada, &bob, &eve}) {
    who->sees("bob: hello, ada");
  }
  ada.leave();
  for (actor* who : {&bob, &eve}) {
    who->sees("ada has left");
  }
}

}  // namespace

int main(int argc, char** argv) {
  tour::flags flags(argc, argv, "[--listen ADDRESS]");
  const std::string address = flags.text("--listen", "");
  flags.no_more();
  return goro::run([&] {
    const room r;
    goro::go([r] { run_room(r); });
    const net::listener l = net::listen("tcp", address.empty() ? "127.0.0.1:0" : address);
    if (!address.empty()) {
      std::printf("listening on %s\n", l.local().to_string().c_str());
      std::fflush(stdout);
      serve(l, r);
      return;
    }
    goro::go([l, r] { serve(l, r); });
    play(l.local());
    l.close();
  });
}
