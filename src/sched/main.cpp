// run(): the main goroutine.
#include "goro/go.hpp"
#include "sched/scheduler.hpp"

namespace goro::detail {
namespace {

constexpr std::uint32_t outcome_returned = 1;

// Waits for main_fn; tells a return from a goexit.
struct main_goroutine {
  sched::waiter waits;
  void (*body)(void*);
  void* argument;

  void operator()() {
    struct at_end {
      bool returned = false;
      ~at_end() {
        if (!returned) {  // goexit: run() never returns, the others go on
          sched::sched.main_goexit.store(true, base::memory_order_relaxed);
        }
      }
    } end;
    body(argument);
    end.returned = true;
    waits.claim(outcome_returned);
    waits.make_ready();
  }
};

base::atomic<bool> main_has_run{false};

}  // namespace

[[gnu::noinline]] void run_main(void (*body)(void*), void* argument) {
  const void* creator = __builtin_extract_return_addr(__builtin_return_address(0));
  sched::worker* w = sched::this_worker();
  if (w != nullptr) {
    base::raise_panic("goro: run called in a goroutine");
  }
  sched::ensure_started();
  main_goroutine main{{}, body, argument};
  using closure_type = closure<std::reference_wrapper<main_goroutine>>;
  launch_owner owner{make_launch(closure_type::offset(), sizeof(closure_type), alignof(closure_type), nullptr)};
  ::new (static_cast<void*>(reinterpret_cast<std::byte*>(owner.launch) + closure_type::offset()))
      closure_type{std::ref(main), {}};
  owner.launch->run = &closure_type::run;
  const bool first = !main_has_run.exchange(true, base::memory_order_relaxed);
  sched::queue_launch(*std::exchange(owner.launch, nullptr), creator, first ? 1 : 0);
  main.waits.park(sched::wait_reason::run_main, nullptr, nullptr);
}

}  // namespace goro::detail
