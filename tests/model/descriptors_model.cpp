// sched/io_source.cpp: readiness that comes is acted on by whoever wants it, whatever deadlines pass, sources are
// closed and descriptors used again meanwhile. A lost edge shows itself as a reader that waits for ever.
#include "poll/poller.hpp"
#include "sched/io_source.hpp"
#include "sched/polling.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

constexpr int descriptor = 3;
std::uint64_t last_token = 0;  // that the poller was given

// What a socket of the system does: it holds bytes and has room for some, and whoever reads or writes uses them up or
// is told "would block". Nothing here orders anything.
struct wire {
  io_source* source;
  base::atomic<int> left[2] = {};  // by direction

  wire() { reopen(); }
  void reopen() {
    int error = 0;
    source = io_source::open(descriptor, error);
    model::expect(source != nullptr, "the source is open");
  }
  base::atomic<int>& of(io_direction d) { return left[static_cast<unsigned>(d)]; }
  bool try_use(io_direction d) {
    int there = of(d).load(base::memory_order_relaxed);
    while (there > 0) {
      if (of(d).compare_exchange_strong(there, there - 1, base::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  // Tries until "would block", then waits, as net does.
  io_status use(io_direction d) {
    for (;;) {
      const io_status status = source->take(d);
      if (status != io_status::ready) {
        return status;
      }
      if (try_use(d)) {
        source->put_back(d);
        return io_status::ready;
      }
    }
  }
  io_status read() { return use(io_direction::read); }
};

// A worker that has got this from the poller.
void deliver_event(const poll::event& event) {
  ready_waiters found;
  found.collect(event);
  found.make_ready();
}

void send(wire& w) {
  w.of(io_direction::read).fetch_add(1, base::memory_order_relaxed);
  deliver_event({.token = last_token, .readable = true, .writable = false, .unusual = false});
}

}  // namespace

int start_polling() noexcept { return 0; }
poll::poller& the_poller() noexcept {
  static poll::poller only;
  return only;
}
}  // namespace goro::sched

namespace goro::poll {
int poller::add(int, std::uint64_t token) noexcept {
  sched::last_token = token;
  return 0;
}
void poller::remove(int) noexcept {}
}  // namespace goro::poll

namespace goro::sched {
namespace {

// The block of sources is made once: outside of executions, so that each begins with the same.
const io_source* made_before = [] {
  int error = 0;
  io_source* s = io_source::open(descriptor, error);
  s->close();
  return s;
}();

template <int bytes>
void read_while_bytes_come(model::scene& s) {
  auto w = std::make_shared<wire>();
  s.thread("reader", [w] {
    for (int i = 0; i < bytes; ++i) {
      model::expect(w->read() == io_status::ready, "a byte");
    }
  });
  for (int i = 0; i < bytes; ++i) {
    s.thread("network", [w] { send(*w); });
  }
}

// More came than was read: who reads again is not kept waiting for another event.
void one_event_for_two_bytes(model::scene& s) {
  auto w = std::make_shared<wire>();
  s.thread("reader", [w] {
    for (int i = 0; i < 2; ++i) {
      model::expect(w->read() == io_status::ready, "a byte");
    }
  });
  s.thread("network", [w] {
    w->of(io_direction::read).fetch_add(1, base::memory_order_relaxed);
    send(*w);
  });
}

// Who is told of room to write must not be told of bytes, and the other way round.
void both_directions(model::scene& s) {
  auto w = std::make_shared<wire>();
  s.thread("reader", [w] {
    model::expect(w->read() == io_status::ready, "a byte");
    while (!w->source->unusual()) {  // whoever has taken the event's readiness knows
      w->source->take(io_direction::read);
    }
  });
  s.thread("writer", [w] { model::expect(w->use(io_direction::write) == io_status::ready, "room"); });
  s.thread("network", [w] {
    for (const io_direction d : {io_direction::read, io_direction::write}) {
      w->of(d).fetch_add(1, base::memory_order_relaxed);
    }
    deliver_event({.token = last_token, .readable = true, .writable = true, .unusual = true});
  });
}

// A deadline passes, or is taken back, while the byte comes: it is read in the end.
template <bool taken_back>
void deadline_beside_byte(model::scene& s) {
  auto w = std::make_shared<wire>();
  s.thread("reader", [w] {
    io_status status = w->read();
    if (status == io_status::timed_out) {
      w->source->set_deadline(io_direction::read, base::never);
      status = w->read();
    }
    model::expect(status == io_status::ready, "the byte is there still");
  });
  s.thread("network", [w] { send(*w); });
  if (taken_back) {
    w->source->set_deadline(io_direction::read, base::now_ns() + 50);
    s.thread("owner", [w] { w->source->set_deadline(io_direction::read, base::never); });
  } else {
    s.thread("owner", [w] { w->source->set_deadline(io_direction::read, base::now_ns() + 50); });
  }
}

// No byte comes: only the new deadline ends the wait, and it must.
void deadline_for_one_who_waits(model::scene& s) {
  auto w = std::make_shared<wire>();
  s.thread("reader", [w] { model::expect(w->read() == io_status::timed_out, "too late"); });
  s.thread("owner", [w] { w->source->set_deadline(io_direction::read, base::now_ns() + 50); });
}

void evict_beside_byte(model::scene& s) {
  auto w = std::make_shared<wire>();
  s.thread("reader", [w] {
    while (w->read() == io_status::ready) {
    }
  });
  s.thread("network", [w] { send(*w); });
  s.thread("owner", [w] { w->source->evict(); });
  s.at_end([w] {
    w->source->set_deadline(io_direction::read, base::now_ns());  // or a call that is not refused would wait
    model::expect(w->source->take(io_direction::read) == io_status::closed, "closed for later calls");
  });
}

// A worker still has an event of the descriptor that was closed, and whose number is used again.
void event_of_the_former_descriptor(model::scene& s) {
  auto w = std::make_shared<wire>();
  s.thread("worker", [event = poll::event{.token = last_token, .readable = true, .writable = false, .unusual = true}] {
    deliver_event(event);
  });
  s.thread("owner", [w] {
    w->source->evict();
    w->source->close();
    w->reopen();
    model::expect(w->source->take(io_direction::read) == io_status::ready, "ready as it was opened");
    w->source->set_deadline(io_direction::read, base::now_ns() + 50);
    model::expect(w->source->take(io_direction::read) == io_status::timed_out, "that was not meant for this one");
    model::expect(!w->source->unusual(), "nor that");
  });
}

// Nothing of the former one's state is left.
void descriptor_used_again(model::scene& s) {
  auto w = std::make_shared<wire>();
  s.thread("owner", [w] {
    model::expect(w->source->take(io_direction::read) == io_status::ready, "ready as it was opened");
    w->source->set_deadline(io_direction::read, base::now_ns());
    model::expect(w->source->take(io_direction::read) == io_status::timed_out, "too late");
    w->source->evict();
    w->source->close();
    w->reopen();
    model::expect(w->source->take(io_direction::read) == io_status::ready, "ready as it was opened again");
  });
}

TEST(Model, Descriptors) {
  const std::vector<model::scenario> all{
      read_while_bytes_come<1>,       read_while_bytes_come<2>,   one_event_for_two_bytes,    both_directions,
      deadline_beside_byte<false>,    deadline_beside_byte<true>, deadline_for_one_who_waits, evict_beside_byte,
      event_of_the_former_descriptor, descriptor_used_again};
  model::verify("readiness of descriptors (sched/io_source.cpp)", {}, all, {.stale_reads = 1, .spurious = 0});
  model::verify("the same, one change of thread", {"io_source.cpp", "io_source.hpp"}, all,
                {.preemptions = 1, .stale_reads = 1, .spurious = 0},
                {{"io_source.cpp", "io_source* block = ", "blocks are made before any scenario begins"},
                 {"io_source.cpp", "// noted under this lock", "a note that stays costs one more try"}});
}

}  // namespace
}  // namespace goro::sched
