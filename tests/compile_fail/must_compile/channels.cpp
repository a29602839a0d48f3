// Channels and select, every template instantiated.
#include "goro/chan.hpp"
#include "goro/select.hpp"

#include <array>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include "goro/future.hpp"

struct message {
  int number = 0;
  goro::chan<message> answer;  // of itself, while it is incomplete
};

// Neither default-constructible nor assignable nor copyable; its move may throw.
struct awkward {
  explicit awkward(int) {}
  awkward(awkward&&) noexcept(false) {}
  awkward& operator=(awkward&&) = delete;
};

static_assert(std::ranges::input_range<goro::chan<int>>);
static_assert(std::ranges::input_range<const goro::recv_chan<std::unique_ptr<int>>>);
static_assert(!std::ranges::range<goro::send_chan<int>>);

template <class T>
void channel_of(T a, T b) {
  const auto ch = goro::make_chan<T>(1);
  const goro::send_chan<T> in = ch;
  const goro::recv_chan<T> out = ch;
  in.send(std::move(a));
  (void)in.try_send(std::move(b));
  std::optional<T> value = out.recv();
  if constexpr (std::is_move_assignable_v<T>) {
    (void)out.recv(*value);
    (void)out.try_recv(*value);
  }
  for (auto& v : out) {
    (void)v;
  }
  ch.close();
  (void)(in == out && ch == in && ch && out.size() == ch.capacity());
}

void channels() {
  channel_of(1, 2);
  channel_of(std::string(), std::string());
  channel_of(std::make_unique<int>(), std::make_unique<int>());
  channel_of(message{}, message{});
  channel_of(awkward(1), awkward(2));
  channel_of(std::array<char, 1000>{}, std::array<char, 1000>{});
  const auto ch = goro::make_chan<void>(3);
  ch.send();
  (void)ch.try_send();
  (void)ch.recv();
  (void)ch.try_recv();
  (void)goro::async([] {}).done().recv();
}

void selects(const goro::chan<std::unique_ptr<int>>& a, const goro::recv_chan<int>& b,
             const goro::send_chan<awkward>& c, const goro::chan<void>& d) {
  std::optional<std::unique_ptr<int>> out;
  bool ok = false;
  const auto named = [](std::optional<int>) {};
  goro::select(goro::recv_case(a, out), goro::recv_case(b, named), goro::recv_case(b, [](const auto&) {}),
               goro::recv_case(b, [] {}), goro::send_case(c, awkward(1)), goro::send_case(c, 1, [] {}),
               goro::recv_case(d, ok), goro::recv_case(d, [](bool) {}), goro::send_case(d), goro::send_case(d, [] {}),
               goro::send_case(a, nullptr), goro::recv_case(goro::chan<int>()), goro::default_case([] {}));
  std::vector<goro::select_case> cases;
  cases.emplace_back(goro::recv_case(a, out));
  cases.push_back(goro::send_case(c, awkward(1)));
  cases.push_back(goro::recv_case(d));
  cases.emplace_back(goro::default_case());
  goro::select(cases);
}

[[noreturn]] void nothing_to_select() {
  goro::select();
  __builtin_unreachable();
}
