// A web server beside three workers, stopped cleanly by ^C: what has begun is finished, then everything ends.
#include <cstdio>
#include <string>

#include <goro/goro.hpp>
#include <goro/http.hpp>

#include "support/flags.hpp"

using namespace std::chrono_literals;
namespace http = goro::http;

// Workers for what happens in the background
void start_worker_pool(const goro::context& ctx, goro::wait_group& wg, int num_workers) {
  for (int i = 0; i < num_workers; ++i) {
    wg.go([ctx, worker_id = i] {
      std::printf("🟢 Worker %d started\n", worker_id);
      for (bool running = true; running;) {
        goro::select(goro::recv_case(ctx.done(),
                                     [&](bool) {
                                       std::printf("🔴 Worker %d shutting down gracefully\n", worker_id);
                                       running = false;
                                     }),
                     goro::recv_case(goro::after(2s),
                                     [&](auto) { std::printf("⚙️  Worker %d processing task...\n", worker_id); }));
      }
    });
  }
}

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  tour::flags flags(argc, argv, "[--addr HOST:PORT]");
  const std::string addr = flags.text("--addr", ":8080");
  flags.no_more();

  // A context that ends when it is time to stop
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  goro::wait_group wg;

  // Start the HTTP server
  http::server server({.addr = addr});
  http::handle("/", [](http::response_writer& w, http::request&) { w.write("Server is running! 🚀"); });

  goro::go([&server, &addr] {
    std::printf("🌐 HTTP Server listening on %s\n", addr.c_str());
    if (const auto err = server.listen_and_serve(); err != goro::errc::server_closed) {
      std::printf("❌ Server error: %s\n", err.message().c_str());
    }
  });

  if (addr.ends_with(":0")) {  // the system chooses the port
    std::printf("address %s\n", server.address().to_string().c_str());
  }

  // Start the worker pool
  start_worker_pool(ctx, wg, 3);

  // Wait for an interrupt (Ctrl+C)
  const auto sig_chan = goro::make_chan<int>(1);
  goro::signal::notify(sig_chan, {SIGINT, SIGTERM});
  sig_chan.recv();

  std::printf("\n🛑 Shutdown signal received. Initiating graceful shutdown...\n");

  // Cancel the context to tell all goroutines
  cancel();

  // Shut the HTTP server down, within ten seconds
  const auto [shutdown_ctx, shutdown_cancel] = goro::with_timeout(goro::background(), 10s);
  if (const auto err = server.shutdown(shutdown_ctx)) {
    std::printf("❌ Server shutdown error: %s\n", err.message().c_str());
  }

  // Wait for all workers to finish
  wg.wait();
  std::printf("✅ All goroutines stopped. Clean shutdown completed!\n");
}
