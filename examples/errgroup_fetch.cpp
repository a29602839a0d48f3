// An errgroup fetches several pages at once. The first that fails ends the others, and its error reaches the caller.
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

struct page {
  std::chrono::milliseconds delay;
  std::string text;  // empty: there is no such page
};
const std::map<std::string, page> web = {
    {"/a", {40ms, "first"}},  {"/b", {20ms, "second"}}, {"/c", {30ms, "third"}},
    {"/slow", {10s, "late"}}, {"/no", {25ms, ""}},
};

// A server far away: answers after a while, unless the context ends before.
std::string fetch(const goro::context& ctx, const std::string& url) {
  const page& found = web.at(url);
  if (!goro::sleep(ctx, found.delay)) {
    std::printf("%s: given up, because: %s\n", url.c_str(), ctx.cause().message().c_str());
    throw std::system_error(ctx.err(), url);
  }
  if (found.text.empty()) {
    throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory), url);
  }
  return found.text;
}

// All texts in the order of the urls, or the first error.
std::vector<std::string> fetch_all(const std::vector<std::string>& urls) {
  std::vector<std::string> texts(urls.size());
  goro::errgroup group;
  group.set_limit(3);  // so many at a time
  for (std::size_t i = 0; i < urls.size(); ++i) {
    group.go([&, i] { texts[i] = fetch(group.ctx(), urls[i]); });
  }
  group.wait();
  return texts;
}

void show(const std::vector<std::string>& urls) {
  const auto start = std::chrono::steady_clock::now();
  try {
    for (const std::string& text : fetch_all(urls)) {
      std::printf("%s\n", text.c_str());
    }
  } catch (const std::system_error& error) {
    std::printf("failed: %s\n", error.what());
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("that took %.0f ms\n", took.count());
}

int main() {
  std::puts("watch: three pages take as long as the slowest; one that fails spares the wait for one that takes 10 s");
  show({"/a", "/b", "/c"});
  show({"/a", "/no", "/slow"});
}
