// platform/linux/thread_call.cpp: a call is made in the thread that is meant, once, or given up, though signals come
// late and calls are used anew, for other threads, as soon as they are over. Each handler is a thread here.
#include "platform/thread_call.hpp"

#include <array>
#include <vector>

#include "platform/linux/own_signal.hpp"
#include "platform/os.hpp"
#include "support.hpp"

namespace goro::platform {
namespace {

// What the kernel keeps of a thread's signals until its handler runs. It orders nothing but itself.
struct signal_queue {
  std::vector<thread_call*> brought;
  base::futex_word sent{0};

  void send(thread_call& call) {
    brought.push_back(&call);
    sent.fetch_add(1, base::memory_order_relaxed);
    base::futex_wake(sent);
  }
  void handle(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      for (std::uint32_t now = 0; (now = sent.load(base::memory_order_relaxed)) <= i;) {
        base::futex_wait(sent, now);
      }
      carry_out_thread_call(*brought[i]);
    }
  }
};

struct counted_call : thread_call {
  counted_call()
      : thread_call([](thread_call& self) noexcept {
          auto& call = static_cast<counted_call&>(self);
          call.made_in.set(thread_id());
          call.made.set(call.made.get() + 1);
        }) {}

  model::data<int> made_in{0};
  model::data<int> made{0};
};

struct office {
  std::array<signal_queue, model::most_threads> queues;
  std::array<counted_call, 2> calls;
};
office* present = nullptr;

}  // namespace

// What of the system thread_call.cpp asks for.
int take_own_signal() noexcept { return 1; }
task_state state_of_task(int thread) noexcept { return {thread, task_state::runs, nullptr}; }
bool can_be_interrupted(const task_state&, int) noexcept { return true; }
sent send_own_signal(int thread, int, thread_call& call) noexcept {
  present->queues[static_cast<std::size_t>(thread)].send(call);
  return sent::yes;
}

}  // namespace goro::platform

int goro::base::thread_id() noexcept { return static_cast<int>(model::this_thread()); }

namespace goro::platform {
namespace {

// Who asks is thread 0; these are asked, and get so many signals.
template <unsigned first_gets, unsigned second_gets>
std::shared_ptr<office> build(model::scene& s, void (*ask)(office&)) {
  auto o = std::make_shared<office>();
  present = o.get();
  s.thread("asker", [o, ask] { ask(*o); });
  s.thread("handler 1", [o] { o->queues[1].handle(first_gets); });
  s.thread("handler 2", [o] { o->queues[2].handle(second_gets); });
  return o;
}

base::nanoseconds soon() { return base::now_ns() + 5; }

// One that was taken just when it was given up is not over.
void begin(counted_call& call, int thread) {
  while (!call.begin(thread)) {
    model::pause();
  }
}

void expect_told_by(counted_call& call, int thread) {
  model::expect(call.finish(base::never), "a call that is waited for was not made");
  model::expect(call.made_in.get() == thread, "made in another thread");
}

void two_are_made_side_by_side(model::scene& s) {
  const auto o = build<1, 1>(s, [](office& all) {
    begin(all.calls[0], 1);
    begin(all.calls[1], 2);
    expect_told_by(all.calls[0], 1);
    expect_told_by(all.calls[1], 2);
  });
  s.at_end([o] {
    for (const counted_call& call : o->calls) {
      model::expect(call.made.get() == 1, "made twice");
    }
  });
}

// The asker gives up, and wants the same call of another thread; the first one's signal may come before, between or
// after.
template <int then>
void given_up_and_used_again(model::scene& s) {
  const auto o = build < then == 1 ? 2 : 1,
             then == 1 ? 0 : 1 > (s, [](office& all) {
                               counted_call& call = all.calls[0];
                               begin(call, 1);
                               const bool told = call.finish(soon());
                               const int made = told ? call.made.get() : 0;
                               model::expect(made == (told ? 1 : 0), "told, but not made once");
                               begin(call, then);
                               expect_told_by(call, then);
                               model::expect(call.made.get() >= made + 1, "the second was not made");
                             });
  s.at_end([o] {
    model::expect(o->calls[0].is_over() && o->calls[0].made.get() <= 2, "made more often than it was wanted");
    model::expect(o->calls[0].made_in.get() == then, "a late signal made what was wanted of another thread");
  });
}

// The first one's signal is still on its way when the call has been made in the other.
void signal_that_comes_last(model::scene& s) {
  auto o = std::make_shared<office>();
  auto over = std::make_shared<base::futex_word>(0);
  present = o.get();
  s.thread("asker", [o, over] {
    counted_call& call = o->calls[0];
    begin(call, 1);
    model::expect(!call.finish(soon()), "told by nobody");
    begin(call, 2);
    expect_told_by(call, 2);
    over->store(1, base::memory_order_relaxed);
    base::futex_wake(*over);
  });
  s.thread("handler 1", [o, over] {
    base::futex_wait(*over, 0);
    o->queues[1].handle(1);
  });
  s.thread("handler 2", [o] { o->queues[2].handle(1); });
  s.at_end([o] { model::expect(o->calls[0].made.get() == 1, "made for a signal that came too late"); });
}

// Two are given up, and each is wanted of the other one's thread.
void used_again_crosswise(model::scene& s) {
  const auto o = build<2, 2>(s, [](office& all) {
    begin(all.calls[0], 1);
    begin(all.calls[1], 2);
    all.calls[0].finish(soon());
    all.calls[1].finish(soon());
    begin(all.calls[0], 2);
    begin(all.calls[1], 1);
    expect_told_by(all.calls[0], 2);
    expect_told_by(all.calls[1], 1);
  });
  s.at_end([o] {
    for (const counted_call& call : o->calls) {
      model::expect(call.is_over() && call.made.get() <= 2, "made more often than it was wanted");
    }
    model::expect(o->calls[0].made_in.get() == 2 && o->calls[1].made_in.get() == 1, "made by a late signal");
  });
}

TEST(Model, ThreadCalls) {
  model::verify(
      "calls in other threads (platform/linux/thread_call.cpp)", {"thread_call.cpp"},
      {two_are_made_side_by_side, given_up_and_used_again<1>, given_up_and_used_again<2>, signal_that_comes_last},
      {.stale_reads = 1, .spurious = 0},
      {{"thread_call.cpp", "all_calls.store", "only who runs into a fault looks at the list"}});
  model::verify("the same, used again crosswise", {}, {used_again_crosswise},
                {.preemptions = 1, .stale_reads = 0, .spurious = 0});
}

}  // namespace
}  // namespace goro::platform
