// What does it cost to parse the head of a request?
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "http/head_parser.hpp"

namespace {

using goro::http::detail::head_event;
using goro::http::detail::head_kind;
using goro::http::detail::head_parser;

constexpr std::string_view of_wrk = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
constexpr std::string_view of_a_browser =
    "GET /articles/2026/11/why-is-it-fast?page=2 HTTP/1.1\r\nHost: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: "
    "https://www.example.com/articles\r\n"
    "Connection: keep-alive\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n"
    "Upgrade-Insecure-Requests: 1\r\nIf-Modified-Since: Sat, 28 Nov 2026 10:00:00 GMT\r\n\r\n";

void parse(benchmark::State& state, std::string_view head) {
  for (auto _ : state) {
    head_parser parser(head_kind::request, 1 << 20);
    std::string_view unread = head;
    head_event event{};
    do {
      event = parser.next(unread);
      unread.remove_prefix(parser.taken());
    } while (event == head_event::start_line || event == head_event::field);
    if (event != head_event::end) {
      state.SkipWithError("refused");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(head.size()));
}
BENCHMARK_CAPTURE(parse, wrk, of_wrk);
BENCHMARK_CAPTURE(parse, browser, of_a_browser);

}  // namespace

BENCHMARK_MAIN();
